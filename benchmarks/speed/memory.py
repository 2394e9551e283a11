"""The most memory that a DQN run takes, when its replay memory is full."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd

from algorithms.dqn import HardDQN
from algorithms.replay import PathReplayBuffer
from benchmarks.runs.build import make_model
from benchmarks.runs.machine import prepare
from benchmarks.speed.peers import peak_mb
from benchmarks.suites.suite import Selection, load_suite

VARIANTS = ("dqn-hard", "dqn-soft-entropy-5step")
PLAYED_STEPS = 5_000
UPDATES = 100


def fill(memory: PathReplayBuffer) -> None:
    """Repeat the rows that a memory has until every one of its rows is written."""
    (played,) = memory.head
    arrays = [memory.frames, *(getattr(memory, name) for name in memory.ARRAYS)]
    for array in arrays:
        for begin in range(played, memory.rows, played):
            part = array[0, begin : begin + played]
            part[:] = array[0, : len(part)]
    memory.head[:] = memory.rows


def probe(variant: str) -> dict[str, float]:
    """Train a run of the paper's settings on a full memory; return its peak."""
    prepare(threads=1)
    chosen = Selection(games=["Pong"], only=[variant], seeds=1)
    model = make_model(load_suite("paper", chosen)[0])
    assert isinstance(model, HardDQN)
    model.learn(PLAYED_STEPS)
    fill(model.replay_buffer)
    for _ in range(UPDATES):
        model.train(1, model.batch_size)
    rows = int(np.minimum(model.replay_buffer.head, model.replay_buffer.rows).sum())
    return {"rows": rows, "updates": UPDATES, "peak_mb": peak_mb()}


def measure_memory() -> pd.DataFrame:
    """Measure the runs one after the other, each in a process of its own."""
    rows = []
    for variant in VARIANTS:
        command = [sys.executable, "-m", "benchmarks.speed.memory", variant]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        rows.append({"variant": variant, **json.loads(done.stdout)})
        print(variant, f"{rows[-1]['peak_mb']:,.0f} MB", flush=True)
    return pd.DataFrame(rows)


if __name__ == "__main__":
    print(json.dumps(probe(sys.argv[1])))
