"""CartPole and Acrobot as games of this suite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np

from benchmarks.games.own import OwnGames


class ClassicControl(OwnGames):
    """Gymnasium's classic control with discrete actions; a frame is a step."""

    name = "ClassicControl"
    games = ("CartPole", "Acrobot")
    packages = ("gymnasium",)
    settings: ClassVar[Mapping[str, Any]] = {
        "log_interval": 2_000,
        "a2c": {
            "n_envs": 8,
            "learning_rate": 1e-3,
            "learning_rate_schedule": "constant",
        },
        "dqn": {
            "buffer_size": 20_000,
            "learning_starts": 500,
            "learning_rate": 1e-3,
            "target_update_interval": 100,
            "exploration": "0:1 500:1 10_000:0.05",
        },
    }

    def make(self, game: str) -> gym.Env:
        """Return the environment of a game's name."""
        return gym.make(f"{game}-v1")

    def get_state(self, env: gym.Env) -> dict[str, Any]:
        """Return the physics, and how long ago the pole fell."""
        inner: Any = env.unwrapped
        beyond = getattr(inner, "steps_beyond_terminated", None)
        return {"state": np.asarray(inner.state), "beyond": beyond}

    def set_state(self, env: gym.Env, state: Mapping[str, Any]) -> None:
        """Put them back."""
        inner: Any = env.unwrapped
        inner.state = state["state"]
        if hasattr(inner, "steps_beyond_terminated"):
            inner.steps_beyond_terminated = state["beyond"]
