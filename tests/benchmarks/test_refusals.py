"""What can't be done is refused in one line, before any work, and leaves nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch

from analysis.records.record import read_run
from benchmarks.errors import UsageError
from benchmarks.options import Machines
from benchmarks.runs import stopwatch
from benchmarks.sweeps import engines, launch, sweep
from benchmarks.sweeps.engines import check_devices
from benchmarks.sweeps.sweep import Task, run_tasks
from tests.benchmarks.small_files import files_in, write_record

ONE = ("smoke", "--only", "q-a2c")


# ------------------------------------------------------------------------ no GPU here


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    # Nothing of a GPU's is to be measured on a CPU.
    monkeypatch.setattr(stopwatch, "measure", None)
    monkeypatch.setattr(engines.Local, "run", None)


@pytest.mark.parametrize("command", ["run", "plan"])
def test_a_gpu_that_is_not_there_is_refused(command, refused, tmp_path, no_gpu):
    words = (*ONE, "--set", "device=cuda", "--results", tmp_path / "results")
    line = refused(command, *words)
    assert line == "device=cuda: no GPU is to be seen here"
    assert not [*tmp_path.iterdir()]


def test_a_run_for_a_gpu_does_not_train_without_one(refused, tiny, run_folder, no_gpu):
    folder = run_folder(tiny("q-a2c", device="cuda"))
    assert refused("train", folder) == "device=cuda: no GPU is to be seen here"
    record = read_run(folder)
    assert (record.status, record.frames) == ("failed", 0)


def test_what_has_run_on_a_gpu_can_be_looked_at_without(call, tmp_path, no_gpu):
    words = (*ONE, "--set", "device=cuda", "--results", tmp_path)
    assert call("status", *words)[0] == 0


def test_on_a_cluster_the_nodes_have_the_gpus(tiny, no_gpu):
    runs = [tiny("q-a2c"), tiny("q-a2c", device="cuda")]
    check_devices(runs, Machines("ray", gpus_per_run=0.5))
    check_devices(runs[:1], Machines("ray"))
    with pytest.raises(UsageError, match="on Ray runs see no GPU without --gpus"):
        check_devices(runs, Machines("ray"))


def test_a_gpu_that_is_there_is_used(tiny, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    check_devices([tiny("q-a2c", device="cuda")], Machines())


# ---------------------------------------------------------------- starts that fail


def test_an_engine_that_does_not_start_leaves_no_run(call, tmp_path, monkeypatch):
    def no_cluster(*given):
        raise UsageError("no cluster there")

    monkeypatch.setattr(engines.Local, "run", no_cluster)
    status, _, err = call("run", *ONE, "--results", tmp_path)
    assert status == 2 and err.endswith("no cluster there\n")
    assert not files_in(tmp_path)


class Ends(Task):
    """A run whose process ends before it trains."""

    def command(self) -> list[str]:
        return [sys.executable, "-c", "import sys; sys.exit(9)"]


def test_a_process_that_ends_before_it_trains_is_a_failure(call, tiny, tmp_path):
    config = tiny("q-a2c")
    task = Ends(tmp_path / "runs" / config.run_id, config=config)
    outcome = run_tasks([task], 1, lambda outcome: None)
    assert outcome.failed == [task.folder]
    record = read_run(task.folder)
    assert (record.status, record.frames) == ("failed", 0)
    said = launch.why_failed(task.folder)
    assert said == "NotBegun: its process ended before, by exit status 9"


def test_a_start_that_fails_is_that_runs_alone(tiny, tmp_path):
    configs = [tiny("q-a2c"), tiny("a2c-naive")]
    tasks = [Ends(tmp_path / each.run_id, config=each) for each in configs]
    tasks[0].folder.write_text("a file where its folder is to be")
    outcome = run_tasks(tasks, 1, lambda outcome: None)
    assert outcome.failed == [task.folder for task in tasks]
    assert tasks[1].attempts == 1
    assert tasks[0].folder.is_file()


def test_a_sweep_that_is_stopped_leaves_nothing_of_what_it_did_not_start(
    tiny, tmp_path, monkeypatch
):
    config = tiny("q-a2c")
    task = Ends(tmp_path / "runs" / config.run_id, config=config)
    monkeypatch.setattr(sweep, "stop_signals", at_once_stopped)
    with pytest.raises(sweep.Interrupted):
        run_tasks([task], 1, lambda outcome: None)
    assert not [*tmp_path.iterdir()]


class at_once_stopped:  # noqa: N801
    """Stands for ``stop_signals``: a signal is there from the beginning."""

    def __enter__(self) -> list[int]:
        return [15]

    def __exit__(self, *error: object) -> None:
        pass


def test_a_run_that_has_not_begun_is_no_part_of_a_study(
    call, tiny, run_folder, tmp_path
):
    begun, waiting = run_folder(tiny("q-a2c")), run_folder(tiny("a2c-naive"))
    write_record(begun)
    assert waiting.exists()
    assert call("export", "smoke", "--results", tmp_path)[0] == 0
    configs = json.loads((tmp_path / "data/smoke/configs.json").read_text())
    assert list(configs) == [begun.name]


# ----------------------------------------------------------------------- the folders


@pytest.fixture
def no_work(monkeypatch):
    """The work of every command is an error."""
    for work in (
        "benchmarks.theory.__main__.main",
        "benchmarks.faults.report.main",
        "benchmarks.speed.comparison.measure_all",
        "benchmarks.speed.cost.measure_all",
        "analysis.claims.build.write_claims",
        "analysis.claims.build.write_scales",
        "analysis.claims.build.write_calibration",
        "analysis.build.draw_figures",
        "analysis.build.write_tables",
        "analysis.build.write_report",
        "analysis.records.exchange.export_study",
        "analysis.records.exchange.merge_studies",
    ):
        monkeypatch.setattr(work, None)


WRITERS = ["theory", "faults", "speed", "cost", "figures", "tables", "report", "export"]
WRITERS += ["claims", "scales", "calibrate"]


@pytest.mark.parametrize("command", [*WRITERS, "merge OTHER"])
def test_where_nothing_can_be_written_no_work_begins(
    command, refused, tmp_path, no_work
):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", Path("/proc/results")):
        line = refused(*command.split(), "--results", place)
        assert line.startswith(f"can't write to {place}")
    assert files_in(tmp_path) == [tmp_path / "file"]


@pytest.mark.parametrize(
    ("command", "part"),
    [
        ("figures", "figures"),
        ("tables", "tables"),
        ("export", "data"),
        ("claims", "claims"),
        ("scales", "reference"),
        ("calibrate", "claims"),
        ("theory", "tables"),
        ("faults", "data"),
    ],
)
def test_every_part_that_will_be_written_is_tried(
    command, part, refused, tmp_path, no_work
):
    (tmp_path / part).write_text("a file where a folder is to be")
    line = refused(command, "--results", tmp_path)
    assert line == f"can't write to {tmp_path / part}: Not a directory"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("speed --repetitions 0", "--repetitions: expected a whole number from 1 on"),
        ("speed --seconds -1", "--seconds: expected a number above 0, not -1"),
        ("speed --seconds nan", "--seconds: expected a number above 0, not nan"),
        ("cost --turns 1", "--turns: expected a whole number from 2 on, not 1"),
        ("cost --seconds 0", "--seconds: expected a number above 0, not 0"),
        ("cost --seconds inf", "--seconds: expected a number above 0, not inf"),
    ],
)
def test_what_can_not_be_measured_is_a_line(words, said, refused, tmp_path, no_work):
    assert refused(*words.split(), "--results", tmp_path / "new").startswith(said)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("command", ["theory", "faults", "speed", "cost"])
def test_a_folder_that_is_new_is_said_to_be(command, call, tmp_path, no_work, capsys):
    with pytest.raises(TypeError):  # the work, which is none here
        call(command, "--results", tmp_path / "new")
    assert capsys.readouterr().err == (
        f"{tmp_path / 'new'} is not there yet: it will be made\n"
    )
    assert not [*tmp_path.iterdir()]


def test_trying_leaves_nothing_behind(refused, tmp_path):
    assert refused("figures", "--results", tmp_path).startswith("no study")
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("content", [None, "folder", "", "[]", "{}", '{"study": 3}'])
def test_what_is_no_run_is_not_trained(content, refused, tmp_path):
    if content == "folder":
        (tmp_path / "config.json").mkdir()
    elif content is not None:
        (tmp_path / "config.json").write_text(content)
    before = [*tmp_path.iterdir()]
    assert "not " in refused("train", tmp_path)
    assert [*tmp_path.iterdir()] == before


def test_a_file_is_no_runs_folder(refused, tmp_path):
    (tmp_path / "file").write_text("")
    line = refused("train", tmp_path / "file")
    assert line == f"{tmp_path}/file: not a run's folder: its config.json is missing"
