"""MinAtar as Stable-Baselines3 sees it: one factory, two engines that are equal."""

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvStepReturn

from benchmarks.games.guarded_env import GamesVecEnv, GuardedVecEnv, check_numbers
from benchmarks.games.minatar_game import GAMES, SIZE, MinAtarGame


class MinAtarVecEnv(GuardedVecEnv):
    """Guards an engine: only valid actions pass, and only in its own process."""

    kind = "a MinAtar environment"


def make_minatar_env(
    game: str,
    n_envs: int,
    seed: int,
    *,
    engine: str = "exact",
    max_frames: int | None = None,
    sticky_actions: float = 0.1,
    difficulty_ramping: bool = True,
) -> MinAtarVecEnv:
    """Make a vector of MinAtar games with their minimal sets of actions.

    Observations are `uint8[n_envs, channels, 10, 10]` of zeros and ones, a channel a
    kind of thing; rewards are the game's own, not clipped; an action lasts a frame.
    When a game is over `info["episode"]` holds its return `"r"` and its length in
    frames `"l"`.

    Args:
        game: "MinAtar/Asterix", "MinAtar/Breakout", "MinAtar/Freeway",
            "MinAtar/Seaquest" or "MinAtar/SpaceInvaders".
        n_envs: number of games played side by side.
        seed: environment `i` is seeded with `seed + i`.
        engine: `"reference"` is `minatar`'s own Gymnasium environment in
            Stable-Baselines3's wrappers, `"exact"` the same numbers, faster.
        max_frames: cut a game after so many frames; as its authors have it, never, if
            None.
        sticky_actions: the chance that a game plays the last action again.
        difficulty_ramping: whether games get harder with time.

    Raises:
        ValueError: for an unknown game or engine, or a number out of range.
        MissingPackageError: if the `minatar` package isn't installed.
    """
    if game not in GAMES:
        raise ValueError(f"unknown game {game!r}: known are {', '.join(GAMES)}")
    if engine not in _ENGINES:
        known = ", ".join(_ENGINES)
        raise ValueError(f"unknown engine {engine!r}: known are {known}")
    frames = math.inf if max_frames is None else max_frames
    check_numbers(n_envs, seed, frames)
    settings = frames, sticky_actions, difficulty_ramping
    return MinAtarVecEnv(_ENGINES[engine](game, n_envs, seed, *settings))


class ExactMinAtarEnv(GamesVecEnv):
    """MinAtar games side by side, equal to `minatar`'s own environments.

    Observations are new arrays at each step and safe to keep. They are stored channels
    last, as the games make them, and shown channels first.

    Args:
        game: a name from `GAMES`.
        n_envs: number of games played side by side.
        seed: game `i` is seeded with `seed + i` at the first reset.
        max_frames: cut a game after so many frames.
        sticky_actions: the chance that a game plays the last action again.
        difficulty_ramping: whether games get harder with time.
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
            "engine": "exact",
            "game": game,
            "max_frames": max_frames,
            "sticky_actions": sticky_actions,
            "difficulty_ramping": difficulty_ramping,
        }
        settings = max_frames, sticky_actions, difficulty_ramping
        self.games = [MinAtarGame(game, *settings) for _ in range(n_envs)]
        self._actions = [0] * n_envs
        self._start_time = time.time()
        *_, channels = self.games[0].shape
        super().__init__(
            n_envs,
            spaces.Box(0, 1, (channels, SIZE, SIZE), np.uint8),
            spaces.Discrete(len(self.games[0].actions)),
        )
        self.seed(seed)

    def reset(self) -> np.ndarray:
        """Reset all games; return `uint8[n_envs, channels, 10, 10]`."""
        for game, seed in zip(self.games, self._seeds, strict=True):
            game.reset(seed)
        self._reset_seeds()
        return self._observe()

    def step_async(self, actions: np.ndarray) -> None:
        """Keep one action for each game."""
        self._actions = actions.tolist()

    def step_wait(self) -> VecEnvStepReturn:
        """Play the actions; see `stable_baselines3.common.vec_env.VecEnv`."""
        rewards, dones, infos = [], [], []
        for game, action in zip(self.games, self._actions, strict=True):
            reward, terminated, cut = game.step(action)
            info = {"TimeLimit.truncated": cut and not terminated}
            if done := terminated or cut:
                self._restart(game, info)
            rewards.append(reward)
            dones.append(done)
            infos.append(info)
        return (
            self._observe(),
            np.array(rewards, np.float32),
            np.array(dones, bool),
            infos,
        )

    def _restart(self, game: MinAtarGame, info: dict[str, Any]) -> None:
        """Note how a game ended, and begin its next one."""
        info["terminal_observation"] = _channels_first(game.observe())
        seconds = time.time() - self._start_time
        result = {"r": float(game.game_return), "l": game.game_frames, "t": seconds}
        info["episode"] = result
        game.reset()

    def _observe(self) -> np.ndarray:
        grids = np.empty((self.num_envs, *self.games[0].shape), bool)
        for i, game in enumerate(self.games):
            grids[i] = game.observe()
        return _channels_first(grids)

    def get_state(self) -> dict[str, Any]:
        """Return the exact state of all games, as plain types and tensors."""
        games = [game.get_state() for game in self.games]
        return {**self._identity, "games": games, "seeds": list(self._seeds)}

    def set_state(self, state: dict[str, Any]) -> np.ndarray:
        """Go back to a state of the same games, in any process.

        Returns:
            The observations `uint8[n_envs, channels, 10, 10]` that were current then.

        Raises:
            ValueError: if the state is another game's, another limit's or has another
                number of games.
        """
        self._check_same(state)
        for game, saved in zip(self.games, state["games"], strict=True):
            game.set_state(saved)
        self._seeds = list(state["seeds"])
        return self._observe()


def _channels_first(grids: np.ndarray) -> np.ndarray:
    """Show grids `bool[..., 10, 10, channels]` as `uint8[..., channels, 10, 10]`."""
    channels_before_places = (*range(grids.ndim - 3), -1, -3, -2)
    return grids.view(np.uint8).transpose(channels_before_places)


def _reference(game: str, n_envs: int, seed: int, *settings: Any) -> VecEnv:
    # Only now: `minatar.gym` imports matplotlib and seaborn.
    from benchmarks.games.minatar_reference import ReferenceMinAtarEnv

    return ReferenceMinAtarEnv(game, n_envs, seed, *settings)


_ENGINES: dict[str, Callable[..., VecEnv]] = {
    "exact": ExactMinAtarEnv,
    "reference": _reference,
}
