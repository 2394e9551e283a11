"""A folder where a file is to be, or a file where a folder is, is told in a line."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from benchmarks import cli, show
from benchmarks.places import unusable
from benchmarks.suites.suite import Selection, load_suite
from benchmarks.sweeps import engines, estimate
from tests.analysis.claims.test_judging import planted

ONE = ("smoke", "--only", "q-a2c")
RUN = load_suite("smoke", Selection(only=["q-a2c"]))[0].run_id
A_FILE, A_FOLDER = "expected a file, not a folder", "expected a folder, not a file"


def put(place: Path, *, folder: bool) -> None:
    """Put an empty folder or an empty file where the other is to be."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.mkdir() if folder else place.touch()


@pytest.mark.parametrize("command", ["status", "plan", "run"])
def test_a_file_in_place_of_a_runs_folder(command, refused, tmp_path, monkeypatch):
    monkeypatch.setattr(estimate, "measure", None)  # no work before it is told
    place = tmp_path / "runs" / RUN
    put(place, folder=False)
    assert refused(command, *ONE, "--results", tmp_path) == f"{place}: {A_FOLDER}"


@pytest.mark.parametrize("place", ["", "runs"])
def test_a_file_in_place_of_results_or_of_all_runs(place, refused, tmp_path):
    put(tmp_path / "there" / place, folder=False)
    line = refused("status", *ONE, "--results", tmp_path / "there")
    assert line == f"{tmp_path / 'there' / place}: {A_FOLDER}"


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("export", "runs/x/config.json"),
        ("evaluate x", "runs/x/config.json"),
        ("forget x", "runs/x/config.json"),
        ("tables", "data/x/runs.csv"),
        ("figures", "data/x/runs.csv"),
        ("claims", "reference/scales.csv"),
    ],
)
def test_a_folder_in_place_of_a_file(words, place, refused, tmp_path):
    put(tmp_path / place, folder=True)
    (tmp_path / "runs" / "x").mkdir(parents=True, exist_ok=True)
    (tmp_path / "runs" / "x" / "policy.pt").touch()
    (tmp_path / "data" / "x").mkdir(parents=True, exist_ok=True)
    (tmp_path / "data" / "x" / "SHA256.json").write_text(
        '{"files": {"runs.csv": "", "metrics.csv": "", "timing.csv": "", '
        '"configs.json": ""}, "runs": {}}'
    )
    line = refused(*words.split(), "--results", tmp_path)
    assert line == f"{tmp_path / place}: {A_FILE}"


@pytest.fixture
def results(tmp_path):
    planted(tmp_path, {"a2c-proper": -0.3}, 3)
    return tmp_path


@pytest.mark.parametrize("file", ["tables/minatar/scores.csv", "report.html"])
def test_what_is_to_be_replaced_is_named_by_its_own_name(file, call, results):
    """Not by that of the file which was written beside it."""
    put(results / file, folder=True)
    command = "tables" if "tables" in file else "report"
    status, out, err = call(command, "--results", results)
    assert (status, out, err) == (2, "", f"{results / file}: {A_FILE}\n")


@pytest.mark.parametrize(
    ("command", "place"),
    [
        ("figures", "figures/minatar"),
        ("tables minatar", "tables/minatar"),
        ("tables", "reference"),
        ("report", "reference"),
    ],
)
def test_where_each_study_goes_is_tried_first(
    command, place, refused, results, monkeypatch
):
    for work in ("draw_figures", "write_tables", "write_report"):
        monkeypatch.setattr(f"analysis.build.{work}", None)
    shutil.rmtree(results / "reference")
    put(results / place, folder=False)
    line = refused(*command.split(), "--results", results)
    assert line == f"can't write to {results / place}: Not a directory"


@pytest.mark.parametrize(
    "place", ["data/smoke", "figures/smoke", "tables/smoke", "reference"]
)
def test_a_sweep_does_not_begin_whose_end_can_not_be_written(
    place, refused, tmp_path, monkeypatch
):
    monkeypatch.setattr(engines.Local, "run", None)
    put(tmp_path / place, folder=False)
    line = refused("run", *ONE, "--results", tmp_path)
    assert line == f"can't write to {tmp_path / place}: Not a directory"


@pytest.mark.parametrize("command", ["claims", "scales"])
def test_results_that_are_not_there_are_not_made(command, refused, tmp_path):
    place = tmp_path / "reslts"
    line = refused(command, "--results", place)
    assert line == f"{place}: expected a folder of results; there is none"
    assert not place.exists()


@pytest.mark.parametrize("command", ["status smoke", "claims", "theory"])
def test_results_without_a_name_are_refused(command, refused, tmp_path, monkeypatch):
    """They would be the folder where one is."""
    monkeypatch.chdir(tmp_path)
    line = refused(*command.split(), "--results", "")
    assert line == "--results: expected a folder's name, not an empty text"
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM])
def test_what_is_anothers_is_named(number, refused, monkeypatch):
    def others(*given: object) -> None:
        raise OSError(number, os.strerror(number), "/root/x")

    monkeypatch.setattr(show, "check_writable", others)
    said = f"/root/x: expected to be allowed to use it: {os.strerror(number)}"
    assert refused("figures") == said


def test_a_file_that_is_in_a_new_folders_place_is_named(tmp_path):
    put(tmp_path / "file", folder=False)
    with pytest.raises(FileExistsError) as caught:
        (tmp_path / "file").mkdir()
    assert unusable(caught.value) == f"{tmp_path / 'file'}: {A_FOLDER}"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("train FOLDER", IsADirectoryError(errno.EISDIR, "Is a directory", "x")),
        ("list", IsADirectoryError("of no file")),
        ("list", OSError(errno.ENOSPC, "No space left on device", "x")),
    ],
)
def test_other_errors_show_where_they_come_from(words, error, call, monkeypatch):
    """A run's own log is to have all of it, and a fault of the code too."""

    def fails(*given: object, **more: object) -> int:
        raise error

    monkeypatch.setattr(cli.tyro.extras, "subcommand_cli_from_dict", fails)
    with pytest.raises(type(error)):
        call(*words.split())
