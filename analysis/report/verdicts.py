"""Claims as the page shows them: a line each, and the evidence that it opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.claims.claim import Claim
from analysis.claims.judging import Judged
from analysis.claims.pages import cross_check_cells
from analysis.claims.registry import amended
from analysis.claims.tables import questions
from analysis.claims.tiers import THEORY, Answer, Tier
from analysis.claims.words import (
    MARKS,
    SAID,
    interval_text,
    margin_text,
    missing_text,
    name_of,
    per_cent,
    rule_of,
)
from analysis.figures.claim_sheets import reach_of, sequence_of, strip_of
from analysis.figures.plot import Plot

DECIDED = ("supported", "contradicted")
MOST_REASONS = 3  # of a study without verdicts


@dataclass(frozen=True, eq=False)
class Effect:
    """A question in a study, as it is shown.

    Attributes:
        answer: What was found.
        strip: Effect, intervals and margin on the axis that all share; empty if none.
        sequence: Intervals against blocks; None with too few, and where the claim's
            verdict does not rest on it.
    """

    answer: Answer
    strip: str
    sequence: Plot | None

    def cells(self) -> dict[str, str]:
        """The numbers as text, a dash where there is none."""
        found = self.answer.judgement
        state = self.answer.state
        words = {
            "margin": margin_text(self.answer),
            "verdict": f"{MARKS.get(state, '–')} {state}",
            "planned": str(self.answer.question.blocks[self.answer.study]),
        }
        if found is None:
            blank = dict.fromkeys(("effect", "smallest"), "–")
            return {**words, **blank, "more": self.answer.why}
        smallest = found.smallest_margin
        relation = "" if found.relation == "open" else found.relation
        more = missing_text(found.missing) if state == "undecided" else relation
        return {
            **words,
            "effect": per_cent(found.mean),
            "smallest": f"{100 * smallest:.1f} %" if np.isfinite(smallest) else "–",
            "more": more,
        }

    def intervals(self) -> list[str]:
        """Those that the verdict is read off, with their levels; empty without one."""
        found = self.answer.judgement
        return [] if found is None else list(map(interval_text, found.intervals))

    def games(self) -> list[tuple[str, str]]:
        """The mean effect on each game."""
        blocks = self.answer.blocks
        if blocks is None or blocks.effects.empty:
            return []
        means = blocks.effects.mean()
        return [(str(game), per_cent(mean)) for game, mean in means.items()]

    @property
    def rule(self) -> str:
        """What decides it."""
        return rule_of(self.answer)


@dataclass(frozen=True, eq=False)
class ClaimView:
    """A claim, what each tier says, and its effects.

    Attributes:
        claim: As its file has it.
        tiers: What mathematics and each study say.
        effects: Of its questions.
        checks: Exact checks: name, rows and how many of them pass.
        crosschecks: Of its questions, text in every cell.
        late: Studies that had data before the claim became what it is.
    """

    claim: Claim
    tiers: Sequence[Tier]
    effects: Sequence[Effect]
    checks: Sequence[tuple[str, int, int]]
    crosschecks: pd.DataFrame
    late: Sequence[str]


def claim_views(
    judged: Judged, checks: Mapping[str, tuple[int, int]], registry: pd.DataFrame
) -> list[ClaimView]:
    """Every claim.

    Args:
        judged: The claims and their answers.
        checks: Of each exact check, its rows and how many of them pass.
        registry: What :func:`analysis.claims.registry.read_registry` returned.
    """
    reach, rows = reach_of(judged.answers.values()), questions(judged)
    return [
        ClaimView(
            claim,
            judged.tiers[claim.id],
            [_effect(answer, reach) for answer in judged.of(claim)],
            [(name, *checks.get(name, (0, 0))) for name in claim.theory.checks],
            _cross_checks(claim, rows),
            amended(claim, registry),
        )
        for claim in judged.claims
    ]


def tier_cells(tier: Tier) -> dict[str, str]:
    """A tier's verdict as a mark, words, and what is missing."""
    said = SAID.get(tier.verdict, tier.verdict)
    more = ""
    if tier.verdict in ("undecided", "no verdict") and tier.name != THEORY:
        more = missing_text(tier.missing, bare=tier.verdict == "no verdict")
    elif tier.verdict == "contradicted":
        more = tier.says
    return {
        "name": name_of(tier.name),
        "kind": tier.verdict.replace(" ", "-"),
        "mark": MARKS.get(tier.verdict, "–"),
        "said": said,
        "more": more,
    }


def missing_lines(judged: Judged) -> list[str]:
    """Why studies give no verdict on any claim, a line a study."""
    lines = []
    for study in judged.studies:
        tiers = [t for each in judged.tiers.values() for t in each if t.name == study]
        asked = [tier for tier in tiers if tier.verdict != "not asked"]
        if asked and all(tier.verdict == "no verdict" for tier in asked):
            why = (tier.says.replace(f"{study} has", "has") for tier in asked)
            said = _shortened(list(dict.fromkeys(why)))
            lines.append(f"{name_of(study)}: {said} (./run_all.sh {study})")
    return lines


def _shortened(reasons: Sequence[str]) -> str:
    """The first few reasons, and how many are left unsaid."""
    more = len(reasons) - MOST_REASONS
    unsaid = [f"and {more} more"] if more > 0 else []
    return "; ".join([*reasons[:MOST_REASONS], *unsaid])


def counts(judged: Judged) -> list[str]:
    """How many claims each tier supports, contradicts and so on, a line a tier."""
    lines = []
    for name in (THEORY, *judged.studies):
        tiers = [t for each in judged.tiers.values() for t in each if t.name == name]
        said = [SAID.get(t.verdict, t.verdict) for t in tiers]
        kinds = [kind for kind in dict.fromkeys(said) if kind != "not asked"]
        parts = ", ".join(f"{kind}: {said.count(kind)}" for kind in kinds)
        lines.append(f"{name_of(name)} – {parts or 'not asked'}")
    return lines


def _cross_checks(claim: Claim, rows: pd.DataFrame) -> pd.DataFrame:
    asked = [question.id for question in claim.questions]
    cells = cross_check_cells(rows[rows["question"].isin(asked)])
    return cells.assign(study=cells["study"].map(name_of))


def _effect(answer: Answer, reach: float) -> Effect:
    sequence = sequence_of(answer) if answer.question.decides else None
    return Effect(answer, strip_of(answer, reach), sequence)
