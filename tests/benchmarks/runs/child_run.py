"""A run's process as tests want it: soon there, and telling from which step it goes on.

A server that has imported everything forks it. It shares nothing with other processes
of the run but the run's folder.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

STEPS_FILE = "steps.txt"  # where each of the run's processes began, and has saved
NEW = -1
CONTEXT = multiprocessing.get_context("forkserver")
# The last two are imported when a run begins: that takes seconds of each process.
CONTEXT.set_forkserver_preload(["benchmarks.runs.train", "torch._dynamo", "wandb"])


def start(folder: Path, interval_s: float = 0.3) -> BaseProcess:
    """Start a run that checkpoints far more often than is of use."""
    process = CONTEXT.Process(target=_train, args=(folder, interval_s))
    process.start()
    return process


def begun_at(folder: Path) -> list[int]:
    """Return the steps that the processes of a run went on from; NEW is from none."""
    return [step for word, step in _noted(folder) if word == "began"]


def has_got_on(folder: Path) -> bool:
    """Whether the latest process has saved more than it began with."""
    return _noted(folder)[-1][1] > max(begun_at(folder)[-1], 0)


def _noted(folder: Path) -> list[tuple[str, int]]:
    lines = (folder / STEPS_FILE).read_text().splitlines()
    return [(word, int(step)) for word, step in map(str.split, lines)]


def _note(folder: Path, word: str, state: Mapping[str, Any] | None) -> None:
    step = state["counters"]["num_timesteps"] if state else NEW
    with (folder / STEPS_FILE).open("a") as steps:
        steps.write(f"{word} {step}\n")


def _train(folder: Path, interval_s: float) -> None:
    from benchmarks.runs import checkpoint, train

    def load(folder: Path) -> dict[str, Any] | None:
        state = load_really(folder)
        _note(folder, "began", state)
        return state

    def save(folder: Path, state: Mapping[str, Any], *more: Any) -> None:
        save_really(folder, state, *more)
        _note(folder, "saved", state)

    load_really, checkpoint.load = checkpoint.load, load
    save_really, checkpoint.save = checkpoint.save, save
    checkpoint.INTERVAL_S = interval_s
    with Path(os.devnull).open("w") as sys.stdout:
        sys.exit(train.main(folder))
