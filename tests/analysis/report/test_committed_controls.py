"""What FINDINGS says of the controls in words is what the committed runs say."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.claims.scales import read_scales
from analysis.figures.comparisons import EQUIVALENT
from analysis.records.study import load_study
from analysis.report.changed import Changed, changed
from analysis.report.falls import steadiness
from analysis.tables.scoring import final_scores

DATA = Path(__file__).parents[3] / "results" / "data"
COLDER, SLOWER, LONGER = "temperature=0.01", "learning_rate=0.0002", ""


@pytest.fixture(scope="module")
def rows() -> list[Changed]:
    return changed([load_study(DATA, name) for name in ("minatar", "minatar-controls")])


def of(rows: list[Changed], arm: str, setting: str) -> dict[str, Changed]:
    found = [each for each in rows if (each.arm, each.setting) == (arm, setting)]
    return {each.game: each for each in found}


def test_at_a_tenth_of_the_temperature_soft_entropy_does_as_hard_targets_do(rows):
    colder = of(rows, "dqn-soft-entropy", COLDER)
    assert len(colder) == 5
    for each in colder.values():
        assert each.changed.score > 0.9 * each.baseline.score


def test_more_frames_do_not_bring_soft_entropy_to_the_score_of_soft_kl(rows):
    ((game, each),) = of(rows, "dqn-soft-entropy", LONGER).items()
    assert each.changed.frames == 3 * each.plain.frames
    scores = final_scores(load_study(DATA, "minatar"))
    kl = scores[(scores["label"] == "dqn-soft-kl") & (scores["game"] == game)]
    assert each.plain.score < each.changed.score < kl["score"].min()


def test_the_value_weight_does_harm_at_a_tenth_of_the_learning_rate(rows):
    slower, with_weight = (of(rows, arm, SLOWER) for arm in ("q-a2c", "q-a2c-c100"))
    assert len(slower) == len(with_weight) == 5
    for game, each in slower.items():
        assert with_weight[game].changed.score < each.changed.score
    less = [game for game, e in slower.items() if e.changed.score < e.plain.score]
    assert {*slower} - {*less} == {"MinAtar/Seaquest"}


@pytest.mark.parametrize("arm", EQUIVALENT)
def test_what_diverges_and_does_not_fall_has_few_games(arm):
    study = load_study(DATA, "minatar")
    found = steadiness([study], read_scales(DATA.parent))
    (steady,) = (each for each in found if each.arm == arm)
    alone = [each for each in steady.diverged if not each.fell]
    assert alone
    late = study.episodes.query("frames > 900_000").groupby("run_id", observed=True)
    games = study.runs.set_index("run_id").assign(games=late.size())
    for each in alone:
        runs = games.query("game == @each.game and seed == @each.seed")
        played = runs.set_index("label")["games"]
        assert played[arm] == each.games < 0.1 * played["a2c-naive"]
