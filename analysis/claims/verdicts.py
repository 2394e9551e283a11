"""What blocks say of a claim: supported, contradicted or undecided, and how sure.

Everything is read off anytime-valid intervals (:mod:`analysis.claims.sequences`), so
that it may be looked at after every block. With ``alpha`` = 0.05:

- *different*: the 95 % interval leaves 0 out;
- *equivalent*: the 90 % interval lies inside the margin;
- a claim is *supported*, or *contradicted*, where an interval shows what :data:`RULES`
  names. At most 5 % of studies ever state something false: by Ville's inequality, and
  where a statement is of one side, of an interval at 90 %, because t is symmetric and
  hardly a study is ever wrong on both sides (:mod:`analysis.claims.calibration`).

Between no effect and one of the margin's size, a claim of a difference may be both
supported (there is one) and contradicted (none that matters). It is then supported: the
sign is what such a claim is about, and the relation says that it is within the margin.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.claims.sequences import (
    MIN_BLOCKS,
    Interval,
    checked,
    half_width,
    interval,
)

Kind = Literal[
    "superiority", "inferiority", "non-inferiority", "equivalence", "difference"
]
Verdict = Literal["supported", "contradicted", "undecided"]
Relation = Literal[
    "equivalent", "different", "different, within the margin", "below", "above", "open"
]
Truths = NDArray[np.bool_]

RATE = "rate"
ALPHA = 0.05
MOST_BLOCKS = 1000  # where more are missing, how many is not said


class Shown(NamedTuple):
    """What intervals show of an effect; arrays of one shape.

    The first four are read off the interval at ``1 - alpha``, the last two off that at
    ``1 - 2 alpha``, each a bound of one side.
    """

    higher: Truths  # than 0
    lower: Truths
    beyond: Truths  # higher than the margin
    below: Truths  # lower than minus the margin
    not_higher: Truths  # than the margin
    not_lower: Truths  # than minus the margin


@dataclass(frozen=True)
class Rule:
    """When a kind of claim is supported, and when contradicted.

    Attributes:
        supported: Whether it is, by what intervals show.
        contradicted: Likewise.
        sides: Of the interval that contradicts it: 2 of the wide one, of whose ends
            either may; 1 of the narrow one, of which one alone can.
        words: Both, in words.
    """

    supported: Callable[[Shown], Truths]
    contradicted: Callable[[Shown], Truths]
    sides: Literal[1, 2]
    words: str


RULES: dict[Kind, Rule] = {
    "superiority": Rule(
        lambda s: s.higher,
        lambda s: s.not_higher,
        1,
        "higher than 0; against it: less than the margin",
    ),
    "inferiority": Rule(
        lambda s: s.lower,
        lambda s: s.not_lower,
        1,
        "lower than 0; against it: not lower by the margin",
    ),
    "non-inferiority": Rule(
        lambda s: s.not_lower,
        lambda s: s.below,
        2,
        "not lower by the margin; against it: lower by more",
    ),
    "equivalence": Rule(
        lambda s: s.not_lower & s.not_higher,
        lambda s: s.beyond | s.below,
        2,
        "within the margin; against it: beyond it",
    ),
    "difference": Rule(
        lambda s: s.higher | s.lower,
        lambda s: s.not_lower & s.not_higher,
        1,
        "other than 0; against it: within the margin",
    ),
}


@dataclass(frozen=True)
class Judgement:
    """What blocks say of a claim about their mean.

    Attributes:
        kind: Of claim: a key of :data:`RULES`, or :data:`RATE`.
        margin: The effect that matters, in the blocks' unit.
        n: Blocks.
        mean: Average of the blocks: the effect.
        sd: Their standard deviation (``ddof=1``).
        wide: The interval at ``1 - alpha``.
        narrow: The interval at ``1 - 2 alpha``.
        contradicts: The one that contradicts the claim: the wide or the narrow one, or
            a wider one of its kind where several questions may.
        relation: Equivalent, different, both, or open: neither is known yet. Of a
            rate: below the margin, above it, or open.
        verdict: On the claim.
        smallest_margin: At and below it the verdict of the narrow interval would fail:
            the smallest margin at which the arms are equivalent (of one side, where the
            claim is); infinite if there is none.
        missing: Blocks still needed if mean and deviation stay as they are; 0 if it is
            decided; None if over :data:`MOST_BLOCKS`.
    """

    kind: str
    margin: float
    n: int
    mean: float
    sd: float
    wide: Interval
    narrow: Interval
    contradicts: Interval
    relation: Relation
    verdict: Verdict
    smallest_margin: float
    missing: int | None

    @property
    def intervals(self) -> tuple[Interval, ...]:
        """The wide and the narrow one, and a third if another contradicts."""
        return tuple(dict.fromkeys((self.wide, self.narrow, self.contradicts)))


def judge_blocks(
    blocks: ArrayLike,
    kind: Kind,
    margin: float,
    *,
    alpha: float = ALPHA,
    among: int = 1,
) -> Judgement:
    """Judge a claim about the mean of blocks.

    Args:
        blocks: ``float[n]``, differences of arm A less arm B, a block each.
        kind: What is claimed of A against B.
        margin: Smallest effect that matters, above 0, in the blocks' unit.
        alpha: Of studies, the share that may ever state something false.
        among: Tests of which any one contradicts the whole claim; each has its share
            of ``alpha`` for that. Support needs all of them, and no share.

    Raises:
        ValueError: There can be no verdict; in one line, why.
    """
    if not (np.isfinite(margin) and margin > 0):
        raise ValueError(f"margin: expected a number above 0, not {margin}")
    values = checked(blocks)
    n, mean, sd = len(values), float(values.mean()), float(values.std(ddof=1))
    wide, narrow = (interval(values, 1 - share) for share in (alpha, 2 * alpha))
    share = (alpha if RULES[kind].sides == 2 else 2 * alpha) / among
    counts = np.arange(n, n + MOST_BLOCKS + 1)
    for_it, against_it = decisions(counts, mean, sd, kind, margin, alpha, among)
    decided = for_it | against_it
    verdict: Verdict = "contradicted" if against_it[0] else "undecided"
    return Judgement(
        kind=kind,
        margin=margin,
        n=n,
        mean=mean,
        sd=sd,
        wide=wide,
        narrow=narrow,
        contradicts=interval(values, 1 - share),
        relation=_relation(wide, narrow, margin),
        verdict="supported" if for_it[0] else verdict,
        smallest_margin=_smallest_margin(kind, narrow),
        missing=int(decided.argmax()) if decided.any() else None,
    )


def decisions(
    n: ArrayLike,
    mean: ArrayLike,
    sd: ArrayLike,
    kind: Kind,
    margin: float,
    alpha: float = ALPHA,
    among: int = 1,
) -> tuple[Truths, Truths]:
    """Whether blocks support a claim, and whether they contradict it.

    Args: as :func:`judge_blocks`; ``n``, ``mean`` and ``sd`` of the blocks may be
        arrays, of many studies or of many looks.
    """
    rule = RULES[kind]
    for_it = rule.supported(shown(n, mean, sd, margin, alpha))
    against_it = rule.contradicted(shown(n, mean, sd, margin, alpha / among))
    return for_it, against_it & ~for_it


def least_blocks(kind: Kind, alpha: float = ALPHA) -> int:
    """The fewest blocks that can support a claim: with fewer no interval is finite.

    Args:
        kind: Of claim.
        alpha: Of studies, the share that may ever state something false.
    """
    counts = np.arange(MIN_BLOCKS, MOST_BLOCKS + 1)
    without_noise = [
        RULES[kind].supported(shown(counts, mean, 1e-9, 1.0, alpha))
        for mean in (-2.0, 0.0, 2.0)
    ]
    return int(counts[np.any(without_noise, axis=0).argmax()])


def shown(
    n: ArrayLike, mean: ArrayLike, sd: ArrayLike, margin: float, alpha: float = ALPHA
) -> Shown:
    """What the intervals of blocks show; see :class:`Shown`."""
    average = np.asarray(mean, float)
    wide, narrow = half_width(n, sd, alpha), half_width(n, sd, 2 * alpha)
    return Shown(
        higher=average - wide > 0,
        lower=average + wide < 0,
        beyond=average - wide > margin,
        below=average + wide < -margin,
        not_higher=average + narrow < margin,
        not_lower=average - narrow > -margin,
    )


def _relation(wide: Interval, narrow: Interval, margin: float) -> Relation:
    different = wide.low > 0 or wide.high < 0
    if narrow.within(-margin, margin):
        return "different, within the margin" if different else "equivalent"
    return "different" if different else "open"


def _smallest_margin(kind: Kind, narrow: Interval) -> float:
    if kind in ("non-inferiority", "inferiority"):
        return max(0.0, -narrow.low)
    if kind == "superiority":
        return max(0.0, narrow.high)
    return max(-narrow.low, narrow.high)
