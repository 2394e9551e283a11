"""Figure 1's controls stand beside its arms, where all of them have runs."""

from __future__ import annotations

from analysis.figures.comparisons import CONTROLS as ARMS
from analysis.report.controls import controls
from tests.analysis.claims.planted import run_of, study_with

GAMES = "MinAtar/Breakout", "MinAtar/Asterix"


def test_a_game_has_the_mean_of_every_arm() -> None:
    level = dict(zip(ARMS, (1.0, 2.0, 3.0, 4.0), strict=True))
    runs = [run_of(arm, game, 0, [level[arm]] * 10) for arm in ARMS for game in GAMES]
    runs.append(run_of(ARMS[0], GAMES[0], 1, [2.0] * 10))
    asterix, breakout = controls([study_with(runs)])
    assert (asterix.game, breakout.game) == GAMES[::-1]
    assert breakout.scores == ((1.5, 2), (2.0, 1), (3.0, 1), (4.0, 1))
    assert asterix.scores[0] == (1.0, 1)


def test_a_game_without_a_control_is_left_out() -> None:
    runs = [run_of(arm, GAMES[0], 0, [1.0] * 10) for arm in ARMS]
    runs += [run_of(arm, GAMES[1], 0, [1.0] * 10) for arm in ARMS[1:]]
    assert [each.game for each in controls([study_with(runs)])] == [GAMES[0]]
