"""Real runs of seconds, with checkpoints far more often than is of use."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.runs.train import POLICY_FILE, write_config
from benchmarks.suites.suite import Selection, load_suite
from benchmarks.sweeps.sweep import Task

# Appends its first and then its latest frame to a file of this attempt's own: what was
# really trained is known even of a process that is killed.
CHILD = """
import os, sys, pathlib, time
from benchmarks.runs.process import end_with
end_with(int(sys.argv[3])) or sys.exit(75)
from benchmarks.runs import checkpoint, tracking, train
checkpoint.INTERVAL_S = float(sys.argv[2])
folder = pathlib.Path(sys.argv[1])
note = os.open(folder / f"attempt-{time.time_ns()}", os.O_CREAT | os.O_WRONLY)
on_step, first = tracking.RecordCallback._on_step, []
def noting(self):
    now = time.time()
    first or first.append((self.num_timesteps - self.training_env.num_envs, now))
    line = f"{first[0][0]} {self.num_timesteps} {first[0][1]} {now}\\n"
    os.pwrite(note, line.encode(), 0)
    return on_step(self)
tracking.RecordCallback._on_step = noting
sys.exit(train.main(folder))
"""
BOTH = {"max_frames": 1200, "log_interval": 800}
DQN = {"buffer_size": 700, "learning_starts": 200, "target_update_interval": 90}


@dataclass
class RealTask(Task):
    """A run's own process, less the ten minutes between checkpoints."""

    interval_s: float = 1e9

    def command(self) -> list[str]:
        words = (self.folder, self.interval_s, os.getpid())
        return [sys.executable, "-c", CHILD, *map(str, words)]


@dataclass(frozen=True)
class Attempt:
    """What one process trained of a run."""

    steps: int
    seconds: float


def real_tasks(
    root: Path,
    games: list[str],
    variants: list[str],
    seeds: int,
    frames: int,
    **options: Any,
) -> list[RealTask]:
    """Make the folders of new runs, and the tasks to make them."""
    has_dqn = any(variant.startswith("dqn") for variant in variants)
    values = BOTH | {"n_envs": 4} | (DQN if has_dqn else {})
    chosen = Selection(games, variants, seeds, frames=frames, values=values)
    tasks = []
    for config in load_suite("smoke", chosen):
        write_config(root / config.run_id, config)
        tasks.append(RealTask(root / config.run_id, **options))
    return tasks


def attempts(folder: Path) -> list[Attempt]:
    """What every process of a run trained, in their order; those that never began."""
    found = []
    for path in sorted(folder.glob("attempt-*")):
        if cells := path.read_text().split("\n")[0].split():
            first, last, began, ended = map(float, cells)
            found.append(Attempt(int(last - first), ended - began))
    return found


def record(folder: Path) -> tuple[Any, ...]:
    """Everything of a run that must not depend on where and when it was made."""
    policy = torch.load(folder / POLICY_FILE, weights_only=True)
    return (
        (folder / "episodes.csv").read_bytes(),
        (folder / "metrics.csv").read_bytes(),
        {name: tensor.tolist() for name, tensor in policy.items()},
    )
