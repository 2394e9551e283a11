"""Between a choice of runs and their start: what is refused, what is doubtful."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.options import Care, Choice, Machines
from benchmarks.places import check_writable
from benchmarks.suites.config import RunConfig
from benchmarks.suites.strangers import check_one_suite
from benchmarks.sweeps.engines import check_devices
from benchmarks.sweeps.feasibility import doubts
from benchmarks.sweeps.status import RunStatus, status_of, why_failed
from benchmarks.sweeps.sweep import Outcome, Task


def checked(choice: Choice, machines: Machines) -> list[RunConfig]:
    """Resolve the chosen runs, before any work.

    Raises:
        UsageError: They can't begin here, or would be drawn with another suite's.
    """
    configs = choice.configs()
    check_devices(configs, machines)
    check_writable(choice.results / "runs")
    check_one_suite(choice.results, choice.suite, choice.study)
    return configs


def warn(configs: Sequence[RunConfig], at_once: int, results: Path) -> None:
    """Print what is doubtful about runs, as ``doubts`` finds it."""
    for doubt in doubts(configs, at_once, results):
        print(f"warning: {doubt}", file=sys.stderr)


def to_do(
    choice: Choice, configs: Sequence[RunConfig], care: Care
) -> tuple[list[Task], int, list[RunStatus]]:
    """What to run, how many runs are done, and those that would diverge again."""
    runs = [status_of(choice.results, config) for config in configs]
    done = [run for run in runs if run.state == "done"]
    diverged = [run for run in runs if run.diverged and not care.retry_failed]
    tasks, stall_s = [], care.stall_s()
    for run in runs:
        if run not in done and run not in diverged:
            task = Task(run.folder, run.config.threads, config=run.config)
            task.options = (*care.train_options(), *_suite_words(choice, run.config))
            task.stall_s = stall_s
            tasks.append(task)
    return tasks, len(done), diverged


def _suite_words(choice: Choice, config: RunConfig) -> tuple[str, ...]:
    """By which a run's process finds classes of the user's own, if it has any."""
    return ("--suite", str(Path(choice.suite).resolve())) if config.own else ()


def tell_failures(outcome: Outcome) -> int:
    """Print which runs failed, or are another process's; return the exit status."""
    for folder in outcome.elsewhere:
        print(f"running in another process: {folder.name}", file=sys.stderr)
    for folder in outcome.failed:
        reason = why_failed(folder)
        log = folder / "log.txt"
        print(f"failed: {folder.name}: {reason}: see {log}", file=sys.stderr)
    return 1 if outcome.failed else 0
