"""How ``run`` ends, and what it says of what it leaves."""

from __future__ import annotations

import shlex
import signal
from pathlib import Path

import pytest

from benchmarks.suites.suite import Selection, load_suite
from benchmarks.sweeps import engines
from benchmarks.sweeps.commands import _stopped
from benchmarks.sweeps.sweep import Interrupted

WORDS = ("smoke", "--only", "q-a2c", "--frames", 1600)
(CONFIG,) = load_suite("smoke", Selection(only=["q-a2c"], frames=1600))


@pytest.fixture
def trained(monkeypatch):
    """Nothing is trained: what is in the folders of runs is all there will be."""
    monkeypatch.setattr(engines.Local, "run", lambda *given: engines.Outcome())


@pytest.fixture
def record(run_folder):
    """Write the run's first game, as if it had that return."""

    def write(game_return: float) -> None:
        head = "frames,env,game_return,length_frames\n"
        (run_folder(CONFIG) / "episodes.csv").write_text(
            f"{head}400,0,{game_return},400\n"
        )

    return write


def test_a_record_that_could_not_be_exported_is_in_the_exit_status(
    call, tmp_path, trained, record
):
    record(-2.0)
    assert call("run", *WORDS, "--results", tmp_path)[0] == 0
    record(-3.0)
    status, _, err = call("run", *WORDS, "--results", tmp_path)
    assert f"conflict, ours is kept: {CONFIG.run_id}" in err
    assert status == 1


def test_a_stopped_sweep_says_how_what_has_finished_is_exported(
    call, tmp_path, monkeypatch, record
):
    def stopped(*given):
        raise Interrupted(signal.SIGTERM)

    monkeypatch.setattr(engines.Local, "run", stopped)
    record(-2.0)
    results = tmp_path / "my results"
    results.mkdir()
    (tmp_path / "runs").rename(results / "runs")
    status, _, err = call("run", *WORDS, "--results", results)
    assert status == 128 + signal.SIGTERM
    (line,) = [line for line in err.splitlines() if line.startswith("stopped")]
    assert line.endswith(f" brings what has finished into {results / 'data'}")
    assert not (results / "data/smoke").exists()
    words = shlex.split(line.split("`")[1])
    assert words[0] == "export"
    assert call(*words)[0] == 0
    assert (results / "data/smoke/runs.csv").exists()


def test_a_stopped_sweep_names_no_folder_that_is_the_usual_one():
    assert _stopped(Path("results"), "atari") == (
        "stopped; the same command goes on with the rest, and `export atari` brings "
        "what has finished into results/data"
    )
