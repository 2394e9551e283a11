"""A verdict on two arms of anyone's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.claims.blocks import Blocks, NoVerdictError
from analysis.claims.crosschecks import CrossCheck, cross_check
from analysis.claims.others import Scores
from analysis.claims.verdicts import ALPHA, RULES, Judgement, Kind, judge_blocks
from analysis.claims.words import missing_text


@dataclass(frozen=True, eq=False)
class Comparison:
    """What two arms' scores say.

    Attributes:
        judgement: The verdict, with its intervals.
        check: What others would print of the same scores.
        blocks: What it is judged on.
    """

    judgement: Judgement
    check: CrossCheck | None
    blocks: Blocks

    def lines(self) -> Iterator[str]:
        """It, for a terminal."""
        found = self.judgement
        for interval in found.intervals:
            yield (
                f"effect {found.mean:.4g}, {100 * interval.level:g} % anytime-valid "
                "interval "
                f"[{interval.low:.4g}, {interval.high:.4g}]"
            )
        words = next(rule.words for kind, rule in RULES.items() if kind == found.kind)
        yield f"n = {found.n} blocks; margin {found.margin:g}; {found.relation}"
        more = missing_text(found.missing)
        yield f"{found.kind} ({words}): {found.verdict}{more and ', ' + more}"
        yield f"smallest margin that holds: {found.smallest_margin:.4g}"
        if self.check is not None:
            yield (
                f"cross-checks, for one look: IQM difference {self.check.iqm:.4g} "
                f"[{self.check.iqm_low:.4g}, {self.check.iqm_high:.4g}], P(A better) "
                f"{self.check.improvement:.2f}, p {self.check.p:.2g}"
            )
        yield from self.blocks.notes


def compare(
    a: Scores,
    b: Scores,
    *,
    margin: float,
    kind: Kind = "equivalence",
    scales: Mapping[str, float] | None = None,
    alpha: float = ALPHA,
) -> Comparison:
    """Judge a claim about arm A against arm B.

    The ``k``-th runs of both arms on each game are block ``k``. The verdict may be read
    again after every new run; the margin and the scales are fixed before.

    Args:
        a: Scores by game.
        b: The other arm's.
        margin: The smallest effect that matters, in units of the scales.
        kind: What is claimed of A.
        scales: The unit of each game's scores; 1 if there is one game, and needed if
            there are more, whose points have no common unit.
        alpha: Of studies, the share that may ever state something false.

    Raises:
        ValueError: There can be no verdict; in one line, why.
    """
    _check(a, b, scales)
    games = sorted(a)
    n = min(len(arm[game]) for arm in (a, b) for game in games)
    units = np.array([1.0 if scales is None else scales[game] for game in games])
    first, second = (
        pd.DataFrame(
            np.array([list(arm[game])[:n] for game in games], float).T / units,
            columns=games,
        )
        for arm in (a, b)
    )
    blocks = Blocks(first - second, {"a": first, "b": second}, _left_over(a, b, n))
    found = judge_blocks(blocks.pooled, kind, margin, alpha=alpha)
    return Comparison(found, cross_check(blocks), blocks)


def _check(a: Scores, b: Scores, scales: Mapping[str, float] | None) -> None:
    if lost := sorted(set(a) ^ set(b)):
        raise NoVerdictError(f"only one of the arms has runs on {', '.join(lost)}")
    if not a:
        raise NoVerdictError("neither arm has a run")
    if scales is None:
        if len(a) > 1:
            raise NoVerdictError(
                f"no scale for {', '.join(sorted(a))}: several games need one each"
            )
        return
    if bare := sorted(set(a) - set(scales)):
        raise NoVerdictError(f"no scale for {', '.join(bare)}")
    if unknown := sorted(set(scales) - set(a)):
        games = ", ".join(sorted(a))
        raise NoVerdictError(f"scale of {', '.join(unknown)}: the arms play {games}")
    if flat := sorted(game for game in a if not 0 < scales[game] < np.inf):
        raise NoVerdictError(f"scale of {', '.join(flat)}: expected a number above 0")


def _left_over(a: Scores, b: Scores, n: int) -> tuple[str, ...]:
    more = sum(len(runs) - n for arm in (a, b) for runs in arm.values())
    return (f"runs without counterparts, left out: {more}",) if more else ()
