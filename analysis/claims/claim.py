"""What a claim is: a sentence of the paper, and what judges it.

All of it is written before the data that judge it. The digest of a claim tells whether
it still stands as it did then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from analysis.claims.verdicts import RATE, Kind

KINDS = (*get_args(Kind), RATE)
ESTIMANDS = ("final", "area", "curves", "divergence")
SILENT = "silent"
ANSWERS = ("supports", "contradicts", "depends", SILENT)


@dataclass(frozen=True)
class Question:
    """One question to the runs of a study.

    Attributes:
        id: Such as ``C1.final``.
        asks: The question, in words.
        arms: A and B, of which the effect is A less B; A alone for a rate.
        kind: What is claimed of A; a key of ``verdicts.RULES``, or ``rate``.
        estimand: What is compared: ``final`` score, ``area`` under the curve, whole
            ``curves``, or the rate of ``divergence``.
        margin: The smallest effect that matters, as a share of the scale.
        margin_why: Why that.
        level: Of the intervals; of studies, 1 - level may ever state something false.
        blocks: How many are planned, by study: those that judge it.
        games: By study; all of the study's where it has no entry.
        decides: Whether the claim's verdict rests on it; others explain.
    """

    id: str
    asks: str
    arms: tuple[str, ...]
    kind: str
    estimand: str
    margin: float
    margin_why: str
    level: float
    blocks: Mapping[str, int]
    games: Mapping[str, tuple[str, ...]]
    decides: bool = False


@dataclass(frozen=True)
class Theory:
    """What exact mathematics says of a claim.

    Attributes:
        answer: One of :data:`ANSWERS`.
        says: In words.
        checks: Names of checks in ``data/theory/theory.csv`` that show it.
    """

    answer: str
    says: str
    checks: tuple[str, ...]


@dataclass(frozen=True)
class Claim:
    """A sentence of the paper, and what judges it.

    Attributes:
        id: Such as ``C1``.
        title: In a few words.
        quotation: The paper's words.
        place: Section and figure.
        contradicted_by: What would contradict it.
        theory: What exact checks say.
        questions: Of recorded runs; none for what only mathematics can judge.
        amendments: (date, what was changed and why), in order.
        digest: Of everything above but the amendments.
        text: What the digest is of, as JSON.
    """

    id: str
    title: str
    quotation: str
    place: str
    contradicted_by: str
    theory: Theory
    questions: tuple[Question, ...]
    amendments: tuple[tuple[str, str], ...]
    digest: str
    text: str

    def judged_in(self, study: str) -> list[Question]:
        """The questions that a study's runs judge."""
        return [question for question in self.questions if study in question.blocks]
