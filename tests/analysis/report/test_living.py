"""Arms whose games hardly end are found, with what their entropy is worth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.records.record import METRICS, RunRecord
from analysis.records.study import Study
from analysis.report.living import living
from tests.analysis.claims.planted import FRAMES, run_of, study_with

GAME = "MinAtar/Seaquest"


def run(arm: str, seed: int, games: int, entropy: float, value: float) -> RunRecord:
    """A run with so many games, and rows of metrics of which the last alone is late."""
    made = run_of(arm, GAME, seed, [1.0] * 10)
    made.config["hyperparameters"] = {"temperature": 0.01, "gamma": 0.99}
    late = pd.concat([made.episodes.iloc[-1:]] * games, ignore_index=True)
    rows = {"frames": [FRAMES // 2, FRAMES], "entropy": [9.0, entropy]}
    metrics = pd.DataFrame(rows | {"value": [9.0, value]}).reindex(
        columns=list(METRICS.dtypes)
    )
    return replace(made, episodes=late, metrics=metrics)


def study(games: int) -> Study:
    return study_with(
        [
            *(run("a2c-naive", seed, 100, 1.0, 0.5) for seed in range(2)),
            run("a2c-proper", 0, games, 1.5, 1.4),
            run("a2c-proper", 1, games, 1.7, 1.8),
        ]
    )


def test_an_arm_that_lives_is_found() -> None:
    (found,) = living([study(games=3)])
    assert (found.arm, found.game, found.runs) == ("a2c-proper", GAME, 2)
    assert (found.games, found.of) == (3, 100)
    assert found.value == pytest.approx(1.6)
    assert found.worth == pytest.approx(0.01 * 1.6 / 0.01)


def test_without_a_discount_a_game_without_end_is_worth_more_than_any_score() -> None:
    runs = [run("a2c-naive", 0, 100, 1.0, 0.5), run("a2c-proper", 0, 3, 1.5, 1.4)]
    for each in runs:
        each.config["hyperparameters"]["gamma"] = 1.0
    (found,) = living([study_with(runs)])
    assert np.isinf(found.worth)


@pytest.mark.parametrize("games", [10, 99])
def test_an_arm_whose_games_end_is_not(games: int) -> None:
    assert living([study(games)]) == []


@pytest.mark.parametrize(
    ("arm", "regularizer"), [("a2c-naive-plus", "entropy"), ("a2c-proper-kl", "kl")]
)
def test_what_is_not_paid_entropy_has_no_such_worth(arm: str, regularizer: str) -> None:
    lives = run(arm, 0, 3, 1.5, 1.4)
    lives.config["hyperparameters"] |= {"regularizer": regularizer}
    (found,) = living([study_with([run("a2c-naive", 0, 100, 1.0, 0.5), lives])])
    assert (found.arm, found.value) == (arm, 1.4)
    assert np.isnan(found.worth)


def test_arms_of_another_family_are_not_held_to_it() -> None:
    runs = [run("a2c-naive", 0, 100, 1.0, 0.5), run("dqn-hard", 0, 3, 1.5, 1.4)]
    assert living([study_with(runs)]) == []


def test_without_the_baseline_there_is_nothing_to_say() -> None:
    assert living([study_with([run("a2c-proper", 0, 1, 1.0, 1.0)])]) == []
