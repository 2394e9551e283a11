"""Runs with different seeds are independent: they share no game."""

from dataclasses import replace

import pytest

from benchmarks.runs import replicates
from benchmarks.runs.build import ENV_SEEDS_APART, make_model
from benchmarks.runs.replicates import compare, random_streams
from benchmarks.suites.suite import Selection, load_suite, suite_names


def streams(config) -> list[str]:
    model = make_model(config)
    model._setup_learn(total_timesteps=1_000)  # resets as learn() does
    found = random_streams(model)
    model.env.close()
    return found


@pytest.mark.parametrize("engine", ["exact", "reference", "native"])
def test_no_two_games_of_three_runs_have_the_same_random_numbers(engine):
    values = {"engine": engine, "n_envs": 4}
    chosen = Selection(games=["Pong"], only=["a2c-naive"], values=values)
    first = load_suite("atari", chosen)[0]
    runs = [streams(replace(first, seed=seed)) for seed in range(3)]
    games = [stream for run in runs for stream in run]
    assert len(games) == 3 * 4
    assert len(set(games)) == len(games)
    assert streams(first) == runs[0]


def test_no_run_of_a_suite_has_more_games_than_seeds_are_apart():
    runs = [run for suite in suite_names() for run in load_suite(suite)]
    assert max(run.environment["n_envs"] for run in runs) <= ENV_SEEDS_APART


def test_one_seed_shares_all_games_and_two_share_none(tiny):
    good, lines = compare(tiny("a2c-naive"), [0, 1])
    assert good
    assert lines[0].startswith("seed 0, made twice: 4 of 4 games")
    assert lines[1].startswith("seeds 0 and 1: 0 of 4 games and 0 of 2 random streams")


def test_a_shared_stream_is_told(tiny, monkeypatch):
    real = replicates.make_model

    def seeded_late(config):
        model = real(config)
        model.env.seed(config.seed)  # as SB3 does by itself: 0, 1 and 1, 2
        return model

    monkeypatch.setattr(replicates, "make_model", seeded_late)
    good, lines = compare(tiny("a2c-naive"), [0, 1])
    assert not good
    assert lines[1].endswith("1 of 2 random streams in common")
