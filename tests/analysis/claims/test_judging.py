"""Verdicts of claims on planted studies, as they are on the disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.claims.blocks import scored
from analysis.claims.judging import NO_RUNS, answer, judge
from analysis.claims.reading import load_claims
from analysis.claims.scales import COLUMNS, SCALES_FILE
from analysis.claims.tables import tier_text
from analysis.claims.tiers import Answer, study_tier
from analysis.claims.words import without_text
from analysis.records.csvs import csv_bytes
from analysis.records.digests import with_digests
from analysis.records.files import write_atomically
from analysis.records.study import save_study
from analysis.report.verdicts import tier_cells
from tests.analysis.claims.planted import SHAPE, planted_study, run_of, study_with

GAMES = ["MinAtar/Asterix", "MinAtar/Breakout", "MinAtar/Freeway", "MinAtar/Seaquest",
         "MinAtar/SpaceInvaders"]  # fmt: skip
CLAIMS = {claim.id: claim for claim in load_claims()}


def scales_of_ten(usable=True):
    cells = {"study": "minatar", "scale": 10, "random": 0.0, "baseline": 10}
    cells |= {"sd": 0.1, "runs": 2, "frames": 1, "usable": usable}
    rows = [
        {**cells, "family": family, "game": game, "estimand": estimand,
         "label": "x", "source": "planted"}
        for family in ("a2c", "dqn") for game in GAMES for estimand in ("final", "area")
    ]  # fmt: skip
    return pd.DataFrame(rows)[list(COLUMNS)].astype(COLUMNS)


def write_scales(results: Path, usable=True):
    write_atomically({results / SCALES_FILE: csv_bytes(scales_of_ten(usable))})


def planted(results: Path, effects: dict[str, float], seeds: int, sd=0.05):
    """A study whose arms are above 10 by the effects, in units of the scale, 10."""
    arms = {"a2c-naive": 0.0, "a2c-proper": 0.0, **effects}
    finals = {arm: 10 + 10 * effect for arm, effect in arms.items()}
    save_study(results / "data", planted_study(finals, GAMES, seeds, 10 * sd))
    write_scales(results)


def tier(results: Path, claim="C1", study="minatar"):
    judged = judge(results, [CLAIMS[claim]], ["minatar", "atari"])
    return {each.name: each for each in judged.tiers[claim]}[study], judged


@pytest.mark.parametrize(
    ("effect", "verdict"),
    [(-0.2, "contradicted"), (0.0, "supported"), (0.2, "supported")],
)
def test_twice_the_margin_and_none_are_told_apart(tmp_path, effect, verdict):
    planted(tmp_path, {"a2c-proper": effect}, 12)
    assert tier(tmp_path)[0].verdict == verdict


def test_equivalence_needs_all_questions_and_falls_with_one(tmp_path):
    planted(tmp_path, {"q-a2c": 0.0}, 7)
    assert tier(tmp_path, "C7")[0].verdict == "supported"
    planted(tmp_path, {"q-a2c": 0.3}, 7)
    assert tier(tmp_path, "C7")[0].verdict == "contradicted"


class Said:
    """An answer of which only its verdict matters."""

    def __init__(self, state, missing=0):
        self.state, self.missing = state, missing
        self.why = "none" if state == "no verdict" else ""


@pytest.mark.parametrize(
    ("first", "second", "verdict", "missing"),
    [
        (Said("supported"), Said("supported"), "supported", 0),
        (Said("supported"), Said("undecided", 4), "undecided", 4),
        (Said("undecided", 9), Said("undecided", 4), "undecided", 9),
        (Said("undecided", None), Said("undecided", 4), "undecided", None),
        (Said("supported"), Said("contradicted"), "contradicted", 0),
        (Said("undecided", 9), Said("contradicted"), "contradicted", 0),
        (Said("contradicted"), Said("no verdict", 7), "contradicted", 0),
        (Said("supported"), Said("no verdict", 7), "no verdict", 7),
    ],
)
def test_a_verdict_of_two_questions(first, second, verdict, missing):
    claim = CLAIMS["C4"]
    answers = {("minatar", "C4.plus"): first, ("minatar", "C4.minus"): second}
    answers |= {("minatar", name): Said("supported") for name in ("C4.gain", "C4.loss")}
    found = study_tier(claim, "minatar", answers)
    assert (found.verdict, found.missing) == (verdict, missing)


@pytest.mark.parametrize(
    ("first", "says"),
    [
        ("undecided", "by C4.minus; C4.plus undecided"),
        ("no verdict", "by C4.minus; C4.plus no verdict"),
        ("contradicted", ""),
    ],
)
def test_a_contradiction_by_one_of_two_questions_says_which(first, says):
    answers = {("minatar", "C4.plus"): Said(first)}
    answers["minatar", "C4.minus"] = Said("contradicted")
    found = study_tier(CLAIMS["C4"], "minatar", answers)
    assert found.says == says
    assert tier_text(found) == f"contradicted {says}".strip()
    assert tier_cells(found)["more"] == says


def test_two_questions_share_the_chance_of_a_wrong_contradiction(tmp_path):
    """Effects just beyond the margin: enough for one question, not for one of two."""
    draws = np.random.default_rng(0).normal(size=8)
    effects = 0.1785 + 0.05 * (draws - draws.mean()) / draws.std(ddof=1)
    runs = [
        run_of(arm, game, seed, SHAPE * (10 + 10 * effect * (arm == "q-a2c")))
        for seed, effect in enumerate(effects)
        for game in GAMES
        for arm in ("q-a2c", "a2c-proper")
    ]
    save_study(tmp_path / "data", study_with(runs))
    write_scales(tmp_path)
    asked = next(q for q in CLAIMS["C7"].questions if q.id == "C7.final")
    verdicts = []
    for questions in ((asked,), (asked, replace(asked, id="C7.again"))):
        claim = replace(CLAIMS["C7"], questions=questions)
        verdicts.append(judge(tmp_path, [claim], ["minatar"]).tiers["C7"][1].verdict)
    assert verdicts == ["contradicted", "undecided"]


def test_a_verdict_that_hangs_on_a_game_says_so(tmp_path):
    """On one game five margins lower, on the others the same."""
    draw = np.random.default_rng(5)

    def runs(low):
        for seed in range(12):
            for game in GAMES:
                for arm in ("a2c-proper", "a2c-naive"):
                    below = low.get(game, 0.0) if arm == "a2c-proper" else 0.0
                    yield run_of(arm, game, seed, SHAPE * (10 - below + draw.normal()))

    save_study(tmp_path / "data", study_with(list(runs({"MinAtar/Seaquest": 15.0}))))
    write_scales(tmp_path)
    found, judged = tier(tmp_path)
    each = judged.answers["minatar", "C1.final"]
    assert (found.verdict, each.without["MinAtar/Freeway"]) == ("contradicted",) * 2
    assert list(each.without) == GAMES
    assert without_text(each) == "supported without MinAtar/Seaquest"
    save_study(tmp_path / "data", study_with(list(runs(dict.fromkeys(GAMES, 5.0)))))
    each = tier(tmp_path)[1].answers["minatar", "C1.final"]
    assert without_text(each) == "the same whichever game is left out"


def test_a_game_without_which_all_blocks_are_the_same(tmp_path):
    draw = np.random.default_rng(6)
    runs = [
        run_of(arm, game, seed, SHAPE * (10 + noise * (game == GAMES[0])))
        for seed, noise in enumerate(draw.normal(size=6))
        for game in GAMES
        for arm, noise in (("a2c-proper", noise), ("a2c-naive", 0.0))
    ]
    save_study(tmp_path / "data", study_with(runs))
    write_scales(tmp_path)
    each = tier(tmp_path)[1].answers["minatar", "C1.final"]
    assert each.state == "supported"
    assert without_text(each) == f"no verdict without {GAMES[0]}"


def test_two_blocks_give_no_verdict(tmp_path):
    planted(tmp_path, {"a2c-proper": 0.2}, 2)
    found, judged = tier(tmp_path)
    assert (found.verdict, found.says) == ("no verdict", "fewer than 3 blocks: 2")
    assert found.missing == 18
    assert judged.answers["minatar", "C1.final"].n == 2


def test_verdicts_come_with_blocks_and_stay():
    """Four blocks are never enough at 95 %: no interval is finite below five."""
    study = planted_study({"a2c-naive": 10.0, "a2c-proper": 7.0}, GAMES, 12, 1.0)
    table, scales = scored(study, dict.fromkeys(GAMES, 0.0)), scales_of_ten()
    asked = CLAIMS["C1"].questions[0]
    found = [
        answer(table[table["seed"] < seeds], asked, "minatar", scales)
        for seeds in range(2, 13)
    ]
    states = [each.state for each in found]
    assert [each.n for each in found] == list(range(2, 13))
    assert states[:3] == ["no verdict", "undecided", "undecided"]
    assert set(states[5:]) == {"contradicted"}
    four, five = (each.judgement.wide for each in found[2:4])
    assert four.high == float("inf") > five.high


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda r: (r / SCALES_FILE).unlink(), "no scale for MinAtar/Asterix"),
        (lambda r: write_scales(r, usable=False), "no game of minatar has a scale"),
        (lambda r: save_study(r / "data", planted_study({"a2c-naive": 1}, GAMES, 3)),
         "minatar has no runs of 'a2c-proper'"),
        (lambda r: planted(r, {}, 5, 0.0), "same difference: constant scores"),
    ],
)  # fmt: skip
def test_no_verdict_where_there_can_be_none(tmp_path, spoil, said):
    planted(tmp_path, {}, 5)
    spoil(tmp_path)
    found, _ = tier(tmp_path)
    assert found.verdict == "no verdict"
    assert said in found.says
    assert "\n" not in found.says


def test_a_study_that_is_not_there_has_no_verdict(tmp_path):
    planted(tmp_path, {}, 5)
    found, _ = tier(tmp_path, study="atari")
    assert (found.verdict, found.says, found.missing) == ("no verdict", NO_RUNS, 4)


def test_a_plan_that_can_decide_nothing_does_not_say_what_is_missing():
    """Of three and two blocks, as Atari's, no interval that decides is finite."""
    found = {
        asked.id: (asked.blocks["atari"], Answer(asked, "atari", None, None, NO_RUNS))
        for claim in CLAIMS.values()
        for asked in claim.judged_in("atari")
        if asked.decides
    }
    assert {each.least for plan, each in found.values()} == {4, 5, 11}
    assert all(plan < each.missing == each.least for plan, each in found.values())
    assert found["C9.rate"][1].least == 11  # 74 runs of seven games
    asked = CLAIMS["C9"].questions[0]
    assert Answer(asked, "minatar", None, None, NO_RUNS).missing == 20  # as planned


