"""A run's process as tests want it: soon there, and telling from which step it goes on.

A server that has imported everything forks it. It shares nothing with other processes
of the run but the run's folder.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

STEPS_FILE = "steps.txt"  # where each of the run's processes began
NEW = -1
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["benchmarks.train"])


def start(folder: Path, interval_s: float = 0.3) -> BaseProcess:
    """Start a run that checkpoints far more often than is of use."""
    process = CONTEXT.Process(target=_train, args=(folder, interval_s))
    process.start()
    return process


def begun_at(folder: Path) -> list[int]:
    """Return the steps that the processes of a run went on from; NEW is from none."""
    return [int(line) for line in (folder / STEPS_FILE).read_text().splitlines()]


def _train(folder: Path, interval_s: float) -> None:
    from benchmarks import checkpoint, train

    def load(folder: Path) -> dict[str, Any] | None:
        state = original(folder)
        with (folder / STEPS_FILE).open("a") as steps:
            print(state["counters"]["num_timesteps"] if state else NEW, file=steps)
        return state

    original, checkpoint.load = checkpoint.load, load
    checkpoint.INTERVAL_S = interval_s
    with Path(os.devnull).open("w") as sys.stdout:
        sys.exit(train.main(folder))
