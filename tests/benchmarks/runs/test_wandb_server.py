"""Every row of a run arrives at a W&B server: a small one, on this machine."""

from __future__ import annotations

import math
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.records.record import read_run
from benchmarks.runs.recorded_rows import recorded_rows
from tests.benchmarks.runs.wandb_server import Server

ROOT = Path(__file__).parents[3]
KEY = "0123456789abcdef0123456789abcdef01234567"
DEADLINE_S = 900
# Checkpoints at the 1000th step and the 2000th; kills itself at the given one. W&B gets
# all the time that it needs on a busy machine.
CHILD = """
import os, sys
from pathlib import Path
from benchmarks.runs import checkpoint, train, wandb_sink
wandb_sink.WANDB_PATIENCE_S = 300.0
callback = checkpoint.CheckpointCallback
on_rollout_start = callback._on_rollout_start
def at_steps(self):
    if self.num_timesteps == int(sys.argv[2]):
        os.kill(os.getpid(), 9)
    due = self.num_timesteps in (1000, 2000)
    self.interval_s = 0.0 if due else 1e9
    on_rollout_start(self)
callback._on_rollout_start = at_steps
sys.exit(train.main(Path(sys.argv[1])))
"""
NEVER = -1
TIMES = ("time/seconds", "time/steps_per_second")


@pytest.fixture
def server():
    with Server() as server:
        yield server


def environment(server: Server, mode: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("WANDB_")}
    access = {"WANDB_BASE_URL": server.url, "WANDB_API_KEY": KEY, "WANDB_MODE": mode}
    return kept | access | {"OMP_NUM_THREADS": "1"}


def make(folder: Path, variables: dict[str, str], killed_at: int = NEVER) -> None:
    command = [sys.executable, "-c", CHILD, str(folder), str(killed_at)]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        env=variables,
        cwd=ROOT,
        timeout=DEADLINE_S,
    )
    assert done.returncode == (0 if killed_at == NEVER else -signal.SIGKILL)


def sync(results: Path, server: Server) -> subprocess.CompletedProcess[str]:
    """Give the README's command, with its paths as the shell expands them."""
    (words,) = re.findall(r"`wandb sync (\S+)`", (ROOT / "README.md").read_text())
    paths = sorted(results.glob(words.removeprefix("results/")))
    command = [sys.executable, "-m", "wandb", "sync", *map(str, paths)]
    return subprocess.run(
        command,
        cwd=results,
        env=environment(server, "online"),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
    )


def assert_complete(server: Server, folder: Path) -> None:
    """Each row of the record is at the server, once, in order, as it is on disk."""
    arrived = server.history(folder.name)
    recorded = recorded_rows(folder)
    record = read_run(folder)
    assert len(recorded) == len(record.episodes) + len(record.metrics) > 5
    assert [without_times(row) for row in arrived] == [
        without_times(row) for row in recorded
    ]
    assert sum(TIMES[0] in row for row in arrived) == len(record.metrics)
    config = server.configs[folder.name]
    assert config["run_id"]["value"] == folder.name


def without_times(row):
    """A resumed run trains rows again: all but their wall time is the same."""
    kept = {k: v for k, v in row.items() if k not in TIMES}
    assert all(math.isfinite(value) for value in kept.values())
    return kept


@pytest.mark.parametrize("killed", [False, True])
def test_online_every_row_arrives_once(killed, server, tiny, run_folder):
    frames = 12_000 if killed else 1_600
    folder = run_folder(tiny("q-a2c", frames=frames), "results/runs")
    variables = environment(server, "online")
    if killed:
        make(folder, variables, killed_at=1300)
    make(folder, variables)
    assert_complete(server, folder)
    assert not list(folder.glob("wandb/offline-run-*"))


def test_offline_runs_are_sent_later_by_one_command(server, tiny, run_folder):
    variables = environment(server, "offline")
    killed = run_folder(tiny("q-a2c", frames=12_000), "results/runs")
    calm = run_folder(tiny("a2c-naive"), "results/runs")
    make(killed, variables, killed_at=1300)
    make(killed, variables, killed_at=2300)
    for folder in (killed, calm):
        make(folder, variables)
        assert len(list(folder.glob("wandb/offline-run-*"))) == 1
    assert not server.rows
    done = sync(killed.parents[1], server)
    assert done.returncode == 0 and "ERROR" not in done.stderr, done.stderr
    for folder in (killed, calm):
        assert_complete(server, folder)
    sent = dict(server.sent)
    assert sync(killed.parents[1], server).returncode == 0
    assert server.sent == sent, "what is there is not sent again"
