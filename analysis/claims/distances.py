"""Whether two arms' curves are further apart than two seeds of one arm.

Of four curves, of two seeds of each arm, four pairs are looked at: the two of one arm,
and the two of different arms and different seeds. (Two arms with one seed begin with
the same games, until their weights part; such a pair is closer than any of one arm.)
With the mean squared distance between two curves over their points, the value is what
the pairs of different arms are apart, less what those of one arm are, over what all
four are apart, each on average. The first difference has the expectation of the squared
distance between the arms' mean curves (it is the energy statistic of Szekely and Rizzo
with squares). If the arms are one algorithm, exchanging a curve of each exchanges the
two kinds of pairs, so that the value's expectation is 0 exactly; at most it is 2.
"""

from __future__ import annotations

import numpy as np

from analysis.claims.sequences import Floats


def apart(a: Floats, b: Floats) -> Floats:
    """How much further two arms are apart than each is from itself.

    Args:
        a: ``float[..., 2, points]``, curves of two seeds of an arm.
        b: Of another arm, of the same two seeds.

    Returns:
        ``float[...]``, as the module says; not a number if all four are equal.
    """
    across = [_squared(a[..., i, :], b[..., 1 - i, :]) for i in (0, 1)]
    within = [_squared(each[..., 0, :], each[..., 1, :]) for each in (a, b)]
    with np.errstate(invalid="ignore"):
        return (np.mean(across, 0) - np.mean(within, 0)) / np.mean(across + within, 0)


def _squared(a: Floats, b: Floats) -> Floats:
    return np.square(a - b).mean(axis=-1)
