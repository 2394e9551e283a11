"""What every family's vector environment shares: its guard, and SB3's small methods."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import (
    VecEnvIndices,
    VecEnvStepReturn,
)


def check_numbers(n_envs: int, seed: int, max_frames: float) -> None:
    """Refuse numbers that no environment can have.

    Raises:
        ValueError: one is out of range.
    """
    if n_envs < 1:
        raise ValueError(f"n_envs must be at least 1, not {n_envs}")
    if seed < 0:
        raise ValueError(f"seed must not be negative, not {seed}")
    if max_frames < 1:
        raise ValueError(f"max_frames must be at least 1, not {max_frames}")


def check_same(
    state: dict[str, Any], identity: dict[str, Any], n_envs: int, games: str = "games"
) -> None:
    """Refuse the state of another environment.

    Args:
        state: as an engine's `get_state` returns it.
        identity: what the state must share with the engine.
        n_envs: its number of games.
        games: the key of what the state has one of for each game.

    Raises:
        ValueError: if it is another game's, another engine's or has another number of
            games.
    """
    wanted = {**identity, "n_envs": n_envs}
    found = {key: state.get(key) for key in identity}
    found["n_envs"] = len(state.get(games, ()))
    if found != wanted:
        raise ValueError(f"the state is of {found}, not of {wanted}")


class GuardedVecEnv(VecEnvWrapper):
    """Guards an engine: only valid actions pass, and only in its own process."""

    kind: ClassVar[str] = "an environment"

    def __init__(self, venv: VecEnv):
        super().__init__(venv)
        if not isinstance(venv.action_space, spaces.Discrete):
            raise TypeError(f"expected discrete actions, not {venv.action_space}")
        self._n_actions = int(venv.action_space.n)
        self._engine: Any = venv
        self._pid = os.getpid()
        self._has_begun = False

    def reset(self) -> np.ndarray:
        """Reset all games and return their observations."""
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
        """Go back to a state and return its observations.

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
        # Atari's "native" would wait for ever on an action out of range.
        if not is_integers or given.min() < 0 or given.max() >= self._n_actions:
            shown = np.array2string(given, threshold=8)
            raise ValueError(
                f"actions must be {self.num_envs} integers in [0, {self._n_actions}), "
                f"not {shown} of type {given.dtype}"
            )

    def _check_begun(self) -> None:
        if not self._has_begun:
            raise RuntimeError(f"reset {self.kind} before its first step")

    def _check_process(self) -> None:
        if os.getpid() != self._pid:
            raise RuntimeError(f"{self.kind} can't be used after a fork")


class GamesVecEnv(VecEnv):
    """An engine that plays ``games`` itself, side by side.

    Each game has ``render()``. ``_identity`` is what a state must share with it.
    """

    games: Sequence[Any]
    _identity: dict[str, Any]

    def _check_same(self, state: dict[str, Any]) -> None:
        """Raise a ValueError if a state is another engine's, game's or number's."""
        check_same(state, self._identity, self.num_envs)

    def close(self) -> None:
        """Do nothing: a game is freed with its last reference."""

    def get_images(self) -> Sequence[np.ndarray | None]:
        """Return each game's screen, `uint8[height, width, 3]`."""
        return [game.render() for game in self.games]

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """Return an attribute of each chosen game."""
        return [getattr(self.games[i], attr_name) for i in self._get_indices(indices)]

    def set_attr(
        self, attr_name: str, value: Any, indices: VecEnvIndices = None
    ) -> None:
        """Set an attribute of each chosen game."""
        for i in self._get_indices(indices):
            setattr(self.games[i], attr_name, value)

    def env_method(
        self,
        method_name: str,
        *method_args: Any,
        indices: VecEnvIndices = None,
        **method_kwargs: Any,
    ) -> list[Any]:
        """Call a method of each chosen game."""
        methods = self.get_attr(method_name, indices)
        return [method(*method_args, **method_kwargs) for method in methods]

    def env_is_wrapped(
        self, wrapper_class: type[gym.Wrapper], indices: VecEnvIndices = None
    ) -> list[bool]:
        """Say that whole games are monitored, as `evaluate_policy` wants to know."""
        return [wrapper_class is Monitor for _ in self._get_indices(indices)]
