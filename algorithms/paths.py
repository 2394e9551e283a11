"""What a replay memory of n-step paths hands out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from stable_baselines3.common.vec_env import VecNormalize
from torch import Tensor


class PathSamples(NamedTuple):
    """``B`` paths of at most ``n`` steps; ``m <= n`` is where a path ends."""

    observations: Tensor  # (B, ...), s_t
    actions: Tensor  # (B,), a_t, int64
    rewards: Tensor  # (B, n), r_t .. r_{t+n-1}; 0 from m on
    alive: Tensor  # (B, n), 1 for the steps before m
    next_observations: Tensor  # (B, ...), s_{t+m}
    terminated: Tensor  # (B,), 1 where s_{t+m} is terminal
    discounts: Tensor  # (B,), gamma^m
    path_observations: Tensor | None  # (B, n-1, ...), s_{t+1} ..; None unless asked
    path_actions: Tensor | None  # (B, n-1), a_{t+1} .., int64

    def rows(self, rows: slice) -> PathSamples:
        """Return some of the paths."""
        parts = (c if c is None else c[rows] for c in self)
        return PathSamples._make(parts)

    def normalized(self, env: VecNormalize) -> PathSamples:
        """Return the paths as ``env`` would give them by its statistics of now."""
        inner = self.path_observations
        return self._replace(
            observations=_normalized(self.observations, env),
            next_observations=_normalized(self.next_observations, env),
            path_observations=None if inner is None else _normalized(inner, env),
            rewards=_tensor_like(
                self.rewards, env.normalize_reward(self.rewards.cpu().numpy())
            ),
        )


def _normalized(observations: Tensor, env: VecNormalize) -> Tensor:
    found = env.normalize_obs(observations.cpu().numpy())
    return _tensor_like(observations, found) if env.norm_obs else observations


def _tensor_like(stored: Tensor, found: np.ndarray | dict) -> Tensor:
    return torch.as_tensor(found, dtype=torch.float32, device=stored.device)
