"""From answers to a verdict: what mathematics says of a claim, and what a study does.

A claim has a verdict in each *tier*: what exact mathematics says, and what each study
of ``studies.toml`` says. In a study it is supported if all of the questions that decide
it are, and contradicted if one is; each then has its share of the chance of a wrong
contradiction. Where a deciding question can have no verdict, neither can the claim,
unless another contradicts it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import pandas as pd

from analysis.claims import rates, verdicts
from analysis.claims.blocks import Blocks
from analysis.claims.claim import Claim, Question
from analysis.claims.verdicts import MOST_BLOCKS, RATE, Judgement, Kind

THEORY = "theory"
State = Literal["supported", "contradicted", "undecided", "no verdict", "not asked"]


@dataclass(frozen=True, eq=False)
class Answer:
    """What a study says of a question.

    Attributes:
        question: Any.
        study: The study's name.
        blocks: What it is judged on; None if there is nothing.
        judgement: None where there can be no verdict.
        why: Then in one line why; else empty.
        without: What the verdict is if a game is left out, by game; empty where there
            is one game or no verdict. A check, on which no verdict rests.
    """

    question: Question
    study: str
    blocks: Blocks | None
    judgement: Judgement | None
    why: str
    without: Mapping[str, State] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Blocks that there are."""
        return 0 if self.blocks is None else len(self.blocks.effects)

    @property
    def seeds(self) -> int:
        """Seeds of each arm that a block has."""
        return 2 if self.question.estimand == "curves" else 1

    @property
    def missing(self) -> int | None:
        """Blocks until it is decided, as things stand; None if over a thousand.

        Where there is no verdict, those that are planned, and at least :attr:`least`.
        """
        if self.judgement is not None:
            return self.judgement.missing
        wanted = max(self.question.blocks[self.study], self.least)
        lacking = max(0, wanted - self.n)
        return lacking if lacking <= MOST_BLOCKS else None

    @property
    def least(self) -> int:
        """The fewest blocks that can support the claim, were all of them alike."""
        question, alpha = self.question, 1 - self.question.level
        if question.kind == RATE:
            games = len(question.games[self.study])
            return rates.least_blocks(games, question.margin, alpha)
        return verdicts.least_blocks(kind_of(question), alpha)

    @property
    def state(self) -> State:
        """Its verdict, or that there is none."""
        return "no verdict" if self.judgement is None else self.judgement.verdict


@dataclass(frozen=True)
class Tier:
    """What mathematics, or a study, says of a claim.

    Attributes:
        name: ``theory``, or the study's name.
        verdict: A :data:`State`; of theory, one of ``claim.ANSWERS``.
        says: More of it, in words: why there is no verdict, or by which of several
            questions the claim is contradicted.
        missing: Blocks until it is decided, where it isn't; None if over a thousand.
    """

    name: str
    verdict: str
    says: str
    missing: int | None = 0


def kind_of(question: Question) -> Kind:
    """The kind of a claim about a mean."""
    kinds: Mapping[str, Kind] = {kind: kind for kind in get_args(Kind)}
    return kinds[question.kind]


def study_tier(
    claim: Claim, study: str, answers: Mapping[tuple[str, str], Answer]
) -> Tier:
    """What a study says of a claim."""
    questions = [each.id for each in claim.judged_in(study) if each.decides]
    deciding = [answers[study, question] for question in questions]
    if not deciding:
        return Tier(study, "not asked", "")
    states = [each.state for each in deciding]
    if "contradicted" in states:
        return Tier(study, "contradicted", _by(questions, states))
    # What follows a semicolon helps who mends it, and is too long for a cell.
    why = [each.why.partition(";")[0] for each in deciding if each.why]
    bare = list(dict.fromkeys(why))
    counts = [each.missing for each in deciding if each.state != "supported"]
    missing = (
        None if None in counts else max([n for n in counts if n is not None] or [0])
    )
    if bare:
        return Tier(study, "no verdict", "; ".join(bare), missing)
    verdict = "undecided" if "undecided" in states else "supported"
    return Tier(study, verdict, "", missing)


def _by(questions: Sequence[str], states: Sequence[State]) -> str:
    """Which questions contradict a claim, where others that decide it do not."""
    said = dict(zip(questions, states, strict=True))
    by = [name for name, state in said.items() if state == "contradicted"]
    others = [f"{name} {state}" for name, state in said.items() if name not in by]
    return "; ".join((f"by {' and '.join(by)}", *others)) if others else ""


def theory_tier(claim: Claim, checks: pd.DataFrame | None) -> Tier:
    """What exact mathematics says of a claim, if its checks pass."""
    wanted = claim.theory.checks
    if not wanted:
        return Tier(THEORY, claim.theory.answer, claim.theory.says)
    if checks is None:
        return Tier(THEORY, "no verdict", "the exact checks have not been made")
    problems = list(_check_problems(wanted, checks))
    if problems:
        return Tier(THEORY, "no verdict", "; ".join(problems))
    return Tier(THEORY, claim.theory.answer, claim.theory.says)


def _check_problems(wanted: Sequence[str], checks: pd.DataFrame) -> Iterator[str]:
    for name in wanted:
        rows = checks[checks["check"] == name]
        if rows.empty:
            yield f"there is no check {name}"
        elif failed := int((rows["verdict"] != "pass").sum()):
            yield f"{name}: {failed} of {len(rows)} rows fail"
