"""A sweep by its arms: what the lines of plan and status say of the runs' files."""

from __future__ import annotations

import json
import re
from datetime import datetime

import pytest

from benchmarks.runs.process import held
from benchmarks.runs.processor import processor_id
from benchmarks.runs.train import write_config
from benchmarks.suites.suite import Selection, load_suite
from benchmarks.sweeps import display, estimate
from benchmarks.sweeps.arms import by_arm, hours_at_once, together
from benchmarks.sweeps.status import run_folder, statuses

FRAMES = 3_600_000
CHOICE = ("smoke", "--only", "a2c-naive", "q-a2c", "--seeds", 3, "--frames", FRAMES)


@pytest.fixture
def configs():
    chosen = Selection(only=["a2c-naive", "q-a2c"], seeds=3, frames=FRAMES)
    return load_suite("smoke", chosen)


@pytest.fixture
def results(tmp_path, configs):
    """Six runs at 1000 frames/s: one done, one failed half-way, one begun, as said."""
    (tmp_path / "runs").mkdir()
    known = {"a2c Atari exact cpu 16 1 float32": 1000.0}
    measured = {"processor": processor_id(), "frames_per_second": known}
    (tmp_path / "runs" / "speed.json").write_text(json.dumps(measured))
    naive = [config for config in configs if config.variant == "a2c-naive"]
    folders = [run_folder(tmp_path, config) for config in naive]
    for folder, config in zip(folders, naive, strict=True):
        write_config(folder, config)
    done = {"frames": FRAMES, "frames_per_second": 2000.0}
    (folders[0] / "done.json").write_text(json.dumps(done))
    failed = {"error": "OSError: full", "frames": FRAMES // 2}
    (folders[1] / "failed.json").write_text(json.dumps(failed))
    (folders[1] / "checkpoint.pt").write_bytes(b"")
    return tmp_path


def rows(out: str) -> dict[str, dict[str, str]]:
    """The table of arms: column by column, of each variant and of all."""
    cells = [re.split(r"\s{2,}", line.strip()) for line in out.splitlines()]
    (head,) = (n for n, row in enumerate(cells) if row[0] == "arm")
    table = [row for row in cells[head + 1 :] if len(row) == len(cells[head])]
    return {
        row[0].partition(" (")[0]: dict(zip(cells[head], row, strict=True))
        for row in table
    }


EXPECTED = {
    # One is done at twice the speed, which that arm's others are then reckoned by.
    "a2c-naive": ("3", "1", "-", "1", "1", "5,400,000", "10,800,000", "0.75"),
    "q-a2c": ("3", "-", "-", "-", "3", "0", "10,800,000", "3.00"),
    "all": ("6", "1", "-", "1", "4", "5,400,000", "21,600,000", "3.75"),
}


@pytest.mark.parametrize("command", ["plan", "status"])
def test_a_line_an_arm_and_one_for_all(command, results, call):
    status, out, _ = call(command, *CHOICE, "--results", results, "--jobs", 2)
    assert status == 0
    found = rows(out)
    names = ("runs", "done", "running", "failed", "missing", "frames", "of")
    keys = (*names, "hours here")
    assert {a: tuple(r[key] for key in keys) for a, r in found.items()} == EXPECTED
    assert "6 runs: 1 done, 4 missing, 1 failed" in out
    assert not re.search(r"-s\d-", out.partition("OSError")[0].rpartition("\n")[0])


def test_the_end_is_that_of_the_last_run(results, call, monkeypatch):
    class Then(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2026, 11, 29, 23, 30)

    monkeypatch.setattr(display, "datetime", Then)
    _, out, _ = call("plan", *CHOICE, "--results", results, "--jobs", 2)
    # Two at a time, in the order of seeds: 1, 0.25, 1, 0.5, and 1 from 1.25 on.
    said = "about 2.2 hours here with 2 at once: begun now, until "
    assert said + "Monday, 30 November 2026, 01:45" in out


def test_a_run_at_work_counts_as_running(results, configs, call):
    folder = run_folder(results, configs[1])
    write_config(folder, configs[1])
    (folder / "heartbeat").write_text("1800000 training\n")
    with held(folder):
        _, out, _ = call("status", *CHOICE, "--results", results)
    arm = rows(out)["q-a2c"]
    assert (arm["running"], arm["missing"]) == ("1", "2")
    assert (arm["frames"], arm["hours here"]) == ("1,800,000", "2.50")


def test_status_measures_nothing_and_says_what_it_does_not_know(
    results, call, monkeypatch
):
    monkeypatch.setattr(estimate, "measure", lambda config: pytest.fail("measured"))
    (results / "runs" / "speed.json").unlink()
    _, out, _ = call("status", *CHOICE, "--results", results)
    found = rows(out)
    assert [found[arm]["hours here"] for arm in EXPECTED] == ["0.75", "?", "?"]
    assert "not known yet: plan measures it" in out and "until" not in out


@pytest.mark.parametrize("command", ["plan", "status"])
def test_runs_are_shown_one_by_one_on_wish(command, results, configs, call):
    _, out, _ = call(command, *CHOICE, "--results", results, "--runs")
    for config in configs:
        assert re.search(rf"^ {config.run_id} ", out, re.MULTILINE)


def test_what_is_done_needs_no_time(results, configs, call):
    for config in configs:
        folder = run_folder(results, config)
        write_config(folder, config)
        done = {"frames": FRAMES, "frames_per_second": 2000.0}
        (folder / "done.json").write_text(json.dumps(done))
    _, out, _ = call("plan", *CHOICE, "--results", results)
    assert rows(out)["all"]["hours here"] == "0.00"
    assert "6 runs: 6 done" in out and "about" not in out


def test_a_changed_setting_is_another_arm(results, configs):
    plain = load_suite("smoke", Selection(only=["q-a2c"]))
    changed = load_suite("smoke", Selection(only=["q-a2c"], values={"gamma": 0.9}))
    runs = statuses(results, [*plain, *changed, *plain])
    labels = [arm.label for arm in by_arm(runs, [None] * len(runs))]
    assert labels == ["q-a2c", "q-a2c (gamma=0.9)"]


@pytest.mark.parametrize(
    ("hours", "at_once", "until"),
    [([1, 1, 1, 1], 2, 2), ([1, 1, 5], 3, 5), ([3, 1, 1, 1], 2, 3), ([2], 1, 2)],
)
def test_a_run_begins_when_another_ends(hours, at_once, until, configs, results):
    runs = statuses(results, configs)[: len(hours)]
    assert hours_at_once(runs, hours, at_once) == until


def test_frames_beyond_the_plan_are_not_counted(results, configs):
    """The last rollout may end after it."""
    folder = run_folder(results, configs[0])
    done = {"frames": FRAMES + 320, "frames_per_second": 1.0}
    (folder / "done.json").write_text(json.dumps(done))
    (run,) = statuses(results, configs[:1])
    assert together("all", [(run, 0.0)]).frames == FRAMES
