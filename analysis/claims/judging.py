"""Claims before recorded runs: every question's answer, every claim's verdict.

The verdicts of claims are put together in :mod:`analysis.claims.tiers`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.claims.blocks import Blocks, NoVerdictError, blocks_of, scored
from analysis.claims.claim import Claim, Question
from analysis.claims.rates import judge_rate
from analysis.claims.reading import FOLDER, given_scales, load_claims, load_studies
from analysis.claims.scales import read_scales, scales_for
from analysis.claims.tiers import (
    Answer,
    State,
    Tier,
    kind_of,
    study_tier,
    theory_tier,
)
from analysis.claims.verdicts import RATE, Judgement, judge_blocks
from analysis.records.digests import DIGESTS_FILE
from analysis.records.once import once
from analysis.records.study import load_study, study_names
from analysis.records.theory import read_checks

NO_RUNS = "no runs yet"


@dataclass(frozen=True, eq=False)
class Judged:
    """All claims, judged.

    Attributes:
        claims: In their order.
        answers: To all questions, by study and id of the question.
        tiers: Of each claim, by its id: theory first, then each study.
        studies: Their names, in the order of ``tiers``.
        data: Digests of the data that were judged, by study.
    """

    claims: Sequence[Claim]
    answers: Mapping[tuple[str, str], Answer]
    tiers: Mapping[str, Sequence[Tier]]
    studies: Sequence[str]
    data: Mapping[str, str]

    def of(self, claim: Claim) -> list[Answer]:
        """The answers to a claim's questions, a study after the other."""
        return [
            self.answers[study, question.id]
            for study in self.studies
            for question in claim.judged_in(study)
        ]


def judge(
    results: Path,
    claims: Sequence[Claim],
    studies: Sequence[str],
    given: Sequence[Mapping[str, Any]] = (),
) -> Judged:
    """Judge claims on what ``results`` holds.

    Args:
        results: The folder of all results.
        claims: What :func:`analysis.claims.reading.load_claims` returned.
        studies: Names of the studies that judge claims.
        given: Scales that stand beside the claims, rows of ``scales.COLUMNS``.

    Raises:
        RecordError: Data or scales are mangled or were edited.
    """
    scales, answers, data = read_scales(results, given), {}, {}
    for study in studies:
        found, data[study] = _answers(results, study, claims, scales)
        answers.update({(study, each.question.id): each for each in found})
    checks = read_checks(results)
    tiers = {
        claim.id: [
            theory_tier(claim, checks),
            *(study_tier(claim, study, answers) for study in studies),
        ]
        for claim in claims
    }
    return Judged(claims, answers, tiers, studies, data)


@once
def judge_all(
    results: Path, folder: Path = FOLDER, only: tuple[str, ...] | None = None
) -> Judged:
    """Judge every claim of a folder.

    Args:
        results: The folder of all results.
        folder: Of claims, with the studies that judge them.
        only: Names; of those studies, these alone.

    Raises:
        RecordError: Data, scales or claims are mangled.
    """
    asked = [name for name in load_studies(folder) if only is None or name in only]
    return judge(results, load_claims(folder), asked, given_scales(folder))


def answer(
    table: pd.DataFrame,
    question: Question,
    study: str,
    scales: pd.DataFrame,
    among: int = 1,
) -> Answer:
    """The answer to a question.

    Args:
        table: What :func:`analysis.claims.blocks.scored` returned.
        question: Any that the study judges.
        study: Its name.
        scales: What :func:`analysis.claims.scales.read_scales` returned.
        among: Questions that decide the claim together with this one.
    """
    blocks = None
    try:
        family = _family(table, question, study)
        units = scales_for(scales, study, family, question.estimand)
        blocks = blocks_of(table, question, study, units)
        found = _judgement(blocks, question, among)
        others = _without_a_game(blocks, question, among)
        return Answer(question, study, blocks, found, "", others)
    except ValueError as error:  # of blocks_of, or of fewer than three blocks
        return Answer(question, study, blocks, None, str(error))


def _judgement(blocks: Blocks, question: Question, among: int) -> Judgement:
    alpha = 1 - question.level
    if question.kind == RATE:
        return judge_rate(blocks.effects, question.margin, alpha=alpha, among=among)
    return judge_blocks(
        blocks.pooled,
        kind_of(question),
        question.margin,
        alpha=alpha,
        among=among,
    )


def _without_a_game(blocks: Blocks, question: Question, among: int) -> dict[str, State]:
    """The verdict on the same blocks if a game is left out, by game."""
    if len(blocks.effects.columns) < 2:
        return {}
    return {
        str(game): _verdict(
            replace(blocks, effects=blocks.effects.drop(columns=game)), question, among
        )
        for game in blocks.effects
    }


def _verdict(blocks: Blocks, question: Question, among: int) -> State:
    try:
        return _judgement(blocks, question, among).verdict
    except ValueError:  # without that game the blocks are all the same
        return "no verdict"


def _family(table: pd.DataFrame, question: Question, study: str) -> str:
    families = set(table.loc[table["label"].isin(question.arms), "family"])
    if len(families) > 1:
        raise NoVerdictError(f"arms of {study} are of different families")
    return str(next(iter(families), ""))


def _answers(
    results: Path, name: str, claims: Sequence[Claim], scales: pd.DataFrame
) -> tuple[list[Answer], str]:
    """A study's answers, and the digest of the data that they are of."""
    asked = [claim.judged_in(name) for claim in claims]
    if name not in study_names(results / "data"):
        every = [each for questions in asked for each in questions]
        return [Answer(each, name, None, None, NO_RUNS) for each in every], ""
    study = load_study(results / "data", name)
    random = scales[scales["study"] == name].drop_duplicates("game")
    table = scored(study, dict(zip(random["game"], random["random"], strict=True)))
    found = [
        answer(table, each, name, scales, _among(each, questions))
        for questions in asked
        for each in questions
    ]
    return found, _digest(results / "data" / name)


def _among(question: Question, questions: Sequence[Question]) -> int:
    """How many questions decide their claim, if this one does."""
    return sum(each.decides for each in questions) if question.decides else 1


def _digest(folder: Path) -> str:
    """The SHA-256 of the digests of a study's files: which data those were."""
    return hashlib.sha256((folder / DIGESTS_FILE).read_bytes()).hexdigest()
