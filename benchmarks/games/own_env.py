"""A user's Gymnasium environments side by side, with a state if they can have one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from gymnasium.wrappers import TimeLimit
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs
from torch import Tensor

from benchmarks.games.guarded_env import GuardedVecEnv, check_numbers, check_same

# The user's get_state and set_state.
States = tuple[
    Callable[[gym.Env], Mapping[str, Any]],
    Callable[[gym.Env, Mapping[str, Any]], None],
]
_PLAIN = (bool, int, float, str, type(None))


class OwnGuardedEnv(GuardedVecEnv):
    """Guards an engine: only valid actions pass, and only in its own process."""

    kind = "an environment of the user's"


def make_own_env(
    game: str,
    make: Callable[[], gym.Env],
    n_envs: int,
    seed: int,
    *,
    states: States | None,
    max_frames: int | None = None,
) -> OwnGuardedEnv:
    """Make a vector of a user's environments.

    Rewards are as they are. When a game is over `info["episode"]` holds its return
    `"r"` and its length in steps `"l"`.

    Args:
        game: its name, for records.
        make: makes one environment.
        n_envs: number of games played side by side.
        seed: environment `i` is seeded with `seed + i`.
        states: reads and writes the state of one; None if that can't be done.
        max_frames: cut a game after so many steps, beside what limit it has itself.

    Raises:
        ValueError: for a number out of range.
    """
    check_numbers(n_envs, seed, float("inf") if max_frames is None else max_frames)
    return OwnGuardedEnv(OwnGamesEnv(game, make, n_envs, seed, states, max_frames))


class OwnGamesEnv(DummyVecEnv):
    """SB3's vector of environments; see :func:`make_own_env` for its arguments."""

    def __init__(
        self,
        game: str,
        make: Callable[[], gym.Env],
        n_envs: int,
        seed: int,
        states: States | None,
        max_frames: int | None,
    ) -> None:
        self._identity = {"game": game, "max_frames": max_frames}
        self._states = states

        def monitored() -> gym.Env:
            env = make()
            return Monitor(env if max_frames is None else TimeLimit(env, max_frames))

        super().__init__([monitored] * n_envs)
        self.seed(seed)

    def get_state(self) -> dict[str, Any]:
        """Return the state of all games as plain types and tensors.

        Where the user's can't be read it holds none, and :meth:`set_state` begins anew.
        """
        games = [self._get_game(env) for env in self.envs]
        seen = [torch.from_numpy(np.array(part)) for part in self.buf_obs.values()]
        state = {**self._identity, "games": games, "seeds": list(self._seeds)}
        return {**state, "observations": seen}

    def set_state(self, state: dict[str, Any]) -> VecEnvObs:
        """Go back to a state of the same games; return the observations of then.

        Raises:
            ValueError: if the state is another game's or has another number of games.
        """
        check_same(state, self._identity, self.num_envs)
        begun = self.reset()
        if self._states is None:
            return begun
        for env, saved in zip(self.envs, state["games"], strict=True):
            self._set_game(env, saved)
        for buffer, saved in zip(
            self.buf_obs.values(), state["observations"], strict=True
        ):
            buffer[...] = saved.numpy()
        self._seeds = list(state["seeds"])
        return self._obs_from_buf()

    def _get_game(self, env: gym.Env) -> dict[str, Any]:
        if self._states is None:
            return {}
        assert isinstance(env, Monitor)
        return {
            "own": _saved(self._states[0](env.env)),
            "rng": env.unwrapped.np_random.bit_generator.state,
            "limits": [limit._elapsed_steps for limit in _limits(env)],
            "rewards": [float(reward) for reward in env.rewards],
            "needs_reset": env.needs_reset,
        }

    def _set_game(self, env: gym.Env, state: Mapping[str, Any]) -> None:
        assert self._states is not None and isinstance(env, Monitor)
        self._states[1](env.env, _restored(state["own"]))
        env.unwrapped.np_random.bit_generator.state = state["rng"]
        for limit, elapsed in zip(_limits(env), state["limits"], strict=True):
            limit._elapsed_steps = elapsed
        env.rewards = list(state["rewards"])
        env.needs_reset = state["needs_reset"]


def _limits(env: gym.Env) -> Iterator[TimeLimit]:
    while isinstance(env, gym.Wrapper):
        if isinstance(env, TimeLimit):
            yield env
        env = env.env


def _saved(value: Any, where: str = "get_state") -> Any:
    """A user's state with tensors for arrays; a checkpoint holds nothing else.

    Raises:
        TypeError: It holds something else; where.
    """
    if isinstance(value, np.ndarray):
        return torch.from_numpy(value.copy())
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {key: _saved(part, f"{where}[{key!r}]") for key, part in value.items()}
    if isinstance(value, list | tuple):
        parts = (_saved(part, f"{where}[{i}]") for i, part in enumerate(value))
        return type(value)(parts)
    if not isinstance(value, _PLAIN):
        kind = type(value).__name__
        raise TypeError(f"{where}: expected plain types and arrays, not {kind}")
    return value


def _restored(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.numpy().copy()
    if isinstance(value, dict):
        return {key: _restored(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_restored, value))
    return value
