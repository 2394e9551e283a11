"""What a uniformly random policy scores: the lower end of every scale.

``python -m benchmarks.runs.random_play`` plays the figures' games of every family but
Atari, whose random scores are published. It writes each game that was played to
``results/data/random/games.csv``, and their means beside the published scores, to
``results/reference/random_scores.csv``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from analysis.records.csvs import csv_bytes
from analysis.records.digests import with_digests
from analysis.records.files import write_atomically
from analysis.records.published import FOLDER, OUR_RANDOM, PUBLISHED
from benchmarks.games.families import families
from benchmarks.games.game_lengths import random_games

RESULTS = Path(__file__).parents[2] / "results"
PLAYED = Path("data", "random", "games.csv")
SCORES = FOLDER / "random_scores.csv"
N_GAMES = 1_000


def play(game: str, n_games: int, seed: int = 0) -> pd.DataFrame:
    """Return random games, columns ``game``, ``game_return`` and ``length_frames``."""
    found = random_games(game, n_games, seed)
    played = pd.DataFrame(found, columns=["game_return", "length_frames"])
    played.insert(0, "game", game)
    return played


def summary(played: pd.DataFrame) -> pd.DataFrame:
    """Return the mean and standard deviation of each game, as a published score."""
    returns = played.groupby("game")["game_return"]
    table = returns.agg(mean="mean", sd="std", games="size").reset_index()
    said = (
        "games, uniform over the minimal actions, sticky actions, ramping; sd of games"
    )
    origin: dict[str, Any] = {
        "algorithm": "random",
        "frames": pd.NA,
        "source": OUR_RANDOM,
        "protocol": table["games"].map(lambda games: f"{games:,} {said}"),
        "reference": f"results/{PLAYED}",
    }
    return table.round({"mean": 4, "sd": 4}).assign(**origin)[PUBLISHED]


def write(results: Path, played: pd.DataFrame) -> None:
    """Write the games, and their means as a file of published scores."""
    games = with_digests({results / PLAYED: csv_bytes(played)})
    write_atomically({**games, results / SCORES: csv_bytes(summary(played))})


def main() -> None:
    """Play, and write both files."""
    games = [game for family in families() for game in family.games if "/" in game]
    write(RESULTS, pd.concat([play(game, N_GAMES) for game in games]))


if __name__ == "__main__":
    main()
