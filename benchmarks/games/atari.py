"""Atari as Stable-Baselines3 sees it: one factory, three interchangeable engines."""

from collections.abc import Callable
from typing import Literal

import ale_py
import gymnasium as gym
from stable_baselines3.common.vec_env import VecEnv

from benchmarks.games.exact_env import ExactAtariEnv
from benchmarks.games.guarded_env import GuardedVecEnv, check_numbers
from benchmarks.games.native_env import NativeAtariEnv
from benchmarks.games.reference_env import ReferenceAtariEnv
from benchmarks.games.roms import GAMES, all_games, check_game

__all__ = ["GAMES", "AtariVecEnv", "Engine", "all_games", "check_game"]
__all__ += ["default_max_frames", "make_atari_env"]

# At import: processes that are spawned later must know the ids too.
gym.register_envs(ale_py)
ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)

Engine = Literal["exact", "reference", "native"]


def default_max_frames(game: str) -> int:
    """Return the longest episode in emulator frames, as Gym set it in 2017."""
    return 300_000 if game == "SpaceInvaders" else 400_000


def make_atari_env(
    game: str,
    n_envs: int,
    seed: int,
    *,
    engine: Engine = "exact",
    max_frames: int | None = None,
    **options: int,
) -> "AtariVecEnv":
    """Make a vector of Atari games with DeepMind's preprocessing.

    Observations are `uint8[n_envs, 4, 84, 84]`, the last channel the newest frame;
    rewards are clipped to their sign; `done` is set at each loss of a life. At a true
    game over `info["episode"]` holds the whole game's unclipped return `"r"` and its
    length in emulator frames `"l"`. An action lasts four frames and isn't sticky; the
    action set is the game's minimal one.

    Args:
        game: a name from `all_games()`.
        n_envs: number of games played side by side.
        seed: environment `i` is seeded with `seed + i`.
        engine: `"reference"` is Stable-Baselines3's own stack of wrappers.
            `"exact"` gives the same numbers bit for bit, faster. `"native"` is
            ale-py's C++ vector environment, a slightly different task: see
            `benchmarks.games.native_env.NativeAtariEnv` before choosing it.
        max_frames: cut a game after so many emulator frames; as in 2017 if None.
        **options: of the engine alone: `reseed_interval` and `n_threads` of
            `"native"`.

    Raises:
        ValueError: for an unknown game or engine, or a number out of range.
    """
    check_game(game)
    if engine not in _ENGINES:
        known = ", ".join(_ENGINES)
        raise ValueError(f"unknown engine {engine!r}: known are {known}")
    frames = default_max_frames(game) if max_frames is None else max_frames
    check_numbers(n_envs, seed, frames)
    return AtariVecEnv(_ENGINES[engine](game, n_envs, seed, frames, **options))


_ENGINES: dict[str, Callable[..., VecEnv]] = {
    "exact": ExactAtariEnv,
    "reference": ReferenceAtariEnv,
    "native": NativeAtariEnv,
}


class AtariVecEnv(GuardedVecEnv):
    """Guards an engine: only valid actions pass, and only in its own process."""

    kind = "an Atari environment"
