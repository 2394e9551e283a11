"""Published scores: every file is read, and what is known best comes first."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.records.errors import RecordError
from analysis.records.published import (
    OUR_RANDOM,
    PUBLISHED,
    human_scores,
    random_scores,
    read_all_published,
    reference_scores,
)

HEAD = ",".join(PUBLISHED) + "\n"
RESULTS = Path(__file__).parents[3] / "results"


def row(
    algorithm: str, mean: float, source: str, game: str = "MinAtar/Freeway"
) -> dict:
    origin = {"source": source, "protocol": "p", "reference": "r"}
    return {"algorithm": algorithm, "game": game, "mean": mean, "sd": 1.0, **origin}


def table(*rows: dict) -> pd.DataFrame:
    return pd.DataFrame(rows).reindex(columns=PUBLISHED)


def test_every_file_of_scores_is_read(tmp_path: Path) -> None:
    table(row("a2c", 1, "one")).to_csv(tmp_path / "one_scores.csv", index=False)
    table(row("dqn", 2, "two")).to_csv(tmp_path / "two_scores.csv", index=False)
    (tmp_path / "notes.csv").write_text("not,scores\n")
    assert read_all_published(tmp_path)["source"].tolist() == ["one", "two"]
    (tmp_path / "bad_scores.csv").write_text("algorithm,game\n")
    with pytest.raises(RecordError, match=r"bad_scores\.csv.*has columns"):
        read_all_published(tmp_path)


FIRST = "a2c,MinAtar/Freeway,,1.0,,s,p,r\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no table: No columns"),
        (b"\xff\xfe\x00\x80\n", "is no table: "),
        (f"{HEAD}{FIRST}a2c,Pong,,1,,s,p,r,more\n".encode(), "is no table: .*line 3"),
        (f"{HEAD}a2c,Pong,,1,,s,p,r,more\n".encode(), "has rows without exactly 8"),
        (f"{HEAD}{FIRST}a2c,Pong\n".encode(), "has an empty cell in 'mean'"),
        (
            f"{HEAD}{FIRST}a2c,Pong,,much,,s,p,r\n".encode(),
            "has a cell of the wrong type",
        ),
    ],
)
def test_mangled_scores_are_named(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "bad_scores.csv").write_bytes(content)
    with pytest.raises(RecordError, match=rf"bad_scores\.csv: {said}") as caught:
        read_all_published(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_folder_without_scores_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="is missing"):
        read_all_published(tmp_path)


@pytest.mark.parametrize("ours_first", [True, False])
def test_random_play_measured_here_goes_before_a_published_one(ours_first) -> None:
    rows = [row("random", 0.3, OUR_RANDOM), row("random", 0.5, "theirs")]
    known = table(*(rows if ours_first else reversed(rows)))
    assert random_scores(known).to_dict() == {"MinAtar/Freeway": 0.3}
    others = table(rows[1], row("random", 7, "theirs", "Pong"))
    assert random_scores(others).to_dict() == {"MinAtar/Freeway": 0.5, "Pong": 7}


def test_every_game_has_one_end_of_each_scale() -> None:
    published = read_all_published(RESULTS / "reference")
    assert human_scores(published)["Breakout"] == 31.8
    assert random_scores(published)["Breakout"] == 1.7
    minatar = {game for game in published["game"] if game.startswith("MinAtar/")}
    for family in ("a2c", "dqn"):
        assert {*reference_scores(published, family).index} == minatar
    assert minatar <= {*random_scores(published).index}
    assert reference_scores(published, "another").empty


def test_a_published_score_says_where_it_is_from() -> None:
    published = read_all_published(RESULTS / "reference")
    filled = published.drop(columns=["frames", "sd"]).notna()
    assert filled.all(axis=None)
