"""A suite minus what is done: as processes on this machine, or wherever tasks go."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.runs.failure import fail, note_failure, note_silent_end
from benchmarks.runs.heartbeat import Watch, read_heartbeat
from benchmarks.runs.process import HELD_ELSEWHERE, STOPPED, stop_signals
from benchmarks.runs.train import write_config
from benchmarks.suites.config import RunConfig

LOG_FILE = "log.txt"
MAX_ATTEMPTS = 3  # of a run that a signal killed; one that raised is not tried again
POLL_S = 0.2
STALL_S = 600.0
GRACE_S = 60.0  # for a checkpoint
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass
class Task:
    """A run to be made: its folder, its threads, and its configuration.

    The folder is made when the run starts, with the configuration in it, unless it is
    there already: a sweep that never comes to a run leaves nothing of it. ``gpu`` is
    the one GPU that it sees, as CUDA_VISIBLE_DEVICES names it; ``options`` are further
    words of its command. A run without progress for ``stall_s`` seconds is
    killed.
    """

    folder: Path
    threads: int = 1
    gpu: str | None = None
    options: tuple[str, ...] = ()
    stall_s: float = STALL_S
    config: RunConfig | None = None
    attempts: int = 0
    process: subprocess.Popen | None = field(default=None, repr=False)
    watch: Watch | None = field(default=None, repr=False)

    def command(self) -> list[str]:
        """Return the command that makes the run, and ends when this process does."""
        python = [sys.executable, "-m", "benchmarks", "train"]
        return [*python, str(self.folder), "--parent", str(os.getpid()), *self.options]

    def start(self) -> None:
        """Start the run's process, its output to its own log."""
        self.attempts += 1
        if self.config is not None:
            write_config(self.folder, self.config)
        self.watch = Watch(self.folder, self.stall_s)
        variables = dict.fromkeys(THREAD_VARIABLES, str(self.threads))
        if self.gpu is not None:
            variables["CUDA_VISIBLE_DEVICES"] = self.gpu
        with (self.folder / LOG_FILE).open("a") as log:
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Its own session: a Ctrl-C in the terminal reaches the driver alone.
                start_new_session=True,
                env=os.environ | variables,
            )

    def status(self) -> int | None:
        """Exit status, negative where a signal ended it; None while the run goes on.

        A run that makes no progress is killed here.
        """
        if self.process is None:
            return None
        status = self.process.poll()
        if status is None and self.watch and (stalled := self.watch.stalled()):
            self.process.kill()
            status = self.process.wait()
            self._note_stall(stalled)
        return status

    def _note_stall(self, stalled: str) -> None:
        frames = read_heartbeat(self.folder)[0]
        failed = {"error": f"Stalled: {stalled}", "frames": frames, "diverged": False}
        note_failure(self.folder, failed)
        line = f"killed: {stalled}\n"
        with suppress(OSError), (self.folder / LOG_FILE).open("a") as log:
            log.write(line)
        print(f"{self.folder.name} is {line}", end="", file=sys.stderr)

    def ask_to_stop(self) -> None:
        """Have the run save a checkpoint and end."""
        if self.process:
            self.process.terminate()

    def end(self, within_s: float) -> None:
        """Wait for the run's end; after that time, make it end."""
        if self.process:
            try:
                self.process.wait(within_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


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


def run_tasks(
    tasks: Sequence[Task],
    jobs: int,
    on_tick: Callable[[Outcome], None],
    gpus: Sequence[str] = (),
) -> Outcome:
    """Run tasks, ``jobs`` at a time; a failure ends that run alone.

    A run that a signal ends (killed, out of memory, stalled, asked to stop) is started
    again, up to three times in all, and goes on from its checkpoint. ``on_tick`` is
    called several times a second. Each run sees one of ``gpus``, if there are any: the
    one with the fewest runs.

    Raises:
        Interrupted: On SIGINT or SIGTERM, after every run has ended.
    """
    waiting, outcome = list(tasks), Outcome()
    running: list[Task] = []
    with stop_signals() as received:
        try:
            while waiting or running:
                if received:
                    raise Interrupted(received[0])
                while waiting and len(running) < jobs:
                    task = waiting.pop(0)
                    if gpus:
                        task.gpu = _freest(gpus, running)
                    if _started(task, running):
                        continue
                    outcome.failed.append(task.folder)
                time.sleep(POLL_S)
                for task in list(running):
                    status = task.status()
                    if status is None:
                        continue
                    running.remove(task)
                    if _killed(status) and task.attempts < MAX_ATTEMPTS:
                        waiting.insert(0, task)
                    else:
                        _sort(task, status, outcome)
                on_tick(outcome)
        finally:
            stop(running)
    return outcome


def _started(task: Task, running: list[Task]) -> bool:
    """Start a run; False if that fails, of which its folder tells if it can."""
    running.append(task)
    try:
        task.start()
    except OSError as error:
        running.remove(task)
        fail(task.folder, 0, error)
        return False
    return True


def _freest(gpus: Sequence[str], running: Sequence[Task]) -> str:
    taken = Counter(task.gpu for task in running)
    return min(gpus, key=lambda gpu: taken[gpu])


def _killed(status: int) -> bool:
    return status < 0 or status == STOPPED


def _sort(task: Task, status: int, outcome: Outcome) -> None:
    if status == 0:
        outcome.done.append(task.folder)
    elif status == HELD_ELSEWHERE:
        outcome.elsewhere.append(task.folder)
    else:
        note_silent_end(task.folder, status)
        outcome.failed.append(task.folder)


def stop(running: Sequence[Task]) -> None:
    """End what still runs: politely, then surely."""
    for task in running:
        task.ask_to_stop()
    deadline = time.monotonic() + GRACE_S
    for task in running:
        task.end(max(deadline - time.monotonic(), 0))
