"""Intervals for a mean that hold at every number of blocks at once.

Blocks ``D_1, D_2, ...`` are independent normal with unknown mean and deviation. For a
mean ``m``, the effect size ``(mean - m) / sd`` is given a normal prior of variance
``g``, the deviation its scale-invariant one. The Bayes factor of that mixture against
the mean ``m`` depends on ``t = sqrt(n) (average - m) / s`` alone, with ``nu = n - 1``
and ``K = 1 + n g``::

    B = K^(-1/2) ((1 + t^2 / nu) / (1 + t^2 / (nu K)))^((nu + 1) / 2)

Where it comes from: given the effect size ``d``, ``t`` is noncentral t with
noncentrality ``sqrt(n) d``. Mixed over ``d`` it is a central t stretched by
``sqrt(K)``, since the average's variance, in units of ``sd^2 / n``, is ``1 + n g``;
``B`` is the ratio of the two densities. Under the mean ``m`` the sequence of ``B`` is a
nonnegative martingale of mean 1 in what the scale-free data show, so that it ever
reaches ``1 / alpha`` with a probability of at most ``alpha`` (Ville). The means that it
has not refused are an interval that covers the true one at all ``n`` at once, with
probability ``1 - alpha``, whatever the deviation (Lai 1976; Gonen et al. 2005; Wang and
Ramdas 2025, "Anytime-valid t-tests and confidence sequences for Gaussian means with
unknown variance").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

EFFECT_VARIANCE = 1.0  # g: effects are as large as the deviation between blocks
MIN_BLOCKS = 3

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """Where a mean lies, at a level that holds at every number of blocks.

    Attributes:
        low: Infinite where the blocks are too few for this level.
        high: Likewise.
        level: Such as 0.95.
    """

    low: float
    high: float
    level: float

    def within(self, low: float, high: float) -> bool:
        """Whether all of it lies strictly between two values."""
        return low < self.low and self.high < high


def critical_t(n: ArrayLike, alpha: float) -> Floats:
    """The ``|t|`` at which ``B`` reaches ``1 / alpha``; infinite if it never does.

    Solved for ``t^2``: with ``c = (sqrt(K) / alpha)^(2 / n)``, ``B`` is below
    ``1 / alpha`` where ``t^2 (1 - c / K) < nu (c - 1)``.
    """
    n = np.asarray(n, float)
    nu, k = n - 1, 1 + n * EFFECT_VARIANCE
    c = (np.sqrt(k) / alpha) ** (2 / n)
    with np.errstate(divide="ignore"):
        square = np.where(c < k, nu * (c - 1) / (1 - c / k), np.inf)
    return np.sqrt(square)


def half_width(n: ArrayLike, sd: ArrayLike, alpha: float) -> Floats:
    """Half of the interval's width, given the blocks' standard deviation."""
    with np.errstate(invalid="ignore"):  # of two equal blocks: not a number, no width
        return critical_t(n, alpha) * np.asarray(sd, float) / np.sqrt(n)


def interval(blocks: ArrayLike, level: float = 0.95) -> Interval:
    """The anytime-valid t interval of the blocks' mean.

    Args:
        blocks: ``float[n]``, finite, in the order in which they were looked at or any
            other: the interval of all of them is the same.
        level: Of the interval.

    Raises:
        ValueError: Fewer than :data:`MIN_BLOCKS` blocks, or some that are not finite
            or all equal, which no normal distribution makes.
    """
    values = checked(blocks)
    n, sd = len(values), values.std(ddof=1)
    half = float(half_width(n, sd, 1 - level))
    mean = float(values.mean())
    return Interval(mean - half, mean + half, level)


def checked(blocks: ArrayLike) -> Floats:
    """Blocks that there can be an interval of.

    Raises:
        ValueError: As :func:`interval`.
    """
    values = np.asarray(blocks, float)
    if values.ndim != 1 or len(values) < MIN_BLOCKS:
        raise ValueError(f"fewer than {MIN_BLOCKS} blocks: {values.size}")
    if not np.isfinite(values).all():
        raise ValueError("a block's difference is infinite or not a number")
    if np.ptp(values) == 0:
        raise ValueError("all blocks have the same difference: constant scores")
    return values
