"""One label, one thing; and what is older than the newest is called so."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.records.exchange import export_study
from analysis.records.labels import newest_numerics, with_distinct_labels
from analysis.records.study import load_study
from tests.analysis.records_on_disk import config_of, write_run

GAMES = [(400, 1.0), (800, 2.5), (1000, 0.3)]


def test_one_label_never_stands_for_two_settings(
    runs_dir: Path, data_dir: Path
) -> None:
    before, after = config_of(seed=0), config_of(seed=1)
    after["hyperparameters"]["learning_rate"] = 0.001
    untouched = config_of("a2c-naive")
    for config in (before, after, untouched):
        write_run(runs_dir, config, GAMES)
    export_study(runs_dir, "atari", data_dir)
    labels = with_distinct_labels(load_study(data_dir, "atari")).runs["label"]
    naive, old, new = labels
    assert naive == "a2c-naive"
    assert old.startswith("a2c-proper [")
    assert new.startswith("a2c-proper [")
    assert old != new


def test_one_label_never_stands_for_two_numerics(
    runs_dir: Path, data_dir: Path
) -> None:
    old, new = config_of(seed=0), config_of(game="Pong") | {"numerics": 2}
    edited = config_of(seed=2) | {"numerics": 2}
    edited["hyperparameters"]["learning_rate"] = 0.001
    for config in (old, new, config_of("a2c-naive")):
        write_run(runs_dir, config, GAMES)
    export_study(runs_dir, "atari", data_dir)
    labels = with_distinct_labels(load_study(data_dir, "atari")).runs["label"]
    assert labels.tolist() == [
        "a2c-naive",
        "a2c-proper [numerics 1]",
        "a2c-proper [numerics 2]",
    ]
    write_run(runs_dir, edited, GAMES)
    export_study(runs_dir, "atari", data_dir)
    labels = with_distinct_labels(load_study(data_dir, "atari")).runs["label"]
    assert len(set(labels)) == 4
    assert labels.str.fullmatch(r"a2c-proper \[[0-9a-f]{6}, numerics [12]\]").sum() == 3


@pytest.mark.parametrize("numerics", [0, "2", True, None, 1.5])
def test_a_numerics_version_is_a_whole_number(
    runs_dir: Path, data_dir: Path, numerics: object
) -> None:
    folder = write_run(runs_dir, config_of() | {"numerics": numerics}, GAMES)
    outcome = export_study(runs_dir, "atari", data_dir)
    assert "numerics" in outcome.refused[folder.name]


def test_the_newest_numerics_are_those_of_any_study(
    runs_dir: Path, data_dir: Path
) -> None:
    assert newest_numerics(data_dir) == 1
    for study, numerics in (("atari", 2), ("classic", 3), ("new", 1)):
        config = config_of(study=study) | {"numerics": numerics}
        write_run(runs_dir / study, config, GAMES)
        export_study(runs_dir / study, study, data_dir)
    assert newest_numerics(data_dir) == 3
    # What is wrong with one study is said by whoever shows it.
    (data_dir / "new" / "configs.json").write_text('{"x": 1, "y": {"numerics": "9"}}')
    (data_dir / "atari" / "configs.json").write_text("")
    assert newest_numerics(data_dir) == 3


def test_runs_of_a_changed_module_share_no_label(tmp_path: Path) -> None:
    """A user's class whose sources differ is another arm, by whatever settings."""
    codes = [{"mine": "aaa"}, {"mine": "aaa"}, {"mine": "bbb"}]
    for seed, code in enumerate(codes):
        config = config_of("mine", seed=seed) | {"own": {"algorithm": "mine:Mine"}}
        write_run(tmp_path / "runs", config | {"own_code": code}, [(500, 1.0)])
    export_study(tmp_path / "runs", "atari", tmp_path / "data")
    study = with_distinct_labels(load_study(tmp_path / "data", "atari"))
    counts = study.runs["label"].value_counts()
    assert sorted(counts) == [1, 2]
    assert all(label.startswith("mine [") for label in counts.index)
