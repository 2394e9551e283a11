"""Arms stand beside their controls, on the games where all of them have runs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.figures.comparisons import CONTROLS as ARMS
from analysis.records.record import METRICS, RunRecord
from analysis.report.controls import controls
from tests.analysis.claims.planted import FRAMES, run_of, study_with

GAMES = "MinAtar/Breakout", "MinAtar/Asterix"


def measured(run: RunRecord, share: float, games: int = 1) -> RunRecord:
    """The run with so many late games, and two rows of metrics: the last alone late."""
    late = pd.concat([run.episodes.iloc[-1:]] * games, ignore_index=True)
    rows = {"frames": [FRAMES // 2, FRAMES], "kept_share": [0.99, share]}
    metrics = pd.DataFrame(rows).reindex(columns=list(METRICS.dtypes))
    return replace(run, episodes=late, metrics=metrics)


def test_a_game_has_the_mean_of_every_arm() -> None:
    level = dict(zip(ARMS, (1.0, 2.0, 3.0, 4.0), strict=True))
    runs = [run_of(arm, game, 0, [level[arm]] * 10) for arm in ARMS for game in GAMES]
    runs.append(run_of(ARMS[0], GAMES[0], 1, [2.0] * 10))
    asterix, breakout = controls([study_with(runs)], ARMS)
    assert (asterix.game, breakout.game) == GAMES[::-1]
    assert list(breakout.cells) == list(ARMS)
    assert [each.score for each in breakout.cells.values()] == [1.5, 2.0, 3.0, 4.0]
    assert [each.n for each in breakout.cells.values()] == [2, 1, 1, 1]
    assert [each.n for each in asterix.cells.values()] == [1, 1, 1, 1]


def test_of_shared_seeds_each_arm_has_the_same() -> None:
    """Seed 0 of three arms, 2 of all, 1 of one: 2 alone counts on the first game."""
    seeds = {ARMS[0]: (0, 1, 2), ARMS[1]: (0, 2), ARMS[2]: (0, 2), ARMS[3]: (2,)}
    runs = [
        run_of(arm, GAMES[0], seed, [10.0 * seed + n] * 10)
        for n, arm in enumerate(ARMS)
        for seed in seeds[arm]
    ]
    # On the other game no seed has all of them.
    runs += [run_of(arm, GAMES[1], n, [1.0] * 10) for n, arm in enumerate(ARMS)]
    (found,) = controls([study_with(runs)], ARMS, shared=True)
    assert found.game == GAMES[0]
    assert [each.score for each in found.cells.values()] == [20.0, 21.0, 22.0, 23.0]
    assert [each.n for each in found.cells.values()] == [1] * 4


def test_metrics_and_games_are_of_the_last_tenth_and_the_arm() -> None:
    runs = [
        measured(run_of("dqn-hard", GAMES[0], 0, [1.0] * 10), 0.9, games=2),
        measured(run_of("dqn-soft-kl", GAMES[0], 0, [1.0] * 10), 0.6, games=3),
        measured(run_of("dqn-soft-kl", GAMES[0], 1, [1.0] * 10), 0.2, games=5),
        measured(run_of("dqn-soft-kl", GAMES[1], 0, [1.0] * 10), 0.1),
    ]
    (found,) = controls([study_with(runs)], ["dqn-soft-kl", "dqn-hard"])
    kl, hard = found.cells.values()
    assert kl.late["kept_share"] == pytest.approx(0.4)
    assert hard.late["kept_share"] == pytest.approx(0.9)
    assert (kl.games, hard.games) == (4, 2)


def with_games(run: RunRecord, *games: tuple[int, float, int]) -> RunRecord:
    """The run with these games: when each ended, its return and its frames."""
    ends, returns, lengths = map(list, zip(*games, strict=True))
    episodes = pd.DataFrame(
        {"frames": ends, "env": 0, "game_return": returns, "length_frames": lengths}
    )
    return replace(run, episodes=episodes)


def test_what_a_frame_earns_is_the_discounted_rest_of_its_game() -> None:
    games = [(FRAMES // 2, 99.0, 1), (FRAMES, 2.0, 2), (FRAMES, 4.0, 1)]
    runs = [
        with_games(run_of("dqn-hard", GAMES[0], 0, [1.0]), *games),
        with_games(run_of("dqn-hard", GAMES[0], 1, [1.0]), (FRAMES, 0.0, 5)),
        with_games(run_of("dqn-soft-kl", GAMES[0], 0, [1.0]), (FRAMES, 9.0, 1)),
    ]
    for run in runs:
        run.config["hyperparameters"]["gamma"] = 0.5
    (found,) = controls([study_with(runs)], ["dqn-hard", "dqn-soft-kl"])
    # A reward each with two frames to go and with one, 4 with one; then none with five.
    of_first = ((1 + 0.5) + 1 + 4) / 3
    assert found.cells["dqn-hard"].earned == pytest.approx((of_first + 0) / 2)
    assert found.cells["dqn-soft-kl"].earned == pytest.approx(9.0)


def test_without_a_discount_a_frame_earns_all_of_the_rest() -> None:
    runs = [
        with_games(run_of(arm, GAMES[0], 0, [1.0]), (FRAMES, 6.0, 3))
        for arm in ("dqn-hard", "dqn-soft-kl")
    ]
    for run in runs:
        run.config["hyperparameters"]["gamma"] = 1.0
    (found,) = controls([study_with(runs)], ["dqn-hard", "dqn-soft-kl"])
    assert found.cells["dqn-hard"].earned == pytest.approx((6 + 4 + 2) / 3)


def test_what_is_earned_is_unknown_where_training_clips_rewards() -> None:
    study = study_with([run_of("dqn-hard", "Breakout", 0, [1.0] * 10)])
    (found,) = controls([study], ["dqn-hard"])
    assert np.isnan(found.cells["dqn-hard"].earned)


def test_a_game_without_a_control_is_left_out() -> None:
    runs = [run_of(arm, GAMES[0], 0, [1.0] * 10) for arm in ARMS]
    runs += [run_of(arm, GAMES[1], 0, [1.0] * 10) for arm in ARMS[1:]]
    assert [each.game for each in controls([study_with(runs)], ARMS)] == [GAMES[0]]
