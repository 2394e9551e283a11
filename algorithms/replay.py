"""A replay memory that stores each frame once and returns whole n-step paths.

Observations that stack the last ``k`` frames share all but one of them with their
neighbours. The memory keeps, for each environment, one ring of *rows*; a row is the
newest frame of one observation. The rows of an episode follow each other: ``k - 1``
rows of the first observation's older frames, a row for every observation acted upon,
and a row for the last observation of the episode. So the observation of row ``i`` is
always rows ``i - k + 1 .. i`` and its successor is row ``i + 1``, whatever the frame
stack puts at the start of an episode. A million rows of 84 x 84 take 7.1 GB.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.vec_env import VecNormalize
from torch import Tensor

from algorithms.checks import VECTORS
from algorithms.paths import PathSamples
from algorithms.settings import MEMORY_NUMBERS, check_numbers, least_rows


class PathReplayBuffer(ReplayBuffer):
    """Replay of n-step paths over frames that are stored once.

    A path is drawn uniformly, with replacement, by its first step: at any time, over
    the stored steps of all environments whose observation is still whole.

    Args:
        buffer_size: Rows in all; transitions plus ``frame_stack`` rows an episode.
        observation_space: Box, Discrete, MultiDiscrete or MultiBinary; with
            ``frame_stack > 1`` a Box, channels first, the newest frame last.
        action_space: Discrete.
        device: Where the samples go.
        n_envs: Environments; each has ``buffer_size // n_envs`` rows.
        optimize_memory_usage: Must be False: it is another scheme for the same end.
        handle_timeout_termination: Whether a time limit is bootstrapped from.
        n_steps: ``n``.
        gamma: Discount per step.
        frame_stack: ``k``, how many frames an observation stacks in its first axis.
        with_path: Whether samples carry the intermediate observations and actions.
        seed: Seed of the memory's own random generator.

    Raises:
        ValueError: Another space, too deep a stack for it, or a number out of range.
    """

    def __init__(
        self,
        buffer_size: int,
        observation_space: spaces.Space,
        action_space: spaces.Space,
        device: torch.device | str = "auto",
        n_envs: int = 1,
        optimize_memory_usage: bool = False,
        handle_timeout_termination: bool = True,
        *,
        n_steps: int = 1,
        gamma: float = 0.99,
        frame_stack: int = 1,
        with_path: bool = False,
        seed: int | None = None,
    ) -> None:
        check_numbers("PathReplayBuffer", MEMORY_NUMBERS, locals())
        if not isinstance(observation_space, VECTORS) or optimize_memory_usage:
            known = ", ".join(kind.__name__ for kind in VECTORS)
            raise ValueError(f"PathReplayBuffer stores {known} observations, once each")
        shape = observation_space.shape or ()
        if frame_stack > 1 and (len(shape) != 3 or shape[0] % frame_stack):
            raise ValueError(f"observations {shape} don't stack {frame_stack} frames")
        # The parent allocates whole observations: give it one row, then our own rings.
        super().__init__(n_envs, observation_space, action_space, device, n_envs)
        self.rows = buffer_size // n_envs
        if self.rows < least_rows(n_steps, frame_stack):
            raise ValueError(f"buffer_size={buffer_size} is too small for a path")
        self.handle_timeout_termination = handle_timeout_termination
        self.n_steps, self.gamma, self.frame_stack = n_steps, gamma, frame_stack
        self.with_path = with_path
        self.rng = np.random.default_rng(seed)
        self._allocate()

    def _allocate(self) -> None:
        self.frame_shape = self.obs_shape
        if stacked := self.frame_stack > 1:
            channels, *rest = self.obs_shape
            self.frame_shape = (channels // self.frame_stack, *rest)
        self.interleaves = stacked and self.frame_shape[0] == 1
        ring = (self.n_envs, self.rows)
        self.frames = np.zeros((*ring, *self.frame_shape), self.observation_space.dtype)
        self.row_actions = np.zeros(ring, np.int64)
        self.row_rewards = np.zeros(ring, np.float32)
        # Of the step taken from a row: whether there is one, and how it ended.
        self.acted = np.zeros(ring, bool)
        self.ended = np.zeros(ring, bool)
        self.row_terminated = np.zeros(ring, bool)
        self.head = np.zeros(self.n_envs, np.int64)  # rows ever written
        self.in_episode = np.zeros(self.n_envs, bool)

    def __len__(self) -> int:
        """Number of transitions that are stored."""
        return int(self.acted.sum())

    def size(self) -> int:
        """Number of transitions that are stored (SB3's name)."""
        return len(self)

    # ------------------------------------------------------------------ writing

    def _frames_of(self, obs: np.ndarray) -> np.ndarray:
        """Split one observation into its frames, oldest first: ``(k, *frame)``."""
        return obs.reshape(self.frame_stack, *self.frame_shape)

    def _append(self, env: int, frame: np.ndarray) -> int:
        row = int(self.head[env] % self.rows)
        self.frames[env, row] = frame
        self.acted[env, row] = self.ended[env, row] = False
        self.head[env] += 1
        return row

    def add(
        self,
        obs: np.ndarray,
        next_obs: np.ndarray,
        action: np.ndarray,
        reward: np.ndarray,
        done: np.ndarray,
        infos: list[dict[str, Any]],
    ) -> None:
        """Store one step of every environment.

        Args:
            obs: ``(E, ...)``.
            next_obs: ``(E, ...)``; where an episode ended, its last observation.
            action: ``(E, 1)`` or ``(E,)``.
            reward: ``(E,)``.
            done: ``(E,)``.
            infos: One dict an environment; "TimeLimit.truncated" is heeded.
        """
        for env in range(self.n_envs):
            if not self.in_episode[env]:
                for frame in self._frames_of(obs[env]):
                    self._append(env, frame)
            row = int((self.head[env] - 1) % self.rows)
            truncated = bool(infos[env].get("TimeLimit.truncated", False))
            bootstrap = truncated and self.handle_timeout_termination
            self.row_actions[env, row] = np.asarray(action[env]).item()
            self.row_rewards[env, row] = reward[env]
            self.acted[env, row] = True
            self.ended[env, row] = bool(done[env])
            self.row_terminated[env, row] = bool(done[env]) and not bootstrap
            self._append(env, self._frames_of(next_obs[env])[-1])
            self.in_episode[env] = not done[env]

    def end_episodes(self) -> None:
        """Say that the environments were reset: what comes next is another episode.

        The paths of an episode that had not ended are cut at its last observation, and
        bootstrap from it.
        """
        self.in_episode[:] = False

    # ------------------------------------------------------------------ its state

    ARRAYS = ("row_actions", "row_rewards", "acted", "ended", "row_terminated")

    def get_state(self) -> dict[str, Any]:
        """Return all that is stored but the frames, as tensors and plain types.

        The tensors share the memory's arrays, less the rows that were never written.
        """
        written = int(min(self.head.max(initial=0), self.rows))
        arrays = {n: getattr(self, n)[:, :written] for n in self.ARRAYS}
        arrays |= {"head": self.head, "in_episode": self.in_episode}
        state = {name: torch.from_numpy(array) for name, array in arrays.items()}
        return state | {"rows": self.rows, "rng": self.rng.bit_generator.state}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up what :meth:`get_state` returned; frames come by :meth:`set_rows`.

        Raises:
            ValueError: It is of a memory of another size.
        """
        if state["rows"] != self.rows or len(state["head"]) != self.n_envs:
            raise ValueError("this state is of a replay memory of another size")
        for name in self.ARRAYS:
            stored = state[name].numpy()
            getattr(self, name)[:, : stored.shape[1]] = stored
        self.head[:] = state["head"].numpy()
        self.in_episode[:] = state["in_episode"].numpy()
        self.rng.bit_generator.state = state["rng"]

    def get_rows(self, env: int, first: int, last: int) -> np.ndarray:
        """Copy the frames of rows ``first .. last - 1`` that were written, as bytes.

        Rows are counted over all that were ever written: ``head`` is the next one.
        """
        frames = self.frames[env, np.arange(first, last) % self.rows]
        return frames.reshape(last - first, -1).view(np.uint8)

    def set_rows(self, env: int, first: int, frames: np.ndarray) -> None:
        """Put frames back, as bytes; what has been overwritten since is left out."""
        rows = np.arange(first, first + len(frames))
        there = rows >= self.head[env] - self.rows
        stored = frames.view(self.frames.dtype).reshape(-1, *self.frame_shape)
        self.frames[env, rows[there] % self.rows] = stored[there]

    # ------------------------------------------------------------------ sampling

    def _startable(self, env: np.ndarray, index: np.ndarray) -> np.ndarray:
        """Whether the row was acted upon and its whole stack is still there."""
        oldest = np.maximum(self.head[env] - self.rows, 0)
        whole = index - (self.frame_stack - 1) >= oldest
        return whole & self.acted[env, index % self.rows]

    def _draw(self, batch_size: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw environments and absolute rows, uniformly over whole transitions.

        An environment with short episodes has more rows than another, since each adds
        some. All are drawn from as if they had as many; a row that isn't there is
        drawn anew, like one that was not acted upon.
        """
        stored = np.minimum(self.head, self.rows)
        most = np.full(batch_size, stored.max())
        env = np.empty(0, np.int64)
        index = np.empty(0, np.int64)
        while len(env) < batch_size:
            envs = self.rng.integers(self.n_envs, size=batch_size)
            back = self.rng.integers(most)
            rows = self.head[envs] - 1 - back
            good = (back < stored[envs]) & self._startable(envs, rows)
            env, index = np.r_[env, envs[good]], np.r_[index, rows[good]]
        return env[:batch_size], index[:batch_size]

    def _observations(self, env: np.ndarray, index: np.ndarray) -> Tensor:
        """Stack the frames of rows: ``(...)`` indices to ``(..., *obs)``."""
        back = np.arange(1 - self.frame_stack, 1)
        rows = (index[..., None] + back) % self.rows
        if self.interleaves and index.size:
            # Channels last in memory, as the convolutions like them.
            planes = [self.frames[env, row, 0] for row in np.moveaxis(rows, -1, 0)]
            height, width = planes[0].shape[-2:]
            merged = cv2.merge([plane.reshape(-1, width) for plane in planes])
            pixels = merged.reshape(*index.shape, height, width, self.frame_stack)
            return self.to_torch(np.moveaxis(pixels, -1, -3), copy=False)
        frames = self.frames[env[..., None], rows]
        return self.to_torch(frames.reshape(*index.shape, *self.obs_shape), copy=False)

    def sample(  # type: ignore[override]
        self, batch_size: int, env: VecNormalize | None = None
    ) -> PathSamples:
        """Draw ``batch_size`` paths; as ``env`` normalises them now, if it is given."""
        if not self.acted.any():
            raise ValueError("the replay memory is empty")
        paths = self.paths(*self._draw(batch_size))
        return paths if env is None else paths.normalized(env)

    def paths(self, env: np.ndarray, index: np.ndarray) -> PathSamples:
        """Return the paths from the given environments and absolute rows, ``(B,)``."""
        steps = index[:, None] + np.arange(self.n_steps)
        rows = steps % self.rows
        column = env[:, None]
        alive = self._alive(column, steps, rows)
        lengths = alive.sum(1)
        last = (index + lengths - 1) % self.rows
        inner_env = np.broadcast_to(column, steps.shape)[:, 1:]
        inner = np.minimum(steps, (index + lengths)[:, None])[:, 1:]
        return PathSamples(
            observations=self._observations(env, index),
            actions=self.to_torch(self.row_actions[env, rows[:, 0]]),
            rewards=self.to_torch(np.where(alive, self.row_rewards[column, rows], 0)),
            alive=self.to_torch(alive.astype(np.float32)),
            next_observations=self._observations(env, index + lengths),
            terminated=self.to_torch(self.row_terminated[env, last].astype(np.float32)),
            discounts=self.to_torch((self.gamma**lengths).astype(np.float32)),
            path_observations=(
                self._observations(inner_env, inner) if self.with_path else None
            ),
            path_actions=(
                self.to_torch(self.row_actions[inner_env, inner % self.rows])
                if self.with_path
                else None
            ),
        )

    def _alive(
        self, column: np.ndarray, steps: np.ndarray, rows: np.ndarray
    ) -> np.ndarray:
        """Whether each step belongs to the path: no end before it, and written."""
        known = (steps < self.head[column]) & self.acted[column, rows]
        goes_on = known & ~self.ended[column, rows]
        alive = known.copy()
        alive[:, 1:] &= np.cumprod(goes_on[:, :-1], axis=1).astype(bool)
        return alive