def test_a_rate_that_takes_over_a_thousand_blocks_says_so():
    asked = replace(CLAIMS["C9"].questions[0], margin=1e-5)
    bare = Answer(asked, "minatar", None, None, NO_RUNS)
    assert bare.least > 1000
    assert bare.missing is None
    found = study_tier(
        replace(CLAIMS["C9"], questions=(asked,)),
        "minatar",
        {("minatar", asked.id): bare},
    )
    said = "over a thousand blocks missing as things stand"
    assert tier_text(found) == f"no verdict: {NO_RUNS}, {said}"


def write_checks(results, verdict="pass", drop=()):
    names = [name for name in CLAIMS["C1"].theory.checks if name not in drop]
    rows = "".join(f"{name},{verdict}\n" for name in names)
    path = results / "data" / "theory" / "theory.csv"
    write_atomically(with_digests({path: f"check,verdict\n{rows}".encode()}))


def test_mathematics_speaks_if_its_checks_pass(tmp_path):
    first = CLAIMS["C1"].theory.checks[0]
    assert tier(tmp_path, study="theory")[0].verdict == "no verdict"
    write_checks(tmp_path)
    assert tier(tmp_path, study="theory")[0].verdict == CLAIMS["C1"].theory.answer
    write_checks(tmp_path, "FAIL")
    assert f"{first}: 1 of 1 rows fail" in tier(tmp_path, study="theory")[0].says
    write_checks(tmp_path, drop=[first])
    assert f"no check {first}" in tier(tmp_path, study="theory")[0].says


def test_a_claim_that_no_question_decides_is_not_asked(tmp_path):
    planted(tmp_path, {}, 5)
    assert tier(tmp_path, "C10")[0].verdict == "not asked"


def test_arms_of_two_families_are_not_compared(tmp_path):
    planted(tmp_path, {}, 5)
    study = planted_study({"a2c-naive": 1, "dqn-hard": 1}, GAMES, 5)
    save_study(tmp_path / "data", study)
    claim = CLAIMS["C1"]
    asked = replace(claim.questions[0], arms=("dqn-hard", "a2c-naive"))
    claim = replace(claim, questions=(asked,))
    judged = judge(tmp_path, [claim], ["minatar"])
    assert "different families" in judged.tiers["C1"][1].says
