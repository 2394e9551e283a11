"""A suite minus what is done: processes on this machine, as many as it has cores."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.process import HELD_ELSEWHERE, STOPPED, stop_signals

LOG_FILE = "log.txt"
MAX_ATTEMPTS = 3  # of a run that a signal killed; one that raised is not tried again
POLL_S = 0.2
GRACE_S = 60.0  # for a checkpoint
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass
class Task:
    """A run to be made: its folder, which holds its configuration, and its threads."""

    folder: Path
    threads: int = 1
    attempts: int = 0
    process: subprocess.Popen | None = field(default=None, repr=False)

    def command(self) -> list[str]:
        """Return the command that makes the run, and ends when this process does."""
        python = [sys.executable, "-m", "benchmarks", "train"]
        return [*python, str(self.folder), "--parent", str(os.getpid())]

    def start(self) -> None:
        """Start the run's process, its output to its own log."""
        self.attempts += 1
        threads = dict.fromkeys(THREAD_VARIABLES, str(self.threads))
        with (self.folder / LOG_FILE).open("a") as log:
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Its own session: a Ctrl-C in the terminal reaches the driver alone.
                start_new_session=True,
                env=os.environ | threads,
            )


@dataclass
class Outcome:
    """What became of the runs of one sweep."""

    done: list[Path] = field(default_factory=list)
    failed: list[Path] = field(default_factory=list)
    elsewhere: list[Path] = field(default_factory=list)


class Interrupted(BaseException):
    """The user or the system asked the sweep to stop; ``status`` is the exit's."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal_number)
        self.status = 128 + signal_number


def run_local(
    tasks: Sequence[Task], jobs: int, on_tick: Callable[[Outcome], None]
) -> Outcome:
    """Run tasks, ``jobs`` at a time; a failure ends that run alone.

    A run that a signal ends (killed, out of memory, asked to stop) is started again,
    up to three times in all, and goes on from its checkpoint. ``on_tick`` is called
    several times a second.

    Raises:
        Interrupted: On SIGINT or SIGTERM, after every child has ended.
    """
    waiting, outcome = list(tasks), Outcome()
    running: list[Task] = []
    with stop_signals() as received:
        try:
            while waiting or running:
                if received:
                    raise Interrupted(received[0])
                while waiting and len(running) < jobs:
                    running.append(waiting.pop(0))
                    running[-1].start()
                time.sleep(POLL_S)
                for task in [t for t in running if _status(t) is not None]:
                    running.remove(task)
                    if _killed(task) and task.attempts < MAX_ATTEMPTS:
                        waiting.insert(0, task)
                    else:
                        _sort(task, outcome)
                on_tick(outcome)
        finally:
            _stop(running)
    return outcome


def _status(task: Task) -> int | None:
    """Exit status, negative where a signal ended it; None while the process runs."""
    return task.process.poll() if task.process else None


def _killed(task: Task) -> bool:
    status = _status(task)
    return status is not None and (status < 0 or status == STOPPED)


def _sort(task: Task, outcome: Outcome) -> None:
    status = _status(task)
    if status == 0:
        outcome.done.append(task.folder)
    elif status == HELD_ELSEWHERE:
        outcome.elsewhere.append(task.folder)
    else:
        outcome.failed.append(task.folder)


def _stop(running: Sequence[Task]) -> None:
    """End what still runs: politely, then surely."""
    processes = [task.process for task in running if task.process]
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + GRACE_S
    for process in processes:
        try:
            process.wait(max(deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
