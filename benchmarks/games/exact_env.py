"""A vector of `ExactGame`, in place of Stable-Baselines3's stack of wrappers.

`make_atari_env` of Stable-Baselines3 puts a dozen wrappers around each game. Here two
classes do their work, and the emulator has nearly the whole core to itself.
"""

import time
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.vec_env.base_vec_env import VecEnvStepReturn

from benchmarks.games.exact_game import ExactGame
from benchmarks.games.guarded_env import GamesVecEnv
from benchmarks.games.screen import SIZE, Palette

N_STACK = 4
"""Frames in one observation."""


class ExactAtariEnv(GamesVecEnv):
    """Atari games side by side, equal to the reference engine bit for bit.

    Observations are new arrays at each step and safe to keep. They are stored channels
    last, as the reference's are, and shown channels first: what torch's convolutions
    like best.

    One thing differs on purpose. A seeded reset always begins a new game, where the
    reference ignores the seed while a game with lives left is on.

    Args:
        game: a name from `all_games()`.
        n_envs: number of games played side by side.
        seed: game `i` is seeded with `seed + i` at the first reset.
        max_frames: cut a game after so many emulator frames.
    """

    def __init__(self, game: str, n_envs: int, seed: int, max_frames: int):
        self._identity = {"engine": "exact", "game": game, "max_frames": max_frames}
        self._palette = Palette()
        self.games = [ExactGame(game, max_frames, self._palette) for _ in range(n_envs)]
        # Four gray pixels in a word, the oldest in the lowest byte: to forget it and
        # make room for the newest is one shift.
        self._stack = np.zeros((n_envs, SIZE, SIZE), "<u4")
        self._actions = np.zeros(n_envs, np.int64)
        self._start_time = time.time()
        super().__init__(
            n_envs,
            spaces.Box(0, 255, (N_STACK, SIZE, SIZE), np.uint8),
            spaces.Discrete(len(self.games[0].actions)),
        )
        self.seed(seed)

    def reset(self) -> np.ndarray:
        """Reset all games and return their observations `uint8[n_envs, 4, 84, 84]`."""
        self._stack = np.zeros_like(self._stack)
        newest = _newest(self._stack)
        for i, game in enumerate(self.games):
            newest[i] = game.reset(self._seeds[i])
        self._reset_seeds()
        return _channels_first(self._stack)

    def step_async(self, actions: np.ndarray) -> None:
        """Keep one action for each game."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Play the actions; see `stable_baselines3.common.vec_env.VecEnv`."""
        rewards = np.zeros(self.num_envs, np.float32)
        dones = np.zeros(self.num_envs, bool)
        infos: list[dict[str, Any]] = []
        # A new array: the one that was handed out is the caller's.
        self._stack = self._stack >> 8
        newest = _newest(self._stack)
        for i, (game, action) in enumerate(zip(self.games, self._actions, strict=True)):
            newest[i], reward, terminated, truncated = game.step(int(action))
            rewards[i] = np.sign(reward)
            dones[i] = terminated or truncated
            infos.append({"TimeLimit.truncated": truncated and not terminated})
            if dones[i]:
                self._restart(i, infos[i])
        return _channels_first(self._stack), rewards, dones, infos

    def _restart(self, i: int, info: dict[str, Any]) -> None:
        """Note how life or game `i` ended, and begin its next one."""
        info["terminal_observation"] = _channels_first(self._stack[i].copy())
        finished = self.games[i].finished_game()
        if finished is not None:
            game_return, frames = finished
            seconds = round(time.time() - self._start_time, 6)
            info["episode"] = {"r": game_return, "l": frames, "t": seconds}
        self._stack[i] = 0
        _newest(self._stack)[i] = self.games[i].reset()

    def get_state(self) -> dict[str, Any]:
        """Return the exact state of all games, as plain types and tensors."""
        rgb, unknown = self._palette.get_state()
        return {
            **self._identity,
            "games": [game.get_state() for game in self.games],
            "palette": [torch.from_numpy(rgb), torch.from_numpy(unknown)],
            "stack": torch.from_numpy(self._stack.view(np.uint8).copy()),
            "seeds": list(self._seeds),
        }

    def set_state(self, state: dict[str, Any]) -> np.ndarray:
        """Go back to a state of the same games, in any process.

        Returns:
            The observations `uint8[n_envs, 4, 84, 84]` that were current then.

        Raises:
            ValueError: if the state is another game's, another limit's or has another
                number of games.
        """
        self._check_same(state)
        self._palette.set_state(*(np.asarray(part) for part in state["palette"]))
        for game, saved in zip(self.games, state["games"], strict=True):
            game.set_state(saved)
        stack = np.asarray(state["stack"]).copy()
        self._stack = stack.view("<u4").reshape(self._stack.shape)
        self._seeds = list(state["seeds"])
        return _channels_first(self._stack)


def _newest(stack: np.ndarray) -> np.ndarray:
    """Show the newest frames of a stack `uint32[..., 84, 84]`, to be written."""
    return stack.view(np.uint8).reshape(*stack.shape, N_STACK)[..., N_STACK - 1]


def _channels_first(stack: np.ndarray) -> np.ndarray:
    """Show a stack `uint32[..., 84, 84]` as `uint8[..., 4, 84, 84]`."""
    pixels = stack.view(np.uint8).reshape(*stack.shape, N_STACK)
    return np.moveaxis(pixels, -1, -3)
