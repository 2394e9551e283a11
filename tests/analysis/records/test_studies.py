"""A study on the disk holds its runs, all of them and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.records.arms import arms_of
from analysis.records.digests import DIGESTS_FILE, adopt
from analysis.records.errors import RecordError
from analysis.records.exchange import export_study
from analysis.records.study import load_study, save_study
from tests.analysis.claims.planted import SHAPE, run_of, study_with
from tests.analysis.records_on_disk import config_of, write_run


def test_a_study_that_is_saved_anew_holds_no_other_runs_games(tmp_path: Path) -> None:
    runs = [run_of("q-a2c", "Pong", seed, SHAPE) for seed in range(2)]
    save_study(tmp_path, study_with(runs))
    save_study(tmp_path, study_with(runs[:1]))
    left = [path.name for path in (tmp_path / "minatar" / "episodes").iterdir()]
    assert left == ["q-a2c-pong-s0.csv.gz"]
    assert len(load_study(tmp_path, "minatar").runs) == 1


@pytest.mark.parametrize("name", ["metrics.csv", "timing.csv"])
def test_rows_of_a_run_that_is_not_there_are_refused(
    runs_dir: Path, data_dir: Path, name: str
) -> None:
    write_run(runs_dir, config_of(), [(950, 1.0)])
    export_study(runs_dir, "atari", data_dir)
    path = data_dir / "atari" / name
    text = path.read_text()
    path.write_text(f"{text}other,{text.splitlines()[-1].partition(',')[2]}\n")
    (path.parent / DIGESTS_FILE).unlink()
    adopt(path.parent)
    with pytest.raises(RecordError, match=f"{name}: has other runs than runs.csv"):
        load_study(data_dir, "atari")


def test_inexact_runs_are_finished_ones() -> None:
    notes = {"resumes": ["statistical resume at step 4: why"]}
    runs = [
        run_of("q-a2c", "Pong", 0, SHAPE, **notes),
        run_of("q-a2c", "Pong", 1, SHAPE, "unfinished", **notes),
        run_of("q-a2c", "Pong", 2, SHAPE),
    ]
    (row,) = arms_of(study_with(runs))[["n", "halted", "inexact"]].to_numpy().tolist()
    assert row == [2, 1, 1]
