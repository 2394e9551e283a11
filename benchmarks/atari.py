"""Atari as Stable-Baselines3 sees it: one factory, three interchangeable engines."""

import os
from collections.abc import Callable
from typing import Any, Literal

import ale_py
import gymnasium as gym
import numpy as np
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvStepReturn

from benchmarks.exact_env import ExactAtariEnv
from benchmarks.games import GAMES, all_games, check_game
from benchmarks.native_env import NativeAtariEnv
from benchmarks.reference_env import ReferenceAtariEnv

__all__ = ["GAMES", "AtariVecEnv", "Engine", "all_games", "check_game"]
__all__ += ["default_max_frames", "make_atari_env"]

# At import: processes that are spawned later must know the ids too.
gym.register_envs(ale_py)
ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)

Engine = Literal["exact", "reference", "native"]


def default_max_frames(game: str) -> int:
    """Return the longest episode in emulator frames, as Gym set it in 2017."""
    return 300_000 if game == "SpaceInvaders" else 400_000


def make_atari_env(
    game: str,
    n_envs: int,
    seed: int,
    *,
    engine: Engine = "exact",
    max_frames: int | None = None,
    **options: int,
) -> "AtariVecEnv":
    """Make a vector of Atari games with DeepMind's preprocessing.

    Observations are `uint8[n_envs, 4, 84, 84]`, the last channel the newest frame;
    rewards are clipped to their sign; `done` is set at each loss of a life. At a true
    game over `info["episode"]` holds the whole game's unclipped return `"r"` and its
    length in emulator frames `"l"`. An action lasts four frames and isn't sticky; the
    action set is the game's minimal one.

    Args:
        game: a name from `all_games()`.
        n_envs: number of games played side by side.
        seed: environment `i` is seeded with `seed + i`.
        engine: `"reference"` is Stable-Baselines3's own stack of wrappers.
            `"exact"` gives the same numbers bit for bit, faster. `"native"` is
            ale-py's C++ vector environment, a slightly different task: see
            `benchmarks.native_env.NativeAtariEnv` before choosing it.
        max_frames: cut a game after so many emulator frames; as in 2017 if None.
        **options: of the engine alone: `reseed_interval` and `n_threads` of
            `"native"`.

    Raises:
        ValueError: for an unknown game or engine, or a number out of range.
    """
    check_game(game)
    if engine not in _ENGINES:
        known = ", ".join(_ENGINES)
        raise ValueError(f"unknown engine {engine!r}: known are {known}")
    if n_envs < 1:
        raise ValueError(f"n_envs must be at least 1, not {n_envs}")
    if seed < 0:
        raise ValueError(f"seed must not be negative, not {seed}")
    frames = default_max_frames(game) if max_frames is None else max_frames
    if frames < 1:
        raise ValueError(f"max_frames must be at least 1, not {frames}")
    return AtariVecEnv(_ENGINES[engine](game, n_envs, seed, frames, **options))


_ENGINES: dict[str, Callable[..., VecEnv]] = {
    "exact": ExactAtariEnv,
    "reference": ReferenceAtariEnv,
    "native": NativeAtariEnv,
}


class AtariVecEnv(VecEnvWrapper):
    """Guards an engine: only valid actions pass, and only in its own process."""

    def __init__(self, venv: VecEnv):
        super().__init__(venv)
        if not isinstance(venv.action_space, spaces.Discrete):
            raise TypeError(f"expected discrete actions, not {venv.action_space}")
        self._n_actions = int(venv.action_space.n)
        self._engine: Any = venv
        self._pid = os.getpid()
        self._has_begun = False

    def reset(self) -> np.ndarray:
        """Reset all games and return their observations `uint8[n_envs, 4, 84, 84]`."""
        self._check_process()
        self._has_begun = True
        observations = self.venv.reset()
        assert isinstance(observations, np.ndarray)
        return observations

    def step_async(self, actions: np.ndarray) -> None:
        """Hand over one action for each game.

        Raises:
            ValueError: if the actions aren't `n_envs` integers in range.
            RuntimeError: in a forked process, or before the first reset.
        """
        self._check_process()
        self._check_begun()
        self._check_actions(actions)
        self.venv.step_async(actions)

    def step_wait(self) -> VecEnvStepReturn:
        """Play the actions; see `stable_baselines3.common.vec_env.VecEnv`."""
        return self.venv.step_wait()

    def get_state(self) -> dict[str, Any]:
        """Return the exact state as plain types and arrays.

        Raises:
            RuntimeError: before the first reset.
        """
        self._check_begun()
        return self._engine.get_state()

    def set_state(self, state: dict[str, Any]) -> np.ndarray:
        """Go back to a state and return its observations `uint8[n_envs, 4, 84, 84]`.

        Raises:
            ValueError: if the state belongs to another game, engine or `n_envs`.
        """
        self._check_process()
        observations = self._engine.set_state(state)
        self._has_begun = True
        return observations

    def _check_actions(self, actions: np.ndarray) -> None:
        given = np.asarray(actions)
        is_integers = given.shape == (self.num_envs,) and given.dtype.kind in "iu"
        # "native" would wait for ever on an action out of range.
        if not is_integers or given.min() < 0 or given.max() >= self._n_actions:
            shown = np.array2string(given, threshold=8)
            raise ValueError(
                f"actions must be {self.num_envs} integers in [0, {self._n_actions}), "
                f"not {shown} of type {given.dtype}"
            )

    def _check_begun(self) -> None:
        if not self._has_begun:
            raise RuntimeError("reset an Atari environment before its first step")

    def _check_process(self) -> None:
        if os.getpid() != self._pid:
            raise RuntimeError("an Atari environment can't be used after a fork")
