"""Are runs with different seeds independent? An A/A check that anyone can make.

Short runs are trained as a study's are. Two with one seed must have all their games in
common, frame by frame; two with different seeds none, nor a stream of random numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger

from benchmarks.runs.build import make_model
from benchmarks.runs.machine import prepare
from benchmarks.suites.config import RunConfig


@dataclass(frozen=True)
class Played:
    """What the games of one run were.

    Attributes:
        streams: Where the random numbers of each game stood after the first reset.
        games: A SHA-256 of every observation of a game, for each that ended.
    """

    streams: frozenset[str]
    games: frozenset[str]


def play(config: RunConfig) -> Played:
    """Train a run for its frames, with no record of it, and tell what was played."""
    prepare(config.threads)
    model = make_model(config)
    model.set_logger(Logger(folder=None, output_formats=[]))
    watch = _Watch()
    steps = config.frames // config.environment["frame_skip"]
    model.learn(steps, callback=watch, log_interval=None)  # type: ignore[arg-type]
    model.env.close()  # type: ignore[union-attr]
    return Played(watch.streams, frozenset(watch.games))


def random_streams(model: BaseAlgorithm) -> list[str]:
    """Return where the random numbers of each game stand; after a reset."""
    state: dict[str, Any] = model.env.get_state()  # type: ignore[union-attr]
    if "game_seeds" in state:
        return [str(seed) for seed in state["game_seeds"]]
    return [str(game["rng"]) for game in state["games"]]


def compare(config: RunConfig, seeds: Sequence[int]) -> tuple[bool, list[str]]:
    """Train the first seed twice and the others once.

    Returns:
        Whether all is as it must be, and a line for each comparison.
    """
    runs = {seed: play(replace(config, seed=seed)) for seed in seeds}
    first = seeds[0]
    again = play(replace(config, seed=first))
    same = len(runs[first].games & again.games)
    lines = [
        f"seed {first}, made twice: {same} of {len(runs[first].games)} games in common"
    ]
    good = runs[first] == again and bool(again.games)
    for one, other in combinations(seeds, 2):
        games = len(runs[one].games & runs[other].games)
        streams = len(runs[one].streams & runs[other].streams)
        lines.append(
            f"seeds {one} and {other}: {games} of {len(runs[one].games)} games and "
            f"{streams} of {len(runs[one].streams)} random streams in common"
        )
        good = good and not games and not streams
    return good, lines


class _Watch(BaseCallback):
    """Digests the observations of each game until it ends."""

    def __init__(self) -> None:
        super().__init__()
        self.streams: frozenset[str] = frozenset()
        self.digests: list[Any] = []
        self.games: list[str] = []

    def _on_training_start(self) -> None:
        self.streams = frozenset(random_streams(self.model))
        self.digests = [hashlib.sha256() for _ in range(self.training_env.num_envs)]
        self._digest(self.model._last_obs)

    def _on_step(self) -> bool:
        for env, info in enumerate(self.locals["infos"]):
            if "episode" in info:
                self.games.append(self.digests[env].hexdigest())
                self.digests[env] = hashlib.sha256()
        self._digest(self.locals["new_obs"])
        return True

    def _digest(self, observations: Any) -> None:
        for digest, observation in zip(self.digests, observations, strict=True):
            digest.update(observation.tobytes())
