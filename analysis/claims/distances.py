"""Whether two arms' curves are further apart than two seeds of one arm.

Four curves, of two seeds of each arm, make six pairs. With the mean squared distance
between two curves over their points, the value is what the four pairs of different arms
are apart, less what the two pairs of one arm are, over what all six are apart, each on
average. The first difference has the expectation of the squared distance between the
arms' mean curves (it is the energy statistic of Szekely and Rizzo with squares). If the
arms are one algorithm, all six pairs are alike, and the value's expectation is 0
exactly; at most it is 1.
"""

from __future__ import annotations

import numpy as np

from analysis.claims.sequences import Floats


def apart(a: Floats, b: Floats) -> Floats:
    """How much further two arms are apart than each is from itself.

    Args:
        a: ``float[..., 2, points]``, curves of two seeds of an arm.
        b: Of another arm.

    Returns:
        ``float[...]``, as the module says; not a number if all four are equal.
    """
    across = [_squared(a[..., i, :], b[..., j, :]) for i in (0, 1) for j in (0, 1)]
    within = [_squared(each[..., 0, :], each[..., 1, :]) for each in (a, b)]
    with np.errstate(invalid="ignore"):
        return (np.mean(across, 0) - np.mean(within, 0)) / np.mean(across + within, 0)


def _squared(a: Floats, b: Floats) -> Floats:
    return np.square(a - b).mean(axis=-1)
