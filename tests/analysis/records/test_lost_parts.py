"""A study of which a part is gone is refused, and never written over."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from analysis.records.errors import RecordError
from analysis.records.exchange import export_study, merge_studies
from analysis.records.games import FOLDER
from analysis.records.study import STUDY_FILES, load_study, study_names
from tests.analysis.records_on_disk import config_of, contents, write_run

GAMES = [(400, 1.0), (800, 2.5)]


@pytest.mark.parametrize("lost", [*STUDY_FILES, FOLDER])
def test_what_is_left_of_a_study_stays_as_it_is(
    runs_dir: Path, data_dir: Path, lost: str
) -> None:
    """One of its runs is still on this machine, and another machine has one too."""
    folders = [write_run(runs_dir, config_of(seed=seed), GAMES) for seed in range(3)]
    export_study(runs_dir, "atari", data_dir)
    other = data_dir.parent / "other"
    for folder in folders[1:]:
        shutil.rmtree(folder)
    export_study(runs_dir, "atari", other)
    path = data_dir / "atari" / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    left = contents(data_dir)
    for touch in (
        lambda: load_study(data_dir, "atari"),
        lambda: export_study(runs_dir, "atari", data_dir),
        lambda: merge_studies(other, data_dir),
    ):
        with pytest.raises(RecordError, match=f"{lost}.*is missing"):
            touch()
    assert contents(data_dir) == left
    assert study_names(data_dir) == ["atari"]


def test_a_record_without_its_configuration_is_refused(
    runs_dir: Path, data_dir: Path
) -> None:
    folder = write_run(runs_dir, config_of(seed=0), GAMES)
    (folder / "config.json").unlink()
    (runs_dir / "nothing-recorded").mkdir()
    (runs_dir / "note.txt").touch()
    outcome = export_study(runs_dir, "atari", data_dir)
    assert list(outcome.refused) == [folder.name]
    assert "config.json: is missing" in outcome.refused[folder.name]
