"""Sweeps of real runs, of seconds each, through the command line."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis.records.record import read_run
from tests.benchmarks.conftest import TINY

ROOT = Path(__file__).parents[2]
BENCHMARKS = [sys.executable, "-m", "benchmarks"]
DEADLINE_S = 300


def environment() -> dict[str, str]:
    variables = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return os.environ | variables | {"WANDB_MODE": "disabled"}


def tiny_command(results: Path, *words: str) -> list[str]:
    values = {**TINY["dqn"], **TINY["a2c"], "n_envs": 1}
    settings = [f"{key}={value}" for key, value in values.items()]
    tail = ["--frames", "1600", "--results", str(results), "--jobs", "2", *words]
    return [*BENCHMARKS, "run", "smoke", "--set", *settings, *tail]


def tiny_sweep(
    results: Path, *words: str, fault: str = ""
) -> subprocess.CompletedProcess[str]:
    command = tiny_command(results, *words)
    if fault:
        command[2:3] = ["benchmarks.faults.inject", fault]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=DEADLINE_S,
        env=environment(),
    )


THREE = ("--only", "a2c-proper", "q-a2c", "dqn-hard")


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """Three runs, by a driver that is stopped, then killed, and then let finish."""
    results = tmp_path_factory.mktemp("swept")
    with subprocess.Popen(
        tiny_command(results, *THREE, "--frames", "100_000_000"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as driver:
        wait_for_games(results, 2)
        driver.send_signal(signal.SIGTERM)
        stopped = (driver.wait(DEADLINE_S), *driver.communicate(timeout=DEADLINE_S))
    shutil.rmtree(results / "runs")
    done = tiny_sweep(results, *THREE)
    return results, stopped, done


def wait_for_games(results: Path, runs: int) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while True:
        files = list(results.glob("runs/*/episodes.csv"))
        if sum(len(file.read_text().splitlines()) > 1 for file in files) >= runs:
            return
        assert time.monotonic() < deadline, "no run has finished a game"
        time.sleep(0.1)


def test_a_stopped_sweep_leaves_no_process(swept):
    _, (status, out, err), _ = swept
    assert status == 128 + signal.SIGTERM
    assert "0 of 3 runs are done already" in out
    (line,) = err.splitlines()
    assert line.startswith("stopped; the same command goes on with the rest, and ")
    for commands in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert str(swept[0]) not in commands.read_text()
        except OSError:
            continue


def test_a_sweep_ends_with_records_figures_and_tables(swept):
    results, _, done = swept
    assert done.returncode == 0, done.stderr
    folders = sorted(results.glob("runs/*-s0-*"))
    assert [read_run(folder).status for folder in folders] == ["done"] * 3
    assert "0 of 3 runs are done already" in done.stdout
    assert "3 runs: 3 done" in done.stdout
    names = ("figures/smoke/figure_3.png", "tables/smoke/scores.csv")
    for name in (*names, "data/smoke/metrics.csv", "report-smoke.html"):
        assert (results / name).stat().st_size > 0
        assert done.stderr.count("figure_1 is not drawn") == 1


def test_the_same_command_again_trains_nothing(swept):
    results, _, _ = swept
    before = {p: p.stat().st_mtime_ns for p in results.glob("runs/*/*")}
    again = tiny_sweep(results, *THREE)
    assert again.returncode == 0, again.stderr
    assert "3 of 3 runs are done already" in again.stdout
    assert {p: p.stat().st_mtime_ns for p in results.glob("runs/*/*")} == before


def test_status_shows_what_is_done(swept):
    command = tiny_command(swept[0], *THREE, "--runs")
    command[command.index("run")] = "status"
    done = subprocess.run(command, capture_output=True, text=True, env=environment())
    assert done.returncode == 0
    for run in swept[0].glob("runs/*-s0-*"):
        assert re.search(rf"{run.name} +done +1,\d+ +100%", done.stdout)


def test_two_drivers_share_the_work(tmp_path):
    with subprocess.Popen(
        tiny_command(tmp_path, "--only", "dqn-hard", "--frames", "100_000_000"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(),
    ) as first:
        try:
            wait_for_games(tmp_path, 1)
            second = tiny_sweep(
                tmp_path, "--only", "dqn-hard", "--frames", "100_000_000"
            )
            assert first.poll() is None
        finally:
            first.terminate()
    assert second.returncode == 0, second.stderr
    assert "running in another process: dqn-hard-pong-s0-" in second.stderr


def test_a_failed_run_is_listed_with_its_log(tmp_path):
    words = ("--only", "dqn-hard", "--frames", "100M")
    bad = tiny_sweep(tmp_path, *words, fault="nan")
    assert bad.returncode == 1
    (failed,) = re.findall(r"^failed: .*: see (.*log\.txt)$", bad.stderr, re.MULTILINE)
    assert "DivergenceError" in Path(failed).read_text()
    assert "dqn-hard-pong-s0" in bad.stderr
    assert "Traceback" not in bad.stderr
    log = Path(failed).read_bytes()
    again = tiny_sweep(tmp_path, *words)
    assert again.returncode == 1
    assert re.search(r"^not tried again: .*DivergenceError.*; --retry", again.stderr)
    assert Path(failed).read_bytes() == log


@pytest.mark.parametrize("command", ["figures", "tables", "report"])
def test_what_shows_does_not_import_what_trains(command, swept):
    words = [command, "smoke", "--results", str(swept[0])]
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "benchmarks", *words],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        env=environment(),
    )
    assert done.returncode == 0, done.stderr
    imported = set(re.findall(r"\| +(\S+)$", done.stderr, re.MULTILINE))
    assert "pandas" in imported
    assert not imported & {"torch", "stable_baselines3", "gymnasium", "wandb"}
