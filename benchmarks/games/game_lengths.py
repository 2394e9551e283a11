"""How long a game lasts at random play: what a run must outlast to have a score.

``game_lengths.csv`` holds, for each of the figures' games, the frames of the shortest
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


def random_games(game: str, games: int, seed: int = 0) -> list[tuple[float, int]]:
    """Play random games, one after the other, so that short ones don't count for more.

    Returns:
        The return and the frames of each.
    """
    from benchmarks.games.families import family_of

    env = family_of(game).make_env(game, 1, seed)
    rng = np.random.default_rng(seed)
    n_actions = int(env.action_space.n)  # type: ignore[attr-defined]
    found: list[tuple[float, int]] = []
    env.reset()
    while len(found) < games:
        for info in env.step(rng.integers(n_actions, size=1))[-1]:
            if "episode" in info:
                found.append((info["episode"]["r"], info["episode"]["l"]))
    return found


def measure(game: str, games: int, seed: int = 0) -> Lengths:
    """Play random games; return the frames of the shortest and of the longest."""
    frames = [frames for _, frames in random_games(game, games, seed)]
    return Lengths(min(frames), max(frames))


def main() -> None:
    """Write the table."""
    from benchmarks.games.families import families

    games = [game for family in families() for game in family.games]
    with LENGTHS_FILE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((game, PLAYED, *measure(game, PLAYED)) for game in games)


if __name__ == "__main__":
    main()
