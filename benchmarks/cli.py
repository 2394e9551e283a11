"""The command line: what to run, how far it is, what it shows."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import tyro
from tyro.conf import Positional, arg

from analysis.errors import RecordError, StudyNotFoundError
from benchmarks.errors import UsageError
from benchmarks.options import Choice, Jobs, Machines, Results, runs_at_once
from benchmarks.process import HELD_ELSEWHERE, end_with
from benchmarks.show import export, figures, merge, report, show_study, tables

# The heavy imports (torch, SB3, gymnasium) are inside the commands that train:
# figures and tables come from the recorded data alone.


def list_suites() -> int:
    """List the suites, the variants and the games."""
    from algorithms import ALGORITHMS
    from benchmarks.games import GAMES
    from benchmarks.suite import describe, suite_names

    for name in suite_names():
        print(f"{name:10} {describe(name)}")
    print(f"\nvariants:  {', '.join(ALGORITHMS)}")
    print(f"games:     {', '.join(GAMES)}; any other that ale-py has, by --games")
    return 0


def plan(choice: Choice) -> int:
    """Show what would run, what is done, and how long it would take here."""
    from benchmarks.display import print_plan
    from benchmarks.speed import measured_speeds
    from benchmarks.status import statuses

    configs = choice.configs()
    _check_writable(choice.results)
    speeds = measured_speeds(choice.results, configs)
    print_plan(statuses(choice.results, configs), speeds, runs_at_once(choice.jobs))
    return 0


def speed(
    results: Results = Path("results"),
    jobs: Jobs = None,
    repetitions: Annotated[
        int, arg(metavar="N", help="how often everything is measured")
    ] = 3,
    seconds: Annotated[
        float, arg(metavar="S", help="of each measurement, after its warm-up")
    ] = 6.0,
) -> int:
    """Measure training here against stock Stable-Baselines3 and the machine's limit."""
    from benchmarks.peers import compare
    from benchmarks.peers_report import summary, write

    _check_writable(results)
    at_once = runs_at_once(jobs)
    measured = compare(at_once, repetitions, seconds)
    table = summary(measured, at_once)
    print(table.to_string(index=False))
    for path in write(results, measured, table):
        print(path)
    return 0


def run(choice: Choice, machines: Machines) -> int:
    """Run what is missing of a suite, then draw its figures and tables."""
    from benchmarks.display import LiveTable
    from benchmarks.engines import make_engine
    from benchmarks.sweep import Interrupted

    configs, engine = choice.configs(), make_engine(machines, choice.jobs)
    _check_writable(choice.results)
    tasks = _tasks(choice.results, configs)
    print(f"{len(configs) - len(tasks)} of {len(configs)} runs are done already")
    outcome = None
    if tasks:
        try:
            with LiveTable(choice.results, configs) as table:
                outcome = engine.run(tasks, table.update)
        except Interrupted as stop:
            print("stopped; the same command goes on with the rest", file=sys.stderr)
            return stop.status
    status = _report(outcome) if outcome else 0
    show_study(choice.results, configs[0].study)
    return status


def _tasks(results: Path, configs: list[Any]) -> list[Any]:
    from benchmarks.status import run_folder, status_of
    from benchmarks.sweep import Task
    from benchmarks.train import write_config

    tasks = []
    for config in configs:
        if status_of(results, config).state != "done":
            folder = run_folder(results, config)
            write_config(folder, config)
            tasks.append(Task(folder, config.threads))
    return tasks


def _report(outcome: Any) -> int:
    for folder in outcome.elsewhere:
        print(f"running in another process: {folder.name}", file=sys.stderr)
    for folder in outcome.failed:
        print(f"failed: {folder.name}: see {folder / 'log.txt'}", file=sys.stderr)
    return 1 if outcome.failed else 0


def status(choice: Choice) -> int:
    """Show how far a suite is, from its files alone."""
    from benchmarks.display import print_statuses
    from benchmarks.status import statuses

    print_statuses(statuses(choice.results, choice.configs()))
    return 0


def train(
    folder: Annotated[
        Positional[Path], arg(metavar="FOLDER", help="a run's, in results/runs")
    ],
    parent: Annotated[
        int | None,
        arg(metavar="PID", help="end when this process does", help_behavior_hint=""),
    ] = None,
) -> int:
    """Make the one run that FOLDER/config.json describes; run starts these."""
    if parent is not None and not end_with(parent):
        return HELD_ELSEWHERE
    from benchmarks.train import main

    return main(folder)


def theory(
    only: Annotated[
        str | None,
        arg(
            metavar="PATTERN",
            help="checks whose name has this in it; writes nothing without --results",
            help_behavior_hint="",
        ),
    ] = None,
    results: Annotated[
        Path | None,
        arg(metavar="DIR", help="where to write", help_behavior_hint=""),
    ] = None,
) -> int:
    """Check the paper's equations exactly, on bandits and small MDPs."""
    from benchmarks.theory.__main__ import main

    arguments = [] if only is None else ["--only", only]
    arguments += [] if results is None else ["--results", str(results)]
    return main(arguments)


def _check_writable(results: Path) -> None:
    try:
        runs = results / "runs"
        runs.mkdir(parents=True, exist_ok=True)
        probe = runs / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UsageError(f"can't write to {results}: {error.strerror}") from error


COMMANDS: dict[str, Callable[..., int]] = {
    "list": list_suites,
    "plan": plan,
    "run": run,
    "speed": speed,
    "status": status,
    "export": export,
    "merge": merge,
    "figures": figures,
    "tables": tables,
    "report": report,
    "theory": theory,
    "train": train,
}


def main() -> None:
    """Run the command line; a user's mistake is a line, not a traceback."""
    try:
        status = tyro.extras.subcommand_cli_from_dict(
            COMMANDS,
            prog="python -m benchmarks",
            description=__doc__,
            config=(tyro.conf.OmitArgPrefixes, tyro.conf.FlagConversionOff),
        )
    except (UsageError, RecordError, StudyNotFoundError) as error:
        print(error, file=sys.stderr)
        status = 2
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)
