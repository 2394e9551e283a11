"""Atari's games, as the Arcade Learning Environment plays them."""

from __future__ import annotations

from typing import Any

from stable_baselines3.common.vec_env import VecEnv

from benchmarks.games.families import Family
from benchmarks.games.roms import GAMES, all_games


def _make_env(game: str, n_envs: int, seed: int, **options: Any) -> VecEnv:
    from benchmarks.games.atari import make_atari_env

    return make_atari_env(game, n_envs, seed, **options)


def _network() -> dict[str, Any]:
    """That of Mnih et al. (2015), which is the policies' own."""
    return {}


FAMILY = Family(
    name="Atari",
    settings="atari",
    games=GAMES,
    all_games=all_games,
    engines=("exact", "reference", "native"),
    make_env=_make_env,
    of_the_engine=("engine", "max_frames", "reseed_interval"),
    network=_network,
    packages=("ale-py",),
    frame_bytes=84 * 84,
    stored_frame_bytes=550,  # 103 (Pong) to 528 (Enduro) at random play
)
