"""No run is ever lost, and none is overwritten by another."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from analysis.records.digests import DIGESTS_FILE, adopt
from analysis.records.errors import RecordError, StudyNotFoundError
from analysis.records.exchange import export_study, merge_studies
from analysis.records.games import file_of
from analysis.records.study import load_study
from tests.analysis.records_on_disk import (
    config_of,
    contents,
    learning_games,
    read_text,
    write_run,
    write_text,
)

RUN = config_of()["run_id"]
GAMES = [(400, 1.0), (800, 2.5), (1000, 0.1 + 0.2)]


def test_what_is_exported_is_what_is_loaded(runs_dir: Path, data_dir: Path) -> None:
    games = learning_games(1000, seed=1, top=7.3, games=50)
    config = config_of()
    write_run(runs_dir, config, games)
    assert export_study(runs_dir, "atari", data_dir).added == [config["run_id"]]
    study = load_study(data_dir, "atari")
    assert study.configs == {config["run_id"]: config}
    assert study.episodes["frames"].tolist() == [frames for frames, _ in games]
    assert study.episodes["game_return"].tolist() == [value for _, value in games]
    row = study.runs.iloc[0].to_dict()
    assert (row["target_frames"], row["frames"], row["episodes"]) == (1000, 1000, 50)


def test_exporting_twice_changes_no_byte(runs_dir: Path, data_dir: Path) -> None:
    for seed in (2, 0, 1):
        write_run(runs_dir, config_of(seed=seed), GAMES)
    export_study(runs_dir, "atari", data_dir)
    before = contents(data_dir / "atari")
    again = export_study(runs_dir, "atari", data_dir)
    assert len(again.unchanged) == 3
    assert contents(data_dir / "atari") == before


def test_the_order_of_arrival_leaves_no_trace(runs_dir: Path, data_dir: Path) -> None:
    for seed in (2, 0, 1):
        write_run(runs_dir, config_of(seed=seed), GAMES)
        export_study(runs_dir, "atari", data_dir)
    other = data_dir.parent / "other"
    export_study(runs_dir, "atari", other)
    assert contents(data_dir / "atari") == contents(other / "atari")


def test_a_run_that_left_the_machine_stays(runs_dir: Path, data_dir: Path) -> None:
    first = write_run(runs_dir, config_of(seed=0), GAMES)
    export_study(runs_dir, "atari", data_dir)
    shutil.rmtree(first)
    write_run(runs_dir, config_of(seed=1), GAMES)
    export_study(runs_dir, "atari", data_dir)
    assert load_study(data_dir, "atari").runs["seed"].tolist() == [0, 1]


def test_other_studies_are_passed_over(runs_dir: Path, data_dir: Path) -> None:
    write_run(runs_dir, config_of(study="smoke"), GAMES)
    outcome = export_study(runs_dir, "atari", data_dir)
    assert not outcome.added
    with pytest.raises(StudyNotFoundError, match="no study in"):
        load_study(data_dir, "atari")


def test_a_longer_record_replaces_a_shorter_one(runs_dir: Path, data_dir: Path) -> None:
    write_run(runs_dir, config_of(), GAMES[:1], "unfinished")
    export_study(runs_dir, "atari", data_dir)
    write_run(runs_dir, config_of(), GAMES)
    outcome = export_study(runs_dir, "atari", data_dir)
    assert list(outcome.replaced) == [config_of()["run_id"]]
    assert load_study(data_dir, "atari").runs["status"].tolist() == ["done"]


@pytest.mark.parametrize("games", [GAMES[:2], GAMES])
def test_a_finished_record_never_makes_way_to_another(
    runs_dir: Path, data_dir: Path, games: list[tuple[int, float]]
) -> None:
    folder = write_run(runs_dir, config_of(), GAMES)
    export_study(runs_dir, "atari", data_dir)
    before = contents(data_dir / "atari")
    shutil.rmtree(folder)
    write_run(runs_dir, config_of(), games, "unfinished")
    assert list(export_study(runs_dir, "atari", data_dir).kept) == [folder.name]
    assert contents(data_dir / "atari") == before


def test_other_settings_under_the_same_id_are_a_conflict(
    runs_dir: Path, data_dir: Path
) -> None:
    write_run(runs_dir, config_of(), GAMES[:1], "unfinished")
    export_study(runs_dir, "atari", data_dir)
    before = contents(data_dir / "atari")
    changed = config_of()
    changed["hyperparameters"]["temperature"] = 0.5
    write_run(runs_dir, changed, GAMES)
    (where,) = export_study(runs_dir, "atari", data_dir).conflicts.values()
    theirs = runs_dir / changed["run_id"]
    assert where == f"temperature: 0.01 in {data_dir / 'atari'}, 0.5 in {theirs}"
    assert contents(data_dir / "atari") == before


def test_an_upgrade_is_no_conflict(runs_dir: Path, data_dir: Path) -> None:
    write_run(runs_dir, config_of(), GAMES[:1], "unfinished")
    export_study(runs_dir, "atari", data_dir)
    write_run(runs_dir, config_of() | {"versions": {"torch": "3.0"}}, GAMES)
    outcome = export_study(runs_dir, "atari", data_dir)
    assert list(outcome.replaced) == [config_of()["run_id"]]


def test_a_mangled_record_does_not_hold_up_the_others(
    runs_dir: Path, data_dir: Path
) -> None:
    write_run(runs_dir, config_of(seed=0), GAMES)
    bad = write_run(runs_dir, config_of(seed=1), GAMES, "unfinished")
    with (bad / "episodes.csv").open("a") as file:
        file.write("\0\0\n")
    outcome = export_study(runs_dir, "atari", data_dir)
    assert outcome.added == [config_of(seed=0)["run_id"]]
    assert "episodes.csv" in outcome.refused[bad.name]
    assert load_study(data_dir, "atari").runs["seed"].tolist() == [0]


def test_merging_adds_what_is_new(runs_dir: Path, data_dir: Path) -> None:
    theirs, their_runs = data_dir.parent / "other", runs_dir.parent / "their_runs"
    write_run(runs_dir, config_of(seed=0), GAMES)
    write_run(their_runs, config_of(seed=0), GAMES)
    write_run(their_runs, config_of(seed=1), GAMES)
    export_study(runs_dir, "atari", data_dir)
    export_study(their_runs, "atari", theirs)
    (outcome,) = merge_studies(theirs, data_dir)
    assert outcome.added == [config_of(seed=1)["run_id"]]
    assert outcome.unchanged == [config_of(seed=0)["run_id"]]
    assert contents(data_dir / "atari") == contents(theirs / "atari")


@pytest.mark.parametrize("other_games", [[(400, 1.5), *GAMES[1:]], GAMES[:2]])
def test_merging_names_conflicts_and_overwrites_nothing(
    runs_dir: Path, data_dir: Path, other_games: list[tuple[int, float]]
) -> None:
    theirs, their_runs = data_dir.parent / "other", runs_dir.parent / "their_runs"
    write_run(runs_dir, config_of(), GAMES)
    write_run(their_runs, config_of(), other_games)
    write_run(their_runs, config_of(seed=1), GAMES)
    export_study(runs_dir, "atari", data_dir)
    export_study(their_runs, "atari", theirs)
    (outcome,) = merge_studies(theirs, data_dir)
    ((run_id, where),) = outcome.conflicts.items()
    assert run_id == config_of()["run_id"]
    for words in ("episodes.csv row ", str(data_dir / "atari"), str(theirs / "atari")):
        assert words in where
    study = load_study(data_dir, "atari")
    ours = study.records()[config_of()["run_id"]]
    assert ours.episodes["game_return"].tolist() == [value for _, value in GAMES]
    assert study.runs["seed"].tolist() == [0, 1]


def test_merging_makes_a_study_that_is_new(runs_dir: Path, data_dir: Path) -> None:
    write_run(runs_dir, config_of(study="classic"), GAMES)
    export_study(runs_dir, "classic", data_dir)
    mine = data_dir.parent / "mine"
    merge_studies(data_dir, mine)
    assert contents(mine / "classic") == contents(data_dir / "classic")


def test_a_full_disk_leaves_the_old_data(
    runs_dir: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(runs_dir, config_of(seed=0), GAMES)
    export_study(runs_dir, "atari", data_dir)
    before = contents(data_dir / "atari")
    write_run(runs_dir, config_of(seed=1), GAMES)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        export_study(runs_dir, "atari", data_dir)
    assert contents(data_dir / "atari") == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (f"episodes/{RUN}.csv.gz", "400,0,1.0,40\n", "400,0,one,40\n"),
        (f"episodes/{RUN}.csv.gz", "frames,env", "env,frames"),
        ("metrics.csv", "a2c-proper-breakout-s0-1000,", "someone-else,"),
        ("timing.csv", "a2c-proper-breakout-s0-1000,", "someone-else,"),
        ("runs.csv", ",Breakout,0,", ",Breakout,zero,"),
        ("runs.csv", "run_id,label", "label,run_id"),
        ("configs.json", "a2c-proper-breakout-s0-1000", "a2c-proper-breakout-s1-1000"),
        ("configs.json", "{", ""),
    ],
)
def test_mangled_data_are_one_error_that_names_the_file(
    runs_dir: Path, data_dir: Path, name: str, old: str, new: str
) -> None:
    write_run(runs_dir, config_of(), GAMES)
    export_study(runs_dir, "atari", data_dir)
    path = data_dir / "atari" / name
    text = read_text(path)
    assert old in text
    write_text(path, text.replace(old, new, 1))
    # Even if whoever did it vouches for it.
    (data_dir / "atari" / DIGESTS_FILE).unlink()
    adopt(data_dir / "atari")
    with pytest.raises(RecordError, match=name):
        load_study(data_dir, "atari")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (config_of() | {"frames": "many"}, "'frames' is missing or of the wrong type"),
        (3, "is not a JSON object"),
    ],
)
def test_a_configuration_that_is_wrong_is_named_by_its_run(
    runs_dir: Path, data_dir: Path, wrong: object, said: str
) -> None:
    write_run(runs_dir, config_of(), GAMES)
    export_study(runs_dir, "atari", data_dir)
    path = data_dir / "atari" / "configs.json"
    path.write_text(json.dumps({RUN: wrong}))
    (data_dir / "atari" / DIGESTS_FILE).unlink()
    adopt(data_dir / "atari")
    with pytest.raises(RecordError, match=rf"configs\.json: {RUN}: {said}"):
        load_study(data_dir, "atari")


def test_a_count_of_games_that_its_file_has_not_is_an_error(
    runs_dir: Path, data_dir: Path
) -> None:
    write_run(runs_dir, config_of(), GAMES)
    export_study(runs_dir, "atari", data_dir)
    path = data_dir / "atari" / "runs.csv"
    path.write_text(path.read_text().replace(",done,3,", ",done,4,"))
    (data_dir / "atari" / DIGESTS_FILE).unlink()
    adopt(data_dir / "atari")
    with pytest.raises(RecordError, match=r"episodes: has other games than runs\.csv"):
        load_study(data_dir, "atari")


def test_games_of_runs_that_stay_are_not_written_again(
    runs_dir: Path, data_dir: Path
) -> None:
    write_run(runs_dir, config_of(), GAMES)
    export_study(runs_dir, "atari", data_dir)
    first = data_dir / "atari" / file_of(RUN)
    before = first.stat()
    write_run(runs_dir, config_of(seed=1), GAMES)
    export_study(runs_dir, "atari", data_dir)
    assert (first.stat().st_ino, first.stat().st_mtime_ns) == (
        before.st_ino,
        before.st_mtime_ns,
    )
    assert len(load_study(data_dir, "atari").episodes) == 2 * len(GAMES)


def test_a_missing_study_names_the_nearest(runs_dir: Path, data_dir: Path) -> None:
    for study in ("atari", "classic"):
        write_run(runs_dir / study, config_of(study=study), GAMES)
        export_study(runs_dir / study, study, data_dir)
    with pytest.raises(StudyNotFoundError, match="did you mean 'atari'"):
        load_study(data_dir, "attari")


def test_timing_that_comes_later_is_taken_in(runs_dir: Path, data_dir: Path) -> None:
    folder = write_run(runs_dir, config_of(), GAMES[:1], "unfinished")
    timing = (folder / "timing.csv").read_bytes()
    (folder / "timing.csv").unlink()
    export_study(runs_dir, "atari", data_dir)
    (folder / "timing.csv").write_bytes(timing)
    assert list(export_study(runs_dir, "atari", data_dir).replaced) == [folder.name]
    assert len(load_study(data_dir, "atari").timing) == 2


def test_one_mangled_study_keeps_all_from_being_merged(tmp_path: Path) -> None:
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    for study in ("first", "second"):
        write_run(tmp_path / study, config_of(study=study), GAMES)
        export_study(tmp_path / study, study, theirs)
    path = theirs / "second" / "runs.csv"
    path.write_text(path.read_text().replace("1000", "1001"))
    with pytest.raises(RecordError):
        merge_studies(theirs, ours)
    assert not ours.exists()
