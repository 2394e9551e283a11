"""The most memory that a DQN run takes, when its replay memory is full."""

from __future__ import annotations

import json
import sys

import numpy as np
import pandas as pd

from algorithms.dqn import HardDQN
from benchmarks.runs.build import make_model
from benchmarks.runs.machine import prepare
from benchmarks.speed.apart import measured, peak_mb
from benchmarks.speed.full_memory import repeat
from benchmarks.suites.suite import Selection, load_suite

VARIANTS = ("dqn-hard", "dqn-soft-entropy-5step")
# A suite of each family, and the game that is played.
PLAYED = {"Atari": ("paper", "Pong"), "MinAtar": ("minatar", "MinAtar/Breakout")}
PLAYED_STEPS = 5_000
UPDATES = 100


def probe(games: str, variant: str) -> dict[str, float]:
    """Train a run of a family's settings on a full memory; return its peak."""
    prepare(threads=1)
    suite, game = PLAYED[games]
    chosen = Selection([game], [variant], seeds=1, values={"n_envs": 1})
    model = make_model(load_suite(suite, chosen)[0])
    assert isinstance(model, HardDQN)
    model.learn(PLAYED_STEPS)
    repeat(model.replay_buffer)
    for _ in range(UPDATES):
        model.train(1, model.batch_size)
    rows = int(np.minimum(model.replay_buffer.head, model.replay_buffer.rows).sum())
    return {"rows": rows, "updates": UPDATES, "peak_mb": peak_mb()}


def measure_memory(games: str) -> pd.DataFrame:
    """Measure the runs one after the other, each in a process of its own."""
    rows = []
    for variant in VARIANTS:
        found = measured("benchmarks.speed.memory", games, variant)
        rows.append({"variant": variant, **found})
        print(variant, f"{rows[-1]['peak_mb']:,.0f} MB", flush=True)
    return pd.DataFrame(rows)


if __name__ == "__main__":
    print(json.dumps(probe(*sys.argv[1:])))
