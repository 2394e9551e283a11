"""Tables against values worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.records.errors import RecordError
from analysis.records.exchange import export_study
from analysis.records.published import read_all_published, read_published
from analysis.records.study import Study, load_study
from analysis.tables.hyperparameters import hyperparameters
from analysis.tables.markdown import (
    comparison_wide,
    markdown_table,
    ratio_text,
    score_text,
    scores_markdown,
)
from analysis.tables.scoring import comparison, scores
from tests.analysis.records_on_disk import config_of, write_run


@pytest.fixture
def published(small_study: Path) -> pd.DataFrame:
    return read_all_published(small_study / "reference")


def study_of(tmp_path: Path, *configs: dict) -> Study:
    for config in configs:
        write_run(tmp_path / "runs", config, [(500, 1.0), (950, 16.75)])
    export_study(tmp_path / "runs", "atari", tmp_path / "data")
    return load_study(tmp_path / "data", "atari")


def test_scores_by_hand(small_study: Path, published: pd.DataFrame) -> None:
    table = scores(load_study(small_study / "data", "atari"), published)
    naive, proper = table.to_dict("records")
    # The last tenth holds the games at 950 and 1000: 9.5 and 10, and 19 and 20.
    assert naive["mean"] == pytest.approx((9.75 + 19.5) / 2)
    assert naive["sd"] == pytest.approx((19.5 - 9.75) / 2**0.5)
    assert (naive["n"], naive["games"], naive["frames"]) == (2, 4, 1000)
    assert (naive["left_out"], proper["left_out"]) == (0, 1)
    assert proper["mean"] == pytest.approx(naive["mean"] + 4)
    # Breakout: random play 1.7, a human 31.8.
    assert naive["human_normalised"] == pytest.approx((14.625 - 1.7) / (31.8 - 1.7))


def test_one_seed_has_a_score_and_no_sd(
    tmp_path: Path, published: pd.DataFrame
) -> None:
    (row,) = scores(study_of(tmp_path, config_of()), published).to_dict("records")
    assert (row["mean"], row["n"]) == (16.75, 1)
    assert row["human_normalised"] == 0.5
    assert pd.isna(row["sd"])


def test_a_game_unknown_to_the_literature_is_not_normalised(
    tmp_path: Path, published: pd.DataFrame
) -> None:
    study = study_of(tmp_path, config_of(game="Tennis"))
    (row,) = scores(study, published).to_dict("records")
    assert row["mean"] == 16.75
    assert pd.isna(row["human_normalised"])


MINATAR = "MinAtar/Breakout"


def minatar_study(tmp_path: Path) -> Study:
    configs = [config_of(variant, MINATAR) for variant in ("a2c-naive", "dqn-hard")]
    for config in configs:
        config["run_id"] = config["run_id"].replace("/", "-")
    return study_of(tmp_path, *configs)


def test_without_a_human_the_scale_is_a_published_algorithm(
    tmp_path: Path, published: pd.DataFrame
) -> None:
    table = scores(minatar_study(tmp_path), published)
    a2c, dqn = table["reference_normalised"]
    # Random play as measured here, 0.416; Young and Tian's own 15.3 and 10.
    assert a2c == pytest.approx((16.75 - 0.416) / (15.3 - 0.416))
    assert dqn == pytest.approx((16.75 - 0.416) / (10.0 - 0.416))
    assert table["human_normalised"].isna().all()
    text = scores_markdown(table)
    assert "| 16.8 | 1.10 |" in text and "| 16.8 | 1.70 |" in text
    assert "reference-normalised" in text and "1 what Young & Tian (2019) have" in text
    assert "human" not in text.lower()


def test_with_a_human_no_other_scale_is_spoken_of(
    tmp_path: Path, published: pd.DataFrame
) -> None:
    table = scores(study_of(tmp_path, config_of()), published)
    assert "reference_normalised" not in table
    assert "eference-normalised" not in scores_markdown(table)


def test_ours_stand_beside_relatives_by_name_and_random_play(
    tmp_path: Path, published: pd.DataFrame
) -> None:
    table = comparison(scores(minatar_study(tmp_path), published), published)
    short = table[table["frames"].fillna(0) <= 5_000_000]
    found = {
        family: dict(zip(rows["source"], rows["mean"], strict=True))
        for family, rows in short.groupby("family")
    }
    theirs = "Young & Tian 2019 (arXiv 1903.03176)"
    assert found["a2c"] == {
        "this study: a2c-naive": 16.75,
        f"{theirs}: ac-lambda0": 15.3,
        f"{theirs}: ac-lambda0.8": 17.4,
        "this suite, random play": 0.416,
    }
    assert found["dqn"][theirs] == 10.0
    assert found["dqn"][f"{theirs}: dqn-no-replay"] == 4.2
    assert found["dqn"]["this suite, random play"] == 0.416
    assert (table["protocol"] != "").all()


def test_a_run_without_late_games_is_left_out_and_said(
    tmp_path: Path, published: pd.DataFrame
) -> None:
    write_run(tmp_path / "runs", config_of(seed=1), [(900, 5.0)])
    (row,) = scores(study_of(tmp_path, config_of()), published).to_dict("records")
    # 900 is the end of the ninth tenth, not in the last.
    assert (row["mean"], row["n"], row["left_out"]) == (16.75, 1, 1)
    assert "| 1 | 16.8 | 0.50 | 1 | 1 |" in scores_markdown(pd.DataFrame([row]))


def test_the_comparison_sets_each_family_beside_its_own(
    tmp_path: Path, published: pd.DataFrame
) -> None:
    study = study_of(tmp_path, config_of(), config_of("dqn-hard", "Pong"))
    table = comparison(scores(study, published), published)
    found = table[["family", "game"]].drop_duplicates().to_numpy().tolist()
    assert found == [["a2c", "Breakout"], ["dqn", "Pong"]]
    ours = table[table["source"].str.startswith("this study")]
    assert ours["n"].tolist() == [1, 1]
    assert ours.index.tolist() == [0, table["family"].tolist().index("dqn")]
    ppo_paper = table[table["source"].str.startswith("PPO paper")]
    assert ppo_paper[["frames", "mean"]].to_numpy().tolist() == [[40_000_000, 303.0]]
    assert table["frames"].notna().all()
    assert (table["protocol"] != "").all()


def test_the_wide_comparison_gives_n_as_a_range(
    tmp_path: Path, published: pd.DataFrame
) -> None:
    places = [("Pong", 0), ("Breakout", 0), ("Breakout", 1)]
    study = study_of(tmp_path, *[config_of(game=game, seed=s) for game, s in places])
    wide = comparison_wide(comparison(scores(study, published), published))
    first = wide.iloc[0]
    assert (first["source"], first["n"]) == ("this study: a2c-proper", "1–2")
    assert (first["Breakout"], first["Pong"]) == ("16.8 ± 0.0", "16.8")


def test_settings_are_said_once_where_they_are_the_same(tmp_path: Path) -> None:
    naive, proper, dqn = (
        config_of(variant) for variant in ("a2c-naive", "a2c-proper", "dqn-hard")
    )
    for config in (naive, proper):
        config["hyperparameters"]["n_steps"] = 5
        config["sources"]["n_steps"] = "paper"
    proper["hyperparameters"]["temperature"] = 0.1
    dqn["sources"]["frames"] = "ours"
    rows = hyperparameters(study_of(tmp_path, naive, proper, dqn))
    found = {(row[2], row[0]): (row[3], row[4]) for row in rows.to_numpy().tolist()}
    assert found == {
        ("frame_skip", "all"): ("4", "paper"),
        ("frames", "all a2c"): ("1000", "paper"),
        ("frames", "all dqn"): ("1000", "ours"),
        ("learning_rate", "all"): ("0.0007", "baselines-2017"),
        # Not "all": the other family has no such setting.
        ("n_steps", "all a2c"): ("5", "paper"),
        ("temperature", "a2c-naive"): ("0.01", "paper"),
        ("temperature", "a2c-proper"): ("0.1", "paper"),
        ("temperature", "all dqn"): ("0.01", "paper"),
    }


def test_settings_that_differ_between_games_name_them(tmp_path: Path) -> None:
    pong, breakout = config_of(game="Pong"), config_of(game="Breakout")
    pong["environment"]["frame_skip"] = 3
    rows = hyperparameters(study_of(tmp_path, pong, breakout))
    skip = rows[rows["key"] == "frame_skip"]
    assert skip[["games", "value"]].to_numpy().tolist() == [
        ["Breakout", "4"],
        ["Pong", "3"],
    ]


@pytest.mark.parametrize(
    ("mean", "sd", "text"),
    [
        (float("nan"), float("nan"), "–"),
        (1234.56, float("nan"), "1235"),
        (94.76, 4.98, "94.8 ± 5.0"),
        (-5.0, 10.0, "-5.0 ± 10.0"),
        (0.25, 0.125, "0.25 ± 0.12"),
    ],
)
def test_a_rounded_score(mean: float, sd: float, text: str) -> None:
    assert score_text(mean, sd) == text


def test_a_rounded_ratio_has_no_negative_zero() -> None:
    assert [ratio_text(x) for x in (-0.001, -0.056, 1.5)] == ["0.00", "-0.06", "1.50"]


def test_a_cell_cannot_break_out_of_its_table() -> None:
    text = markdown_table(pd.DataFrame({"name": ["a | b\nc <script>"]}))
    assert text.splitlines()[2] == "| a \\| b c &lt;script> |"


def test_mangled_published_scores_are_named(tmp_path: Path) -> None:
    path = tmp_path / "published_scores.csv"
    with pytest.raises(RecordError, match="is missing"):
        read_published(path)
    path.write_text("algorithm,game\na2c,Pong\n")
    with pytest.raises(RecordError, match="has columns"):
        read_published(path)
