"""Random play: what is committed is what was played, and can be played again."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.records.digests import check_digests
from analysis.records.published import read_published
from benchmarks.games.families.minatar import GAMES
from benchmarks.runs.random_play import N_GAMES, PLAYED, SCORES, play, summary, write

RESULTS = Path(__file__).parents[3] / "results"


@pytest.fixture(scope="module")
def committed() -> pd.DataFrame:
    return pd.read_csv(RESULTS / PLAYED)


def test_every_game_was_played_as_often(committed) -> None:
    assert committed["game"].value_counts().to_dict() == dict.fromkeys(GAMES, N_GAMES)


@pytest.mark.parametrize("game", GAMES)
def test_the_games_can_be_played_again(game: str, committed) -> None:
    first = 2 if game == "MinAtar/Freeway" else 20
    its = committed[committed["game"] == game].head(first).reset_index(drop=True)
    pd.testing.assert_frame_equal(play(game, first), its)


def test_the_committed_scores_are_of_these_games(tmp_path: Path, committed) -> None:
    write(tmp_path, committed)
    for path in (PLAYED, PLAYED.with_name("SHA256.json"), SCORES):
        assert (tmp_path / path).read_bytes() == (RESULTS / path).read_bytes()
    check_digests(tmp_path / PLAYED.parent, [PLAYED.name])
    read_published(tmp_path / SCORES)


def test_a_score_by_hand() -> None:
    games = pd.DataFrame({"game": ["G"] * 3, "game_return": [1.0, 2.0, 6.0]})
    (row,) = summary(games).to_dict("records")
    assert (row["mean"], row["sd"]) == (3.0, round(7**0.5, 4))
    assert row["protocol"].startswith("3 games, uniform over the minimal actions")
