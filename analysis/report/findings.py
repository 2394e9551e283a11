"""``results/FINDINGS.md``: what was found, as a short reproduction report.

Its numbers are all filled in from ``results/``; the template holds words alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.claims.claim import Claim
from analysis.claims.judging import Judged
from analysis.claims.tiers import Answer
from analysis.claims.words import arms_of, margin_text, name_of, per_cent, unit_of
from analysis.figures.comparisons import BONUS, CONTROLS, EQUIVALENT, ONE_STEP
from analysis.figures.curves import WINDOW_GAMES
from analysis.records.study import Study
from analysis.report.changed import Mean, changed, mean_scores, steps_told, told
from analysis.report.controls import SCALED, STEPS, controls
from analysis.report.falls import steadiness
from analysis.report.living import living
from analysis.report.page import Contents, environment
from analysis.report.theory import check_counts
from analysis.report.verdicts import DECIDED, ClaimView, claim_views

TEMPLATE = "findings.md.jinja"
FILE = "FINDINGS.md"
HOUR = 3600.0
FAMILIES = {"a2c": "A2C", "dqn": "DQN"}
ATARI = "atari"
# Arms whose falls are told one by one, and their scores on Atari.
FOLLOWED = tuple(dict.fromkeys((*BONUS, *EQUIVALENT)))
# Rows of the errata whose printed forms would train something else.
TRAINED = ("79-80", "82", "83", "85", "6.3 (scale)", "6.3 (Q)")


@dataclass(frozen=True)
class Sum:
    """What a study took: its finished runs, their emulator frames and core-hours.

    ``seeds`` are those of its arm that has most, on all games that the study has;
    ``budgets`` the frames of a run that most runs have, by family.
    """

    study: str
    runs: int
    frames: int
    hours: float
    seeds: int
    budgets: Mapping[str, int]


@dataclass(frozen=True)
class Amendment:
    """A change of claims after their first data.

    Attributes:
        date: Of the change.
        what: It is, and why.
        claims: That had blocks by then.
        others: That were changed likewise, and had none.
    """

    date: str
    what: str
    claims: tuple[str, ...]
    others: tuple[str, ...]


def findings(contents: Contents, studies: Sequence[Study], scales: pd.DataFrame) -> str:
    """The report, as Markdown.

    Args:
        contents: Of the whole page: with claims and the checks of theory.
        studies: Those that are summed.
        scales: What :func:`analysis.claims.scales.read_scales` returned.

    Raises:
        ValueError: There are no claims, or no checks.
    """
    judged, theory = contents.judged, contents.theory
    if judged is None or theory is None:
        raise ValueError("findings need the claims and the checks of theory")
    checks, times = theory.checks, {study.name: _times(study) for study in studies}
    views = claim_views(judged, check_counts(checks), contents.registry)
    errata, rows = theory.errata, changed(studies)
    constants = controls(studies, ONE_STEP)
    soft_kl = {each.game: each.cells["dqn-soft-kl"].score for each in constants}
    return (
        environment(escapes=False)
        .get_template(TEMPLATE)
        .render(
            claims=views,
            amendments=_amendments(views),
            sums=[_sum(study) for study in studies],
            theory=_theory(checks),
            living=living(studies),
            bonus=controls(studies, CONTROLS, shared=True),
            constants=constants,
            steps=controls(studies, STEPS, shared=True),
            scaled=controls(studies, SCALED, shared=True),
            changed=rows,
            changed_told=told(rows, soft_kl),
            steps_told=steps_told(rows),
            steady=steadiness(studies, scales),
            followed=FOLLOWED,
            atari=_atari(studies),
            random=dict(scales.groupby("game")["random"].first()),
            window=WINDOW_GAMES,
            errata=errata,
            trained=errata[errata["equation"].isin(TRAINED)].to_dict("records"),
            against=list(_against(judged)),
            beside=list(_beside(judged)),
            open=list(_open(judged, times)),
            short=list(_short(judged)),
        )
    )


def _theory(checks: pd.DataFrame) -> dict[str, int]:
    passed = int((checks["verdict"] == "pass").sum())
    return {
        "checks": checks["check"].nunique(),
        "rows": len(checks),
        "passed": passed,
    }


def _sum(study: Study) -> Sum:
    done = study.runs[study.runs["status"] == "done"]
    games = done["game"].nunique()
    seeds = done.groupby(["label", "seed"])["game"].nunique()
    whole = seeds[seeds == games].groupby("label").size()
    hours = float(done["seconds"].sum()) / HOUR
    most = int(whole.max()) if len(whole) else 0
    budgets = {
        FAMILIES.get(str(family), str(family)): int(runs.mode().iloc[0])
        for family, runs in done.groupby("family")["target_frames"]
    }
    return Sum(study.name, len(done), int(done["frames"].sum()), hours, most, budgets)


def _times(study: Study) -> pd.Series:
    """Seconds of an arm's run: the mean over its games of finished runs' median."""
    done = study.runs[study.runs["status"] == "done"]
    medians = done.groupby(["label", "game"])["seconds"].median()
    return medians.groupby("label").mean()


def _atari(studies: Sequence[Study]) -> dict[str, dict[str, Mean | None]]:
    """Scores by game, then arm, of Figure 1's and Figure 3's; None without a run."""
    means = [mean_scores(each) for each in studies if each.name == ATARI]
    scores = means[0] if means else {}
    games = sorted({game for arm, game in scores if arm in FOLLOWED})
    return {game: {arm: scores.get((arm, game)) for arm in FOLLOWED} for game in games}


def _against(judged: Judged) -> Iterator[str]:
    """What contradicts a claim: mathematics in words, a study by what decides there."""
    for claim in judged.claims:
        for tier in judged.tiers[claim.id]:
            start = f"{claim.id}, {claim.title}: {name_of(tier.name)}: "
            if tier.verdict == "contradicts":
                yield start + tier.says
            if tier.verdict == "contradicted":
                by = "; ".join(_contradicting(judged, claim, tier.name))
                yield start + by + (f" ({tier.says})." if tier.says else ".")


def _contradicting(judged: Judged, claim: Claim, study: str) -> Iterator[str]:
    """The questions that contradict a claim in a study, each with its effect."""
    for question in claim.judged_in(study):
        each = judged.answers[study, question.id]
        if question.decides and each.state == "contradicted" and each.judgement:
            yield (
                f"{arms_of(each)}, {per_cent(each.judgement.mean)} {unit_of(each)}, "
                f"margin {margin_text(each)}"
            )


def _beside(judged: Judged) -> Iterator[str]:
    """Questions that no verdict rests on, where the data say no."""
    for claim in judged.claims:
        for each in judged.of(claim):
            if each.state == "contradicted" and not each.question.decides:
                asked = f"{each.question.id}, {arms_of(each)}"
                yield f"{asked}: {name_of(each.study)}: {each.question.asks}"


def _amendments(views: Sequence[ClaimView]) -> list[Amendment]:
    """Those after data, each once, whichever claims it was made to."""
    made: dict[tuple[str, str], dict[bool, list[str]]] = {}
    for view in views:
        for said in view.claim.amendments:
            claims = made.setdefault(said, {True: [], False: []})
            claims[bool(view.late)].append(view.claim.id)
    return [
        Amendment(*said, tuple(claims[True]), tuple(claims[False]))
        for said, claims in made.items()
        if claims[True]
    ]


def _open(judged: Judged, times: Mapping[str, pd.Series]) -> Iterator[str]:
    """What each open claim lacks in a study; what can't be timed, a line a study."""
    for study in judged.studies:
        untimed = []
        for claim in judged.claims:
            (tier,) = (t for t in judged.tiers[claim.id] if t.name == study)
            questions = [q for q in claim.judged_in(study) if q.decides]
            answers = [judged.answers[study, each.id] for each in questions]
            bare = [each for each in answers if each.state in _NOT_YET]
            if not bare:
                continue
            name = claim.id
            if tier.verdict in DECIDED:  # by another question
                name = " and ".join(each.question.id for each in bare)
            blocks, hours = _lacking(bare, times.get(study))
            if hours is None:
                untimed.append(f"{name} {blocks}")
            else:
                yield f"{name}, {claim.title}: {name_of(study)}: {blocks}{hours}"
        if untimed:
            said = "; ".join(untimed)
            yield f"{name_of(study)}, where not every arm has been timed: {said}."


def _short(judged: Judged) -> Iterator[str]:
    """The studies whose plan for a claim is of fewer blocks than a verdict takes."""
    for study in judged.studies:
        asked = [each for (name, _), each in judged.answers.items() if name == study]
        if any(
            each.question.decides and each.question.blocks[study] < each.least
            for each in asked
        ):
            yield name_of(study)


_NOT_YET = ("undecided", "no verdict")


def _lacking(
    answers: Sequence[Answer], times: pd.Series | None
) -> tuple[str, str | None]:
    """The blocks that are missing and how long they take; None where that's unknown."""
    counts = [each.missing for each in answers if each.missing is not None]
    if len(counts) < len(answers):
        return "over a thousand blocks, as things stand", "."
    arms = sorted({arm for each in answers for arm in each.question.arms})
    blocks = (
        f"{max(counts)} block{'s' if max(counts) != 1 else ''} of {', '.join(arms)}"
    )
    if times is None or not set(arms) <= set(times.index):
        return blocks, None
    games = {game for each in answers for game in each.question.games[each.study]}
    seeds = max(n * each.seeds for n, each in zip(counts, answers, strict=True))
    seconds = seeds * len(games) * times[arms].sum()
    return blocks, f", {seconds / HOUR:.1f} hours."
