"""Epsilon-greedy exploration: its schedule, and a coin for each environment."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from stable_baselines3 import DQN
from stable_baselines3.common.utils import obs_as_tensor

# (fraction of training, epsilon): OpenAI baselines' Atari schedule of May 2017.
EXPLORATION_2017 = ((0.0, 1.0), (0.02, 0.1), (0.2, 0.01))


@dataclass(frozen=True)
class PiecewiseSchedule:
    """A schedule that is linear between ``(fraction of training, value)`` points."""

    points: tuple[tuple[float, float], ...]

    def __call__(self, progress_remaining: float) -> float:
        """Return the value; SB3 counts progress from 1 down to 0."""
        fractions, values = zip(*self.points, strict=True)
        return float(np.interp(1 - progress_remaining, fractions, values))


def schedule_points(
    owner: str, points: Sequence[Sequence[float]]
) -> tuple[tuple[float, float], ...]:
    """Return the points of an exploration schedule as plain floats.

    Raises:
        ValueError: They are no pairs, their fractions don't rise from 0 on, or an
            epsilon is not from 0 to 1.
    """
    try:
        found = tuple((float(x), float(y)) for x, y in points)
    except (TypeError, ValueError):
        found = ()
    fractions = [x for x, _ in found]
    rising = all(a < b for a, b in itertools.pairwise([*fractions, math.inf]))
    shares = all(0 <= y <= 1 for _, y in found)
    if not (found and rising and fractions[0] >= 0 and shares):
        raise ValueError(
            f"{owner}: exploration={points!r} must be (fraction of training, epsilon) "
            "points, with fractions that rise from 0 on and epsilons from 0 to 1"
        )
    return found


class EpsilonGreedyDQN(DQN):
    """SB3's DQN, with one coin for each environment of a vector."""

    def _sample_action(
        self, learning_starts: int, action_noise: Any = None, n_envs: int = 1
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the actions ``(E,)`` of a training step, and those to store: the same.

        Before ``learning_starts`` they are random.
        """
        if self.num_timesteps < learning_starts:
            actions = self._random_actions(n_envs)
        else:
            with torch.no_grad():
                q = self.q_net(obs_as_tensor(self._last_obs, self.device))  # type: ignore[arg-type]
            actions = self._explore(q.argmax(1).cpu().numpy())
        return actions, actions

    def _random_actions(self, n_envs: int) -> np.ndarray:
        """Draw as many calls of ``action_space.sample`` do, in one."""
        space: Any = self.action_space
        drawn: np.ndarray = space.np_random.integers(space.n, size=n_envs)
        return drawn

    def _explore(self, actions: np.ndarray) -> np.ndarray:
        """Replace actions ``(E,)`` by random ones, one coin for each environment."""
        explore = np.random.random(actions.shape) < self.exploration_rate
        return np.where(explore, self._random_actions(actions.size), actions)

    def predict(
        self,
        observation: np.ndarray | dict[str, np.ndarray],
        state: tuple[np.ndarray, ...] | None = None,
        episode_start: np.ndarray | None = None,
        deterministic: bool = False,
    ) -> tuple[np.ndarray, tuple[np.ndarray, ...] | None]:
        """Act epsilon-greedily, one coin for each environment.

        SB3's DQN throws one coin for all environments together, which makes a vector
        of them explore all at once.
        """
        actions, state = self.policy.predict(observation, state, episode_start, True)
        if deterministic:
            return actions, state
        explored = self._explore(np.atleast_1d(actions))
        return explored.reshape(actions.shape), state
