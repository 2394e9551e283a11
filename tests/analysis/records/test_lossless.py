"""What was exported once is never lost or altered by what comes after it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from analysis.records.errors import RecordError
from analysis.records.exchange import export_study, merge_studies
from analysis.records.study import load_study
from tests.analysis.records_on_disk import config_of, contents, unseal, write_run

GAMES = [(400, 1.0), (800, 2.5), (1000, 0.3)]


@pytest.fixture
def theirs(data_dir: Path) -> Path:
    """Another machine's data."""
    return data_dir.parent / "other"


@pytest.fixture
def their_runs(data_dir: Path) -> Path:
    return data_dir.parent / "their_runs"


@pytest.mark.parametrize("status", ["done", "done long ago", "unfinished", "failed"])
@pytest.mark.parametrize("name", ["metrics.csv", "timing.csv"])
def test_a_file_that_is_deleted_from_a_record_stays_in_the_data(
    runs_dir: Path, data_dir: Path, status: str, name: str
) -> None:
    folder = write_run(runs_dir, config_of(), GAMES, status.split()[0])
    if status == "done long ago":
        unseal(folder)
    export_study(runs_dir, "atari", data_dir)
    before = contents(data_dir / "atari")
    (folder / name).unlink()
    assert not export_study(runs_dir, "atari", data_dir).replaced
    assert contents(data_dir / "atari") == before


def test_what_was_kept_says_what_each_side_holds(
    runs_dir: Path, data_dir: Path
) -> None:
    folder = write_run(runs_dir, config_of(), GAMES, "unfinished")
    export_study(runs_dir, "atari", data_dir)
    (folder / "metrics.csv").unlink()
    assert export_study(runs_dir, "atari", data_dir).kept == {
        folder.name: "unfinished at 1000 frames, 3 games, 5 rows of metrics, 5 of "
        "timing; unfinished at 1000 frames, 3 games, 0 rows of metrics, 5 of timing "
        f"in {folder}"
    }


def test_what_was_replaced_says_by_what(runs_dir: Path, data_dir: Path) -> None:
    folder = write_run(runs_dir, config_of(), GAMES[:1], "failed")
    export_study(runs_dir, "atari", data_dir)
    write_run(runs_dir, config_of(), GAMES)
    assert export_study(runs_dir, "atari", data_dir).replaced == {
        folder.name: "failed at 400 frames, 1 games, 2 rows of metrics, 2 of timing -> "
        "done at 1000 frames, 3 games, 5 rows of metrics, 5 of timing, with "
        f"{folder}"
    }


def test_rows_that_one_side_lacks_are_brought_in_from_the_other(
    runs_dir: Path, data_dir: Path, their_runs: Path, theirs: Path
) -> None:
    """Finished without metrics here, unfinished with them there: both are kept."""
    folder = write_run(runs_dir, config_of(), GAMES)
    unseal(folder)
    (folder / "metrics.csv").unlink()
    write_run(their_runs, config_of(), GAMES[:2], "unfinished")
    export_study(runs_dir, "atari", data_dir)
    export_study(their_runs, "atari", theirs)
    (outcome,) = merge_studies(theirs, data_dir)
    assert list(outcome.replaced) == [folder.name]
    study = load_study(data_dir, "atari")
    assert study.runs["status"].tolist() == ["done"]
    assert (len(study.episodes), len(study.metrics)) == (3, 4)


def test_the_same_run_made_elsewhere_is_reproduced_and_our_times_stay(
    runs_dir: Path, data_dir: Path, their_runs: Path, theirs: Path
) -> None:
    write_run(runs_dir, config_of(), GAMES)
    elsewhere = config_of() | {
        "versions": {"torch": "3.0"},
        "processor": {"id": "other"},
    }
    folder = write_run(their_runs, elsewhere, GAMES)
    timing = (folder / "timing.csv").read_text()
    (folder / "timing.csv").write_text(timing.replace(",100.0\n", ",50.0\n"))
    done = (folder / "done.json").read_text().replace('"seconds": 2.5', '"seconds": 5')
    (folder / "done.json").write_text(done)
    export_study(runs_dir, "atari", data_dir)
    before = contents(data_dir / "atari")
    export_study(their_runs, "atari", theirs)
    (outcome,) = merge_studies(theirs, data_dir)
    assert outcome.reproduced == [folder.name]
    assert not outcome.conflicts
    assert export_study(their_runs, "atari", data_dir).reproduced == [folder.name]
    assert contents(data_dir / "atari") == before


