"""The exact engine against the reference one: the same bits, step by step."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from stable_baselines3.common.atari_wrappers import EpisodicLifeEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvStepReturn

from benchmarks.games.atari import GAMES, AtariVecEnv, make_atari_env

# Games without lives, without a fire button, or with many actions.
MORE_GAMES = ("Freeway", "MsPacman", "MontezumaRevenge", "Tennis")
# A screen of another height, on which frames are resized as one block.
TALL_GAME = "Adventure"


def _pair(
    game: str, n_envs: int = 2, **settings: Any
) -> tuple[AtariVecEnv, AtariVecEnv]:
    exact = make_atari_env(game, n_envs, seed=7, engine="exact", **settings)
    return exact, make_atari_env(game, n_envs, seed=7, engine="reference", **settings)


def _assert_same_step(exact: VecEnvStepReturn, reference: VecEnvStepReturn) -> None:
    for ours, theirs in zip(exact[:3], reference[:3], strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(exact[3], reference[3], strict=True):
        _assert_same_info(ours, theirs)


def _assert_same_info(exact: dict[str, Any], reference: dict[str, Any]) -> None:
    assert exact["TimeLimit.truncated"] == reference["TimeLimit.truncated"]
    keys = {"episode", "terminal_observation"}
    assert keys & exact.keys() == keys & reference.keys()
    if "terminal_observation" in exact:
        ours, theirs = (i["terminal_observation"] for i in (exact, reference))
        np.testing.assert_array_equal(ours, theirs)
    if "episode" in exact:
        ours, theirs = (i["episode"] for i in (exact, reference))
        assert (ours["r"], ours["l"]) == (theirs["r"], theirs["l"])


def _played(
    exact: AtariVecEnv, reference: AtariVecEnv, steps: int
) -> Iterator[VecEnvStepReturn]:
    """Play both engines with the same random actions; yield the exact one's steps."""
    np.testing.assert_array_equal(exact.reset(), reference.reset())
    rng = np.random.default_rng(0)
    for _ in range(steps):
        actions = rng.integers(exact.action_space.n, size=exact.num_envs)
        ours = exact.step(actions)
        _assert_same_step(ours, reference.step(actions))
        yield ours


def _assert_same_play(game: str, steps: int, **settings: Any) -> list[dict[str, Any]]:
    """Play both engines with the same random actions; return the exact infos."""
    steps_played = _played(*_pair(game, **settings), steps)
    return [info for step in steps_played for info in step[3]]


@pytest.mark.parametrize("game", [*GAMES, *MORE_GAMES, TALL_GAME])
def test_equals_reference(game: str) -> None:
    _assert_same_play(game, steps=300)


@pytest.mark.parametrize("game", ["Breakout", "MsPacman"])
@pytest.mark.parametrize("max_frames", [161, 162, 163, 164])
def test_equals_reference_when_cut(game: str, max_frames: int) -> None:
    infos = _assert_same_play(game, steps=90, n_envs=1, max_frames=max_frames)
    assert any(info["TimeLimit.truncated"] for info in infos)
    assert any(info.get("episode", {}).get("l") == max_frames for info in infos)


def test_equals_reference_when_cut_before_it_begins() -> None:
    _assert_same_play("Breakout", steps=40, n_envs=1, max_frames=20)


def test_equals_reference_at_zero_lives() -> None:
    """Frogger goes on after its last life is gone; of the seven games none does."""
    exact, reference = _pair("Frogger", n_envs=1)
    emulator, at_zero = exact.venv.games[0].ale, 0  # type: ignore[attr-defined]
    for _, _, dones, infos in _played(exact, reference, steps=400):
        at_zero += emulator.lives() == 0 and not dones[0]
        if "episode" in infos[0]:
            break
    assert "episode" in infos[0]
    assert at_zero > 5


@pytest.mark.parametrize("game", ["Breakout", "Qbert"])
def test_a_life_lost_on_the_step_of_a_cut_ends_the_game(game: str) -> None:
    """It is no time limit then: nothing is to be bootstrapped from."""
    exact, reference = _pair(game, n_envs=1)
    emulated, frames = exact.venv.games[0], []  # type: ignore[attr-defined]
    for _ in _until_done(_played(exact, reference, steps=300)):
        frames.append(emulated.get_state()["game_frames"])
    at_loss = frames[-2] + 4  # the last one has begun the next life
    cut = _pair(game, n_envs=1, max_frames=at_loss)
    *_, (_, _, dones, infos) = _until_done(_played(*cut, steps=300))
    assert dones[0]
    assert infos[0]["episode"]["l"] == at_loss
    assert not infos[0]["TimeLimit.truncated"]


def _until_done(steps: Iterator[VecEnvStepReturn]) -> Iterator[VecEnvStepReturn]:
    for step in steps:
        yield step
        if step[2][0]:
            return


class Scripted(gym.Env):
    """An emulator of which nothing is known but its lives after each step."""

    def __init__(self, lives: list[int]):
        self.script, self.left = lives, 3
        self.ale = SimpleNamespace(lives=lambda: self.left)

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        self.left = self.script.pop(0)
        return 0, 0.0, not self.script, False, {}

    def reset(self, **_: Any) -> tuple[int, dict[str, Any]]:
        return 0, {}


@pytest.mark.parametrize("lives", [[3, 2, 2, 1, 0, 0, 0], [3, 4, 4, 3, 4, 3, 2, 0, 0]])
def test_lives_are_counted_as_the_reference_counts_them(lives: list[int]) -> None:
    """Extra ones too, and as none is lost while there are none."""
    wrapped = EpisodicLifeEnv(Scripted([*lives]))
    wrapped.reset()
    (game,) = make_atari_env("Breakout", 1, seed=0).venv.games  # type: ignore[attr-defined]
    emulator = Scripted([*lives])
    game.ale, game._lives = emulator.ale, 3
    game._skip = lambda action: (0.0, emulator.step(action)[2], False)
    ours = [game._play(0)[1] for _ in lives]
    assert ours == [wrapped.step(0)[2] for _ in lives]
    assert sum(ours) > 1


def test_emulators_are_the_references_to_the_last_byte() -> None:
    """Their own random numbers too, which no screen of these games shows."""
    engines = _pair("Breakout")
    for _ in _played(*engines, steps=5):
        pass
    ours, theirs = (
        [bytes(np.asarray(game["emulator"])) for game in env.get_state()["games"]]
        for env in engines
    )
    assert ours == theirs
    assert ours[0] != ours[1]


def test_equals_reference_in_spaces_and_memory_layout() -> None:
    exact, reference = _pair("Pong")
    assert exact.observation_space == reference.observation_space
    assert exact.action_space == reference.action_space
    # Channels last in memory: torch's convolutions round differently otherwise.
    assert exact.reset().strides == reference.reset().strides


def test_equals_reference_after_a_reset_in_mid_game() -> None:
    exact, reference = _pair("Breakout")
    exact.reset(), reference.reset()
    for _ in range(10):
        exact.step(np.array([1, 2])), reference.step(np.array([1, 2]))
    np.testing.assert_array_equal(exact.reset(), reference.reset())


@pytest.mark.slow
@pytest.mark.parametrize("game", [*GAMES, *MORE_GAMES])
def test_equals_reference_for_long(game: str) -> None:
    _assert_same_play(game, steps=20_000)
    # Below the length of any game of random play: every one of them is cut.
    infos = _assert_same_play(game, steps=1_500, max_frames=302)
    assert any(info["TimeLimit.truncated"] for info in infos)
