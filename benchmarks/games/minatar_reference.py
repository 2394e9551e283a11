"""MinAtar's own Gymnasium environments, in Stable-Baselines3's wrappers.

What users of both would build; the exact engine is held to its numbers.
"""

import math
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.wrappers import TimeLimit
from minatar.gym import BaseEnv
from stable_baselines3.common.env_util import unwrap_wrapper
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv

from benchmarks.games.guarded_env import check_same
from benchmarks.games.minatar_game import GAMES, get_env_state, set_env_state


class ChannelsFirst(gym.ObservationWrapper):
    """Shows a grid `bool[10, 10, channels]` as `uint8[channels, 10, 10]`."""

    def __init__(self, env: gym.Env) -> None:
        super().__init__(env)
        shape = env.observation_space.shape
        assert shape is not None
        self.observation_space = spaces.Box(0, 1, (shape[2], *shape[:2]), np.uint8)

    def observation(self, observation: np.ndarray) -> np.ndarray:
        """Move the channels."""
        return np.moveaxis(observation.view(np.uint8), -1, 0)


class ReferenceMinAtarEnv(DummyVecEnv):
    """MinAtar games side by side, as Stable-Baselines3 makes them.

    Args: as `benchmarks.games.minatar_env.ExactMinAtarEnv`.
    """

    def __init__(
        self,
        game: str,
        n_envs: int,
        seed: int,
        max_frames: float,
        sticky_actions: float,
        difficulty_ramping: bool,
    ):
        self._identity = {
            "engine": "reference",
            "game": game,
            "max_frames": max_frames,
            "sticky_actions": sticky_actions,
            "difficulty_ramping": difficulty_ramping,
        }

        def make() -> gym.Env:
            env: gym.Env = BaseEnv(
                GAMES[game],
                use_minimal_action_set=True,
                sticky_action_prob=sticky_actions,
                difficulty_ramping=difficulty_ramping,
            )
            if math.isfinite(max_frames):
                env = TimeLimit(env, int(max_frames))
            return ChannelsFirst(Monitor(env))

        super().__init__([make] * n_envs)
        self.seed(seed)

    def get_state(self) -> dict[str, Any]:
        """Return the exact state of all games, as plain types and tensors."""
        games = [_get_game(env) for env in self.envs]
        return {**self._identity, "games": games, "seeds": list(self._seeds)}

    def set_state(self, state: dict[str, Any]) -> np.ndarray:
        """Go back to a state of the same games; as the exact engine does."""
        check_same(state, self._identity, self.num_envs)
        self.reset()  # some of gymnasium's wrappers count what was called
        for i, (env, saved) in enumerate(zip(self.envs, state["games"], strict=True)):
            _set_game(env, saved)
            grid = env.unwrapped.game.state()  # type: ignore[attr-defined]
            self.buf_obs[None][i] = np.moveaxis(grid, -1, 0)  # type: ignore[index]
        self._seeds = list(state["seeds"])
        observations = self._obs_from_buf()
        assert isinstance(observations, np.ndarray)
        return observations


def _get_game(env: gym.Env) -> dict[str, Any]:
    monitor, limit = unwrap_wrapper(env, Monitor), unwrap_wrapper(env, TimeLimit)
    assert isinstance(monitor, Monitor)
    game = env.unwrapped.game  # type: ignore[attr-defined]
    return get_env_state(game.env) | {
        "last_action": game.last_action,
        "rewards": [float(reward) for reward in monitor.rewards],
        "needs_reset": monitor.needs_reset,
        "total_steps": monitor.total_steps,
        "elapsed": getattr(limit, "_elapsed_steps", None),
    }


def _set_game(env: gym.Env, state: dict[str, Any]) -> None:
    monitor, limit = unwrap_wrapper(env, Monitor), unwrap_wrapper(env, TimeLimit)
    assert isinstance(monitor, Monitor)
    game = env.unwrapped.game  # type: ignore[attr-defined]
    set_env_state(game.env, state)
    game.random = game.env.random  # one stream for both, as after `seed`
    game.last_action = state["last_action"]
    monitor.rewards = list(state["rewards"])
    monitor.needs_reset = state["needs_reset"]
    monitor.total_steps = state["total_steps"]
    if isinstance(limit, TimeLimit):
        limit._elapsed_steps = state["elapsed"]
