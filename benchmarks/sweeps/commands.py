"""``plan``, ``run``, ``status``, ``reproduce``: many runs, or one again.

Light to import: what trains is imported when a command is given.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from benchmarks import show
from benchmarks.errors import UsageError
from benchmarks.options import (
    Care,
    Choice,
    Machines,
    Results,
    SuiteOfOwn,
    Tensorboard,
    runs_at_once,
    whole_number,
)

EachRun = Annotated[bool, arg(help="a line for each run, rather than each arm")]


def plan(choice: Choice, runs: EachRun = False) -> int:
    """Show what would run, what is done, and how long it would take here."""
    from benchmarks.sweeps.display import print_arms, print_plan
    from benchmarks.sweeps.estimate import hours_left, measured_speeds
    from benchmarks.sweeps.launch import checked, warn
    from benchmarks.sweeps.status import kept_in_data, statuses

    configs, jobs = checked(choice, Machines()), runs_at_once(choice.jobs)
    found = statuses(choice.results, configs)  # before what takes a while
    speeds = measured_speeds(choice.results, configs)
    hours = [hours_left(each, speeds, found) for each in found]
    (print_plan if runs else print_arms)(found, hours, jobs)
    _say(kept_in_data(choice.results, found))
    to_make = [each.config for each in found if each.state != "done"]
    warn(to_make, jobs, choice.results)
    return 0


def run(
    choice: Choice, machines: Machines, care: Care, tensorboard: Tensorboard = False
) -> int:
    """Run what is missing of a suite, then draw its figures and tables."""
    from benchmarks.runs.tensorboard_sink import check_tensorboard
    from benchmarks.sweeps.display import LiveTable
    from benchmarks.sweeps.engines import make_engine
    from benchmarks.sweeps.launch import checked, tell_failures, to_do, warn
    from benchmarks.sweeps.sweep import Interrupted

    if tensorboard:
        check_tensorboard()
    engine = make_engine(machines, choice.jobs)
    configs = checked(choice, machines)
    show.check_shown(choice.results, configs[0].study)
    tasks, done, diverged = to_do(choice, configs, care)
    for task in tasks if tensorboard else ():
        task.options += ("--tensorboard",)
    print(f"{done} of {len(configs)} runs are done already")
    to_make = [task.config for task in tasks if task.config]
    warn(to_make, engine.runs_here, choice.results)
    outcome = None
    if tasks:
        try:
            with LiveTable(choice.results, configs) as table:
                outcome = engine.run(tasks, table.update)
        except Interrupted as stop:
            print(_stopped(choice.results, configs[0].study), file=sys.stderr)
            return stop.status
    status = tell_failures(outcome) if outcome else 0
    for run in diverged:
        print(
            f"not tried again: {run.folder.name}: {run.error}; --retry-failed does",
            file=sys.stderr,
        )
    exported = show.show_study(choice.results, configs[0].study)
    return max(status, exported, 1 if diverged else 0)


def _stopped(results: Path, study: str) -> str:
    words = ["export", study]
    if results != Path("results"):
        words += ["--results", str(results)]
    return (
        "stopped; the same command goes on with the rest, and "
        f"`{shlex.join(words)}` brings what has finished into {results / 'data'}"
    )


def status(choice: Choice, runs: EachRun = False) -> int:
    """Show how far a suite is, from its files alone."""
    from benchmarks.sweeps.display import print_arms, print_errors, print_statuses
    from benchmarks.sweeps.estimate import hours_left, known_speeds
    from benchmarks.sweeps.status import kept_in_data, statuses

    jobs = runs_at_once(choice.jobs)
    found = statuses(choice.results, choice.configs())
    if runs:
        print_statuses(found)
    else:
        speeds = known_speeds(choice.results)
        print_arms(found, [hours_left(each, speeds, found) for each in found], jobs)
    print_errors(found)
    _say(kept_in_data(choice.results, found))
    return 0


def reproduce(
    run: Annotated[
        Positional[str],
        arg(metavar="RUN", help="a committed run's id, or how it begins"),
    ],
    frames: Annotated[
        str, arg(metavar="N", help="emulator frames to train: 10M, 1e7")
    ] = "200_000",
    results: Results = Path("results"),
    suite: SuiteOfOwn = None,
) -> int:
    """Train a committed run again: is it identical, and if not, from which game on?"""
    from benchmarks.sweeps.reproduce import reproduce as train_again

    number = whole_number(frames)
    if number is None or number < 1:
        raise UsageError(f"--frames: expected a whole number above 0, not {frames}")
    return train_again(results, run, number, suite)


def _say(line: str) -> None:
    if line:
        print(line)
