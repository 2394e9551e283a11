"""Catch: a ball falls, a paddle moves; every episode has the same length.

So a bonus for surviving can't decide what is learned, unlike on CartPole. The task is
that of Mnih et al. (2014), Recurrent Models of Visual Attention.
"""

import gymnasium as gym
import numpy as np
from gymnasium import spaces

ROWS, COLUMNS = 6, 5


class Catch(gym.Env):
    """Reward 1 for a ball that is caught, -1 for one that is not, at the last step."""

    observation_space = spaces.Box(0, 1, (ROWS * COLUMNS,), np.float32)
    action_space = spaces.Discrete(3)

    def _observe(self):
        board = np.zeros((ROWS, COLUMNS), np.float32)
        board[self.row, self.ball] = board[-1, self.paddle] = 1
        return board.ravel()

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.row, self.paddle = 0, COLUMNS // 2
        self.ball = int(self.np_random.integers(COLUMNS))
        return self._observe(), {}

    def step(self, action):
        self.paddle = int(np.clip(self.paddle + action - 1, 0, COLUMNS - 1))
        self.row += 1
        end = self.row == ROWS - 1
        reward = 0.0 if not end else (1.0 if self.ball == self.paddle else -1.0)
        return self._observe(), reward, end, False, {}