def test_a_longer_unfinished_record_contradicts_a_finished_one(
    runs_dir: Path, data_dir: Path
) -> None:
    folder = write_run(runs_dir, config_of(), GAMES)
    export_study(runs_dir, "atari", data_dir)
    before = contents(data_dir / "atari")
    shutil.rmtree(folder)
    write_run(runs_dir, config_of(), [*GAMES, (1400, 9.0)], "unfinished")
    conflicts = export_study(runs_dir, "atari", data_dir).conflicts
    assert "done at 1000" in conflicts[folder.name]
    assert "unfinished at 1400" in conflicts[folder.name]
    assert contents(data_dir / "atari") == before


def test_what_a_run_that_went_on_inexactly_left_behind_is_replaced(
    runs_dir: Path, data_dir: Path
) -> None:
    write_run(runs_dir, config_of(), GAMES[:2], "unfinished")
    export_study(runs_dir, "atari", data_dir)
    notes = ["statistical resume at step 150: torch 2 is now 3"]  # at frame 600
    games = [GAMES[0], (790, 7.0), GAMES[2]]
    write_run(runs_dir, config_of() | {"resumes": notes}, games)
    outcome = export_study(runs_dir, "atari", data_dir)
    assert "went on inexactly" in outcome.replaced[config_of()["run_id"]]
    study = load_study(data_dir, "atari")
    assert study.episodes["game_return"].tolist() == [1.0, 7.0, GAMES[2][1]]
    assert study.configs[config_of()["run_id"]]["resumes"] == notes


def test_data_mangled_on_either_side_leave_every_study_as_it_was(
    runs_dir: Path, data_dir: Path, theirs: Path
) -> None:
    for study in ("atari", "classic"):
        write_run(runs_dir, config_of(study=study), GAMES)
        export_study(runs_dir, study, theirs)
        (runs_dir / config_of()["run_id"] / "config.json").unlink()
    (theirs / "classic" / "metrics.csv").write_text("")
    with pytest.raises(RecordError, match=r"metrics\.csv"):
        merge_studies(theirs, data_dir)
    assert not data_dir.exists()


def test_whatever_else_a_configuration_holds_is_kept(
    runs_dir: Path, data_dir: Path, theirs: Path
) -> None:
    config = config_of() | {
        "numerics": 2,
        "processor": {"id": "amd-25-17", "family": 25, "model": 17},
        "source_digest": "0123456789abcdef",
        "something": [{"of": None}],
    }
    write_run(runs_dir, config, GAMES)
    export_study(runs_dir, "atari", data_dir)
    merge_studies(data_dir, theirs)
    assert load_study(theirs, "atari").configs == {config["run_id"]: config}


@pytest.mark.parametrize("study", ["theory", "speed", "cost", "faults"])
def test_names_that_are_kept_for_other_data_are_refused(
    runs_dir: Path, data_dir: Path, theirs: Path, study: str
) -> None:
    kept = f"study '{study}': the name is kept for what the command {study} finds"
    write_run(runs_dir, config_of(study=study), GAMES)
    outcome = export_study(runs_dir, "atari", data_dir)
    assert kept in outcome.refused[config_of()["run_id"]]
    with pytest.raises(RecordError, match=kept):
        export_study(runs_dir, study, data_dir)
    with pytest.raises(RecordError, match=kept):
        load_study(data_dir, study)
    (data_dir / study).mkdir(parents=True)
    (data_dir / study / "runs.csv").write_text("")
    with pytest.raises(RecordError, match=kept):
        merge_studies(data_dir, theirs)
