"""A saved environment goes on, in another process, as if it had never stopped."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from stable_baselines3.common.vec_env import VecEnv

from benchmarks.games.atari import GAMES, make_atari_env
from benchmarks.games.native_env import NativeAtariEnv

STEPS_BEFORE = {"Qbert": 233}  # a cut at which an unprepared emulator goes astray
N_ENVS = 2
ENGINES = ("exact", "reference", "native")


def play(env: VecEnv, steps: int, seed: int) -> list[str]:
    """Play random actions and return a digest of all that each step gave."""
    rng = np.random.default_rng(seed)
    return [
        _digest(env.step(rng.integers(env.action_space.n, size=N_ENVS)))
        for _ in range(steps)
    ]


def _digest(step) -> str:
    observations, rewards, dones, infos = step
    parts = [np.ascontiguousarray(observations), rewards, dones]
    for info in infos:
        episode = info.get("episode", {"r": -1.0, "l": -1})
        parts.append(np.array([episode["r"], episode["l"]]))
        parts.append(np.array(info["TimeLimit.truncated"]))
        if "terminal_observation" in info:
            parts.append(np.ascontiguousarray(info["terminal_observation"]))
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()


def _resume(game: str, engine: str, path: str, steps: str) -> None:
    env = make_atari_env(game, N_ENVS, seed=99, engine=engine)
    env.set_state(torch.load(path, weights_only=True))
    print("\n".join(play(env, int(steps), seed=1)))


def _play_on_elsewhere(game: str, engine: str, path: Path, steps: int) -> list[str]:
    command = [sys.executable, "-m", __name__, game, engine, str(path), str(steps)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.split()


def _assert_goes_on(game: str, engine: str, path: Path, cut: int, steps: int) -> None:
    env = make_atari_env(game, N_ENVS, seed=3, engine=engine)
    env.reset()
    play(env, cut, seed=0)
    torch.save(env.get_state(), path)
    assert _play_on_elsewhere(game, engine, path, steps) == play(env, steps, seed=1)


@pytest.mark.parametrize(
    ("engine", "game"),
    [
        ("exact", "Qbert"),
        ("exact", "MsPacman"),
        ("reference", "Qbert"),
        ("reference", "Breakout"),
        ("native", "Qbert"),
    ],
)
def test_goes_on_in_a_new_process(engine, game, tmp_path):
    cut = STEPS_BEFORE.get(game, 150)
    _assert_goes_on(game, engine, tmp_path / "state.pt", cut, steps=300)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("game", GAMES)
def test_goes_on_for_long_from_anywhere(game, engine, tmp_path):
    for cut in np.random.default_rng(0).integers(1, 2_000, size=3):
        _assert_goes_on(game, engine, tmp_path / "state.pt", int(cut), steps=3_000)


def test_native_goes_on_after_new_seeds():
    """Records that began at different steps, some short, end together in a replay."""
    settings = {"n_envs": N_ENVS, "max_frames": 400_000, "reseed_interval": 40}
    env, other = (NativeAtariEnv("Breakout", seed=s, **settings) for s in (3, 4))
    env.reset()
    play(env, 300, seed=0)
    state = env.get_state()
    assert len({len(record) for record in state["records"]}) > 1
    assert all(len(record) < 300 for record in state["records"])
    other.set_state(state)
    assert play(other, 200, seed=1) == play(env, 200, seed=1)


@pytest.mark.parametrize("engine", ["exact", "reference"])
def test_goes_on_through_new_games(engine):
    """The games that begin later are the same, and the score of this one is whole.

    Skiing takes points at every step.
    """
    env, other = (
        make_atari_env("Skiing", N_ENVS, seed=s, engine=engine, max_frames=200)
        for s in (3, 4)
    )
    env.reset(), other.reset()
    play(env, 30, seed=0)  # of some 45 steps
    play(other, 20, seed=5)
    other.set_state(env.get_state())
    assert play(other, 70, seed=1) == play(env, 70, seed=1)


@pytest.mark.parametrize("engine", ["exact", "reference"])
def test_a_life_lost_on_the_first_step_is_seen(engine):
    """Lives are counted from step to step; a resumed environment has counted none."""
    env, other = (make_atari_env("Breakout", 1, s, engine=engine) for s in (3, 4))
    env.reset()  # and not the other: a run that goes on does not
    lost = False
    while not lost:
        before = env.get_state()
        expected = env.step(np.array([0]))
        lost = expected[2][0]
    assert "episode" not in expected[3][0]  # a life, and not the game
    other.set_state(before)
    assert _digest(other.step(np.array([0]))) == _digest(expected)


@pytest.mark.parametrize("engine", ENGINES)
def test_saving_changes_nothing(engine):
    undisturbed, saved = (
        make_atari_env("Qbert", N_ENVS, seed=3, engine=engine) for _ in range(2)
    )
    undisturbed.reset(), saved.reset()
    for seed in range(5):
        saved.get_state()
        assert play(saved, 20, seed) == play(undisturbed, 20, seed)


@pytest.mark.parametrize("engine", ENGINES)
def test_restores_observations_and_their_layout(engine):
    env = make_atari_env("Breakout", N_ENVS, seed=3, engine=engine)
    env.reset()
    play(env, 50, seed=0)
    observations = env.step(np.array([0, 0]))[0]
    state = env.get_state()
    play(env, 50, seed=1)
    restored = env.set_state(state)
    np.testing.assert_array_equal(restored, observations)
    assert restored.strides == observations.strides


@pytest.mark.parametrize("engine", ENGINES)
def test_refuses_to_save_before_the_first_reset(engine):
    env = make_atari_env("Pong", N_ENVS, seed=3, engine=engine)
    with pytest.raises(RuntimeError, match="reset an Atari environment before"):
        env.get_state()


@pytest.mark.parametrize(
    "other",
    [{"game": "Breakout"}, {"n_envs": 3}, {"max_frames": 500}, {"engine": "reference"}],
)
def test_refuses_the_state_of_another(other):
    settings = {"game": "Pong", "n_envs": N_ENVS, "seed": 3}
    env = make_atari_env(**settings)
    env.reset()
    state = env.get_state()
    with pytest.raises(ValueError, match="the state is of"):
        make_atari_env(**{**settings, **other}).set_state(state)


if __name__ == "__main__":
    _resume(*sys.argv[1:])
