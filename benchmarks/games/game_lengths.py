"""How long a game lasts at random play: what a run must outlast to have a score.

``game_lengths.csv`` holds, for each of the paper's games, the frames of the shortest
and of the longest of some random games; ``python -m benchmarks.games.game_lengths``
plays them again.
"""

from __future__ import annotations

import csv
import math
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

LENGTHS_FILE = Path(__file__).with_name("game_lengths.csv")
COLUMNS = ("game", "games", "shortest", "longest")
PLAYED = 30


class Lengths(NamedTuple):
    """Emulator frames of a game, its idle frames among them."""

    shortest: float
    longest: float

    def cut(self, max_frames: float) -> Lengths:
        """The same where a game is cut after so many frames."""
        return Lengths(min(self.shortest, max_frames), min(self.longest, max_frames))


UNKNOWN = Lengths(0, math.inf)


def lengths(game: str) -> Lengths:
    """Return what random games took; anything, of a game that is not in the table."""
    return _table().get(game, UNKNOWN)


@cache
def _table() -> dict[str, Lengths]:
    with LENGTHS_FILE.open(newline="") as file:
        return {
            row["game"]: Lengths(int(row["shortest"]), int(row["longest"]))
            for row in csv.DictReader(file)
        }


def measure(game: str, games: int, seed: int = 0) -> Lengths:
    """Play random games, one after the other."""
    from benchmarks.games.atari import make_atari_env

    env, rng = make_atari_env(game, 1, seed), np.random.default_rng(seed)
    n_actions = int(env.action_space.n)  # type: ignore[attr-defined]
    found: list[int] = []
    env.reset()
    while len(found) < games:
        infos = env.step(rng.integers(n_actions, size=1))[-1]
        found += [info["episode"]["l"] for info in infos if "episode" in info]
    return Lengths(min(found), max(found))


def main() -> None:
    """Write the table."""
    from benchmarks.games.roms import GAMES

    with LENGTHS_FILE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((game, PLAYED, *measure(game, PLAYED)) for game in GAMES)


if __name__ == "__main__":
    main()
