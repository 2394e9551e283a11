"""One Atari game as Stable-Baselines3 wraps it, bit for bit, without the wrappers.

Method by method, `ExactGame` follows `stable_baselines3.common.atari_wrappers`; the
names in brackets say what. The tests hold both to the same bits.
"""

from typing import Any

import ale_py
import numpy as np
import torch
from gymnasium.utils import seeding

from benchmarks.games.roms import rom_path
from benchmarks.games.screen import Palette, Screen

FRAME_SKIP = 4
"""Emulator frames for which an action lasts."""

NOOP_MAX = 30
"""A game starts with 1 to this many idle frames."""


class ExactGame:
    """One emulator, with the state of all that Stable-Baselines3 wraps around it.

    Args:
        game: a name from `all_games()`.
        max_frames: cut a game after so many emulator frames.
        palette: the game's colours, shared by emulators of one game.
    """

    render_mode = "rgb_array"

    def __init__(self, game: str, max_frames: int, palette: Palette):
        self.ale = ale_py.ALEInterface()
        self.ale.setFloat("repeat_action_probability", 0.0)
        self.ale.setInt("max_num_frames_per_episode", max_frames)
        self._rom = rom_path(game)
        self.ale.loadROM(self._rom)
        self.actions = self.ale.getMinimalActionSet()
        self._fires = ale_py.Action.FIRE in self.actions
        self._screen = Screen(self.ale, palette)
        self._rng = np.random.default_rng()
        self._lives = 0
        self._was_game_over = True
        self._game_return = 0.0
        self._game_frames = 0

    def reset(self, seed: int | None = None) -> np.ndarray:
        """Begin a life, or a game if the last one is over, and return `uint8[84, 84]`.

        A seed always begins a new game, reproducibly.
        """
        self._was_game_over |= seed is not None
        is_new_game = self._begin(seed)
        if not self._fires:
            return self._screen.raw_view() if is_new_game else self._screen.view()
        if any(self._play(1)[1:]):
            self._begin(seed)
        ended = any(self._play(2)[1:])
        frame = self._screen.view()
        if ended:
            self._begin(seed)
        return frame

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool]:
        """Play an action for four frames.

        Returns:
            The frame `uint8[84, 84]`, valid until the next call; the unclipped reward;
            whether a life or the game ended; whether the frame limit cut the game.
        """
        reward, terminated, truncated = self._play(action)
        return self._screen.view(), reward, terminated, truncated

    def finished_game(self) -> tuple[float, int] | None:
        """Return the unclipped return and emulator frames of a game just over."""
        if not self._was_game_over:
            return None
        return self._game_return, self._game_frames

    def render(self) -> np.ndarray:
        """Return the emulator's screen, `uint8[height, width, 3]`."""
        return self.ale.getScreenRGB()

    def _play(self, action: int) -> tuple[float, bool, bool]:
        """Play an action; the end of a life is an end too (`EpisodicLifeEnv.step`)."""
        reward, terminated, truncated = self._skip(action)
        self._was_game_over = terminated or truncated
        lives = self.ale.lives()
        # Some games, like Frogger, go on for a while at zero lives.
        if 0 < lives < self._lives:
            terminated = True
        self._lives = lives
        return reward, terminated, truncated

    def _skip(self, action: int) -> tuple[float, bool, bool]:
        """Repeat an action and keep the last two frames (`MaxAndSkipEnv.step`)."""
        # The emulator's own calls are most of the time: nothing comes between them.
        act, game_over, played = self.ale.act, self.ale.game_over, self.actions[action]
        total = 0.0
        for i in range(FRAME_SKIP):
            total += act(played)
            if i >= FRAME_SKIP - 2:
                self._screen.capture(i - (FRAME_SKIP - 2))
            if game_over():
                break
        self._game_return += total
        self._game_frames += i + 1
        return total, *self._game_over()

    def _begin(self, seed: int | None) -> bool:
        """Go on after a lost life, or begin a game; say which (`EpisodicLifeEnv`)."""
        is_new_game = self._was_game_over
        if not is_new_game:
            _, terminated, truncated = self._skip(0)
            is_new_game = terminated or truncated
        if is_new_game:
            self._begin_game(seed)
        self._lives = self.ale.lives()
        return is_new_game

    def _begin_game(self, seed: int | None) -> None:
        """Begin a game and idle for 1 to 30 frames (`NoopResetEnv.reset`)."""
        self._reset_emulator(seed)
        for _ in range(self._rng.integers(1, NOOP_MAX + 1)):
            self._game_return += self.ale.act(self.actions[0])
            self._game_frames += 1
            if self.ale.game_over():
                self._reset_emulator(seed)

    def _reset_emulator(self, seed: int | None) -> None:
        if seed is not None:
            # ale_py.AtariEnv.seed_game: one seed for its generator, one for the ROM.
            words = np.random.SeedSequence(seed).generate_state(n_words=2)
            self._rng, _ = seeding.np_random(int(words[0]))
            self.ale.setInt("random_seed", words[1].astype(np.int32))
            self.ale.loadROM(self._rom)
        self.ale.reset_game()
        self._game_return, self._game_frames = 0.0, 0

    def _game_over(self) -> tuple[bool, bool]:
        if not self.ale.game_over():
            return False, False
        return self.ale.game_over(with_truncation=False), self.ale.game_truncated()

    def get_state(self) -> dict[str, Any]:
        """Return the whole state, as plain types and `torch.uint8` tensors."""
        emulator = self.ale.cloneState(include_rng=True).serialize()
        return {
            "emulator": torch.from_numpy(np.frombuffer(emulator, np.uint8).copy()),
            "frames": torch.from_numpy(self._screen.get_frames()),
            "rng": self._rng.bit_generator.state,
            "lives": self._lives,
            "was_game_over": self._was_game_over,
            "game_return": self._game_return,
            "game_frames": self._game_frames,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Go back to a state from `get_state`, in any process."""
        self.ale.loadROM(self._rom)
        self.ale.reset_game()
        # The emulator doesn't save whether its video chip is inside a frame. After one
        # step it is where it is after every step; without, Qbert goes another way.
        self.ale.act(0)
        saved = np.asarray(state["emulator"]).tobytes()
        self.ale.restoreState(ale_py.ALEState(saved))
        self._screen.set_frames(np.asarray(state["frames"]))
        self._rng.bit_generator.state = state["rng"]
        self._lives = state["lives"]
        self._was_game_over = state["was_game_over"]
        self._game_return = state["game_return"]
        self._game_frames = state["game_frames"]
