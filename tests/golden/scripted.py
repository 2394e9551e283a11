"""A vector of environments whose every frame, reward and end is written beforehand."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv

SIZE, STACK, N_ACTIONS = 84, 4, 6


class Scripted(DummyVecEnv):
    """Noise to look at, the same whatever the agent does, and on every machine.

    Frames are stacked as on Atari, zeros where an episode has no older one. Of the
    episodes some end and some are cut by a time limit.
    """

    def __init__(self, n_envs: int, n_steps: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        shape = (n_steps, n_envs)
        self.frames = rng.integers(0, 256, (*shape, SIZE, SIZE), np.uint8)
        self.rewards = rng.integers(-1, 2, shape).astype(np.float32)
        self.ended = rng.random(shape) < 0.15
        self.cut = self.ended & (rng.random(shape) < 0.5)
        self.stack = np.zeros((n_envs, STACK, SIZE, SIZE), np.uint8)
        self.step_number = 0
        VecEnv.__init__(
            self,
            n_envs,
            spaces.Box(0, 255, self.stack.shape[1:], np.uint8),
            spaces.Discrete(N_ACTIONS),
        )

    def _show(self, envs: Any, frames: np.ndarray) -> None:
        self.stack[envs] = np.roll(self.stack[envs], -1, axis=1)
        self.stack[envs, -1] = frames

    def reset(self) -> np.ndarray:
        self.stack[:] = 0
        self._show(slice(None), 255 - self.frames[self.step_number])
        return self.stack.copy()

    def step_async(self, actions: np.ndarray) -> None:
        pass

    def step_wait(self) -> Any:
        now, self.step_number = self.step_number, self.step_number + 1
        self._show(slice(None), self.frames[now])
        ended, infos = self.ended[now], [{} for _ in range(self.num_envs)]
        for env in np.flatnonzero(ended):
            infos[env]["terminal_observation"] = self.stack[env].copy()
            infos[env]["TimeLimit.truncated"] = bool(self.cut[now, env])
            self.stack[env] = 0
            self._show([env], 255 - self.frames[now, [env]])
        return self.stack.copy(), self.rewards[now].copy(), ended.copy(), infos

    def seed(self, seed: int | None = None) -> list[None]:
        return [None] * self.num_envs

    def get_attr(self, attr_name: str, indices: Any = None) -> list[None]:
        return [None] * self.num_envs

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        return [True] * self.num_envs

    def close(self) -> None:
        pass
