"""Bounds for a rate, of runs that diverge, that hold at every number of blocks at once.

Each run either diverges or doesn't. Against the rate ``m`` the runs are bet upon: a run
multiplies the capital by ``theta / m`` if it diverged, else by ``(1 - theta) / (1 -
m)``, which is ``1 + lambda (x - m)`` with some ``lambda``. ``theta`` is mixed over with
Jeffreys' prior, the Beta(1/2, 1/2), cut off at ``m``: below it to show that the rate is
lower, above it that it is higher. After ``k`` of ``n`` runs the capital is::

    I B(1/2 + k, 1/2 + n - k) / (I_0 B(1/2, 1/2) m^k (1 - m)^(n - k))

where ``I`` is the posterior's share of the side in question and ``I_0`` the prior's.

The rate in question is the mean over a study's games, whose own rates may differ. By
the inequality of the arithmetic and the geometric mean, a whole block (a run a game)
then multiplies the capital by at most 1 on average, as long as the mean rate is not on
the side that is bet on. So the capital ever reaches ``1 / alpha`` with a probability of
at most ``alpha`` (Ville), and the rates against which it hasn't are above a lower bound
and below an upper one (Robbins 1970; Waudby-Smith and Ramdas 2024).
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import betainc, betaincc, betaln, xlog1py, xlogy

from analysis.claims.sequences import MIN_BLOCKS, Floats, Interval
from analysis.claims.verdicts import ALPHA, MOST_BLOCKS, RATE, Judgement, Truths

PRIOR = 0.5
_EDGE = 1e-9
_FAR = 10**18  # blocks


def log_capital(k: ArrayLike, n: ArrayLike, m: ArrayLike, higher: bool) -> Floats:
    """What a bet on one side of a rate has made of 1; its logarithm.

    Args:
        k: Runs that diverged.
        n: Runs.
        m: The rate that is bet against, between 0 and 1.
        higher: Whether it is bet that the rate is higher; else that it is lower.
    """
    k, n, m = (np.asarray(each, float) for each in (k, n, m))
    a, b = PRIOR + k, PRIOR + n - k
    share = betaincc if higher else betainc
    with np.errstate(divide="ignore"):
        mass = np.log(share(a, b, m)) - np.log(share(PRIOR, PRIOR, m))
    null = xlogy(k, m) + xlog1py(n - k, -m)
    return np.asarray(mass + betaln(a, b) - betaln(PRIOR, PRIOR) - null)


def rate_interval(k: int, n: int, alpha: float) -> Interval:
    """The rates that bets of ``alpha / 2`` a side have not refused."""
    bar = -np.log(alpha / 2)

    def bound(higher: bool) -> float:
        def gap(m: float) -> float:
            return float(log_capital(k, n, m, higher)) - bar

        far = 1 - _EDGE if not higher else _EDGE
        near = min(max(k / n, _EDGE), 1 - _EDGE)
        return float(brentq(gap, near, far)) if gap(far) > 0 else round(far)

    return Interval(bound(True), bound(False), 1 - alpha)


def rate_decisions(
    k: ArrayLike,
    n: ArrayLike,
    margin: float,
    alpha: float = ALPHA,
    among: int = 1,
) -> tuple[Truths, Truths]:
    """Whether runs show a rate below the margin, and whether they show one above it.

    Args:
        k: Runs that diverged.
        n: Runs.
        margin: The highest rate that would do.
        alpha: As :func:`judge_rate`.
        among: As :func:`judge_rate`.
    """
    return (
        log_capital(k, n, margin, higher=False) >= -np.log(alpha),
        log_capital(k, n, margin, higher=True) >= -np.log(alpha / among),
    )


def least_blocks(games: int, margin: float, alpha: float = ALPHA) -> int:
    """The fewest blocks, of a run a game, that show a rate below the margin: all well.

    Args:
        games: That a block has.
        margin: The highest rate that would do.
        alpha: As :func:`judge_rate`.
    """

    def shows_it(blocks: int) -> bool:  # and so do all higher numbers
        below, _ = rate_decisions(0, blocks * games, margin, alpha)
        return bool(below)

    return bisect_left(range(_FAR), True, MIN_BLOCKS, key=shows_it)


def judge_rate(
    events: ArrayLike, margin: float, *, alpha: float = ALPHA, among: int = 1
) -> Judgement:
    """Judge the claim that a rate is below a margin.

    Args:
        events: ``float[block, game]``, 1 where the run diverged, else 0.
        margin: The highest rate that would do.
        alpha: Of studies, the share that may ever state something false, of each side.
        among: Tests of which any one contradicts the whole claim; each has its share
            of ``alpha`` for that.

    Raises:
        ValueError: There can be no verdict; in one line, why.
    """
    values = np.asarray(events, float)
    if not 0 < margin < 1:
        raise ValueError(f"margin: expected a number between 0 and 1, not {margin}")
    if len(values) < MIN_BLOCKS:
        raise ValueError(f"fewer than {MIN_BLOCKS} blocks: {len(values)}")
    blocks, games = values.shape
    k, n = int(values.sum()), values.size
    counts = np.arange(blocks, blocks + MOST_BLOCKS + 1) * games
    low, high = rate_decisions(k / n * counts, counts, margin, alpha, among)
    narrow = rate_interval(k, n, 2 * alpha)
    decided = low | high
    return Judgement(
        kind=RATE,
        margin=margin,
        n=blocks,
        mean=k / n,
        sd=float(values.mean(axis=1).std(ddof=1)),
        wide=rate_interval(k, n, alpha),
        narrow=narrow,
        contradicts=rate_interval(k, n, 2 * alpha / among),
        relation="below" if low[0] else "above" if high[0] else "open",
        verdict="supported" if low[0] else "contradicted" if high[0] else "undecided",
        smallest_margin=narrow.high,
        missing=int(decided.argmax()) if decided.any() else None,
    )
