"""What others would print of the same scores: beside a verdict, and never the verdict.

All of it holds for one look alone, at a number of blocks that was fixed beforehand.
Agreement with an interval that may be looked at after every block is no more than a
check of the arithmetic and of outliers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import mannwhitneyu, trim_mean

from analysis.claims.blocks import Blocks
from analysis.claims.sequences import Floats

REPEATS = 2000
LEVEL = 0.95  # of the bootstrap's interval
SEED = 20170421
MOST_EXACT = 40  # blocks of which all signs are gone through, in two halves
_SAME = 1e-9


@dataclass(frozen=True)
class CrossCheck:
    """Of arm A against B, a look at the end alone.

    Attributes:
        iqm: Difference of the interquartile means.
        iqm_low: The bootstrap's 2.5 % quantile of it.
        iqm_high: The 97.5 % quantile.
        improvement: Probability that a run of A is better than one of B on the same
            game, a half where they are equal, averaged over games.
        p: Two-sided, of the exact permutation of arms within blocks; not a number
            if there are over :data:`MOST_EXACT`.
    """

    iqm: float
    iqm_low: float
    iqm_high: float
    improvement: float
    p: float


def cross_check(blocks: Blocks) -> CrossCheck | None:
    """The cross-checks of two arms' blocks; None for curves, rates and one block."""
    if len(blocks.arms) != 2 or len(blocks.effects) < 2:
        return None
    a, b = (each.to_numpy(float) for each in blocks.arms.values())
    low, high = iqm_interval(a, b)
    p = permutation_p(blocks.pooled) if len(a) <= MOST_EXACT else float("nan")
    return CrossCheck(iqm(a) - iqm(b), low, high, improvement(a, b), p)


def iqm(scores: Floats) -> float:
    """The interquartile mean of all runs' scores (Agarwal et al. 2021).

    Args:
        scores: ``float[run, game]``, on a common scale.
    """
    return float(trim_mean(scores, 0.25, axis=None))


def iqm_interval(a: Floats, b: Floats, repeats: int = REPEATS) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval of the difference of IQMs.

    Stratified: the runs of each game, and of each arm, are drawn by themselves. Seeded,
    so that the same scores give the same interval.

    Args:
        a: ``float[run, game]``.
        b: The other arm's, of as many games.
        repeats: Draws.
    """
    draw = np.random.default_rng(SEED)

    def means(scores: Floats) -> Floats:
        runs, games = scores.shape
        chosen = draw.integers(runs, size=(repeats, runs, games))
        drawn = scores[chosen, np.arange(games)].reshape(repeats, -1)
        return np.asarray(trim_mean(drawn, 0.25, axis=1))

    tails = np.array([1 - LEVEL, 1 + LEVEL]) / 2
    low, high = np.quantile(means(a) - means(b), tails)
    return float(low), float(high)


def improvement(a: Floats, b: Floats) -> float:
    """The probability that a run of one arm is better than one of another.

    Mann and Whitney's U over the number of pairs, averaged over games.

    Args:
        a: ``float[run, game]``.
        b: The other arm's, of as many games.
    """
    u = mannwhitneyu(a, b, axis=0).statistic
    return float(np.mean(u) / (len(a) * len(b)))


def permutation_p(blocks: ArrayLike) -> float:
    """The two-sided p of exchanging the arms within blocks, over all ways of it.

    The sums of all signs are those of the first half plus those of the second, so that
    the exact share takes ``2^(n/2)`` steps and not ``2^n``.

    Args:
        blocks: ``float[n]``, differences.

    Raises:
        ValueError: Over :data:`MOST_EXACT` blocks.
    """
    values = np.asarray(blocks, float)
    if len(values) > MOST_EXACT:
        raise ValueError(f"more than {MOST_EXACT} blocks: {len(values)}")
    half = len(values) // 2
    first, second = _signed_sums(values[:half]), np.sort(_signed_sums(values[half:]))
    size = abs(values.sum()) - _SAME * np.abs(values).sum()
    above = len(second) - np.searchsorted(second, size - first, side="left")
    below = np.searchsorted(second, -size - first, side="right")
    return min(1.0, float((above.sum() + below.sum()) / 2.0 ** len(values)))


def _signed_sums(values: Floats) -> Floats:
    """``float[2^n]``, the sums of values with every choice of signs."""
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums - value, sums + value])
    return sums


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """Holm's (1979) step-down adjustment of p values, by name.

    One that is not a number stays so, and is none of those that others are adjusted
    over.
    """
    order = sorted((name for name in p if not np.isnan(p[name])), key=lambda k: p[k])
    steps = [(len(order) - n) * p[name] for n, name in enumerate(order)]
    adjusted = np.minimum(1, np.maximum.accumulate(np.array(steps)))
    return {**p, **dict(zip(order, map(float, adjusted), strict=True))}
