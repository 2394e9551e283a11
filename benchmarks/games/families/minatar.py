"""MinAtar's five games (Young and Tian 2019), with the network of their literature."""

from __future__ import annotations

from typing import Any

from stable_baselines3.common.vec_env import VecEnv

from benchmarks.games.families import Family

GAMES = tuple(
    f"MinAtar/{name}"
    for name in ("Asterix", "Breakout", "Freeway", "Seaquest", "SpaceInvaders")
)


def _all_games() -> tuple[str, ...]:
    return GAMES


def _make_env(game: str, n_envs: int, seed: int, **options: Any) -> VecEnv:
    from benchmarks.games.minatar_env import make_minatar_env

    return make_minatar_env(game, n_envs, seed, **options)


def _network() -> dict[str, Any]:
    from algorithms.networks import GridCNN

    return {"features_extractor_class": GridCNN, "net_arch": []}


FAMILY = Family(
    name="MinAtar",
    settings="minatar",
    games=GAMES,
    all_games=_all_games,
    engines=("exact", "reference"),
    make_env=_make_env,
    of_the_engine=("engine", "max_frames", "sticky_actions", "difficulty_ramping"),
    network=_network,
    packages=("MinAtar",),
    frame_bytes=10 * 10 * 10,
    stored_frame_bytes=40,  # 16 (Breakout) to 38 (Freeway) at random play
)
