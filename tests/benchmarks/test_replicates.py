"""Runs with different seeds are independent: they share no game."""

from dataclasses import replace

import pytest

from benchmarks.build import ENV_SEEDS_APART, make_model
from benchmarks.suite import Selection, load_suite, suite_names

ENGINES = ("exact", "reference", "native")


def streams(config) -> list[str]:
    """Where the random numbers of each of a run's games stand after its first reset."""
    model = make_model(config)
    model._setup_learn(total_timesteps=1_000)  # resets as learn() does
    state = model.env.get_state()
    model.env.close()
    if "game_seeds" in state:
        return [str(seed) for seed in state["game_seeds"]]
    return [str(game["rng"]) for game in state["games"]]


@pytest.mark.parametrize("engine", ENGINES)
def test_no_two_games_of_three_runs_have_the_same_random_numbers(engine):
    chosen = Selection(
        games=["Pong"], only=["a2c-naive"], values={"engine": engine, "n_envs": 4}
    )
    first = load_suite("atari", chosen)[0]
    runs = [streams(replace(first, seed=seed)) for seed in range(3)]
    games = [stream for run in runs for stream in run]
    assert len(games) == 3 * 4
    assert len(set(games)) == len(games)
    assert streams(first) == runs[0]


def test_no_run_of_a_suite_has_more_games_than_seeds_are_apart():
    runs = [run for suite in suite_names() for run in load_suite(suite)]
    assert max(run.environment["n_envs"] for run in runs) <= ENV_SEEDS_APART
