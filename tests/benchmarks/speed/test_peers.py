"""What is measured beside each other is the same: network, games and arithmetic."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.findings.measured import CASES
from analysis.findings.measured import MEASURED as SHOWN
from benchmarks.runs.build import make_model
from benchmarks.runs.stopwatch import shortened
from benchmarks.speed.limits import flop_per_step, game_rate
from benchmarks.speed.memory import PLAYED
from benchmarks.speed.peers import MEASURED, about, config_of, peer_model

GAMES = [game for _, games in MEASURED.values() for game in games]
MINATAR = MEASURED["MinAtar"][1]


def test_what_is_measured_has_a_place():
    assert SHOWN.keys() == MEASURED.keys() == PLAYED.keys()


@pytest.mark.parametrize("game", MINATAR)
@pytest.mark.parametrize("case", CASES)
def test_stock_has_the_network_the_games_and_the_settings_of_ours(case, game):
    config = shortened(config_of(CASES[case], game))
    ours, stock = make_model(config), peer_model(config)
    shapes = [
        sorted(tuple(p.shape) for p in model.policy.parameters())
        for model in (ours, stock)
    ]
    assert shapes[0] == shapes[1]
    assert ours.n_envs == stock.n_envs == CASES[case].n_envs
    assert (ours.gamma, ours.max_grad_norm) == (stock.gamma, stock.max_grad_norm)
    assert ours.observation_space == stock.observation_space
    assert ours.lr_schedule(0.3) == stock.lr_schedule(0.3)
    if config.family == "dqn":
        same = ("batch_size", "train_freq", "gradient_steps", "buffer_size")
        assert all(getattr(ours, k) == getattr(stock, k) for k in same)


def test_arithmetic_of_minatars_network_by_hand():
    config = config_of(CASES["dqn"], "MinAtar/SpaceInvaders")
    convolution = 8 * 8 * 16 * (3 * 3 * 6) * 2
    linear = 8 * 8 * 16 * 128 * 2
    forward, train = convolution + linear, 2 * convolution + 3 * linear
    assert flop_per_step(config) == forward + 32 / 4 * (forward + train)
    config = config_of(CASES["a2c"], "MinAtar/SpaceInvaders")
    assert flop_per_step(config) == train + forward / 5


def test_arithmetic_on_atari_is_what_was_recorded():
    recorded = json.loads(Path("results/data/speed/about.json").read_text())
    found = about("Atari", at_once=1)["flop_per_step"]
    for case, flop in recorded["flop_per_step"].items():
        assert set(found[case].values()) == {flop}


@pytest.mark.parametrize("game", GAMES)
def test_a_raw_game_is_played_game_after_game(game):
    assert 10 < game_rate(game, 0.2) < 1e7


def test_games_that_are_not_measured_are_refused(refused, tmp_path):
    line = refused("speed", "--only", "Minatar", "--results", tmp_path)
    assert "--only: expected Atari or MinAtar, not 'Minatar'" in line
    assert not list(tmp_path.iterdir())
