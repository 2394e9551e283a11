"""The command line: what to run, how far it is, what it shows."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from tyro.conf import Positional, arg

from analysis.errors import RecordError, StudyNotFoundError
from analysis.files import write_atomically
from benchmarks.errors import UsageError
from benchmarks.options import Care, Choice, Jobs, Machines, Results, runs_at_once
from benchmarks.process import HELD_ELSEWHERE, end_with
from benchmarks.show import export, figures, merge, report, show_study, tables

PROBE_BYTES = 1 << 16  # a run needs some room to begin with

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
    ] = 3.0,
) -> int:
    """Measure training here against stock Stable-Baselines3 and the machine's limit."""
    from benchmarks.comparison import measure_all

    _check_writable(results)
    found = measure_all(runs_at_once(jobs), repetitions, seconds)
    contents = found.data_files() | found.table_files() | found.figure_files()
    write_atomically({results / path: data for path, data in contents.items()})
    print((results / "tables" / "speed.md").read_text())
    for path in contents:
        print(results / path)
    return 0


def cost(
    results: Results = Path("results"),
    turns: Annotated[
        int, arg(metavar="N", help="turns of training, with and without the record")
    ] = 16,
    seconds: Annotated[float, arg(metavar="S", help="of each turn")] = 4.0,
) -> int:
    """Measure what records and checkpoints take of training; needs 10 GB of memory."""
    from analysis.files import write_atomically
    from benchmarks.cost import measure_all

    _check_writable(results)
    costs = measure_all(results, turns, seconds)
    files = costs.data_files() | costs.table_files()
    write_atomically({results / path: data for path, data in files.items()})
    for path in files:
        print(results / path)
    return 0


def run(choice: Choice, machines: Machines, care: Care) -> int:
    """Run what is missing of a suite, then draw its figures and tables."""
    from benchmarks.display import LiveTable
    from benchmarks.engines import make_engine
    from benchmarks.sweep import Interrupted

    configs, engine = choice.configs(), make_engine(machines, choice.jobs)
    _check_writable(choice.results)
    tasks, done, diverged = _tasks(choice.results, configs, care)
    print(f"{done} of {len(configs)} runs are done already")
    outcome = None
    if tasks:
        try:
            with LiveTable(choice.results, configs) as table:
                outcome = engine.run(tasks, table.update)
        except Interrupted as stop:
            print("stopped; the same command goes on with the rest", file=sys.stderr)
            return stop.status
    status = _report(outcome) if outcome else 0
    for run in diverged:
        print(
            f"not tried again: {run.folder.name}: {run.error}; --retry-failed does",
            file=sys.stderr,
        )
    show_study(choice.results, configs[0].study)
    return 1 if diverged else status


def _tasks(
    results: Path, configs: list[Any], care: Care
) -> tuple[list[Any], int, list[Any]]:
    """What to run, how many runs are done, and those that would diverge again."""
    from benchmarks.status import status_of
    from benchmarks.sweep import Task
    from benchmarks.train import write_config

    runs = [status_of(results, config) for config in configs]
    done = [run for run in runs if run.state == "done"]
    diverged = [run for run in runs if run.diverged and not care.retry_failed]
    tasks, stall_s = [], care.stall_s()
    for run in runs:
        if run not in done and run not in diverged:
            write_config(run.folder, run.config)
            task = Task(run.folder, run.config.threads)
            task.options, task.stall_s = care.train_options(), stall_s
            tasks.append(task)
    return tasks, len(done), diverged


def _report(outcome: Any) -> int:
    from benchmarks.status import why_failed

    for folder in outcome.elsewhere:
        print(f"running in another process: {folder.name}", file=sys.stderr)
    for folder in outcome.failed:
        reason = why_failed(folder)
        log = folder / "log.txt"
        print(f"failed: {folder.name}: {reason}: see {log}", file=sys.stderr)
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
    resume: Annotated[
        Literal["strict", "statistical"], arg(help="as for run")
    ] = "strict",
) -> int:
    """Make the one run that FOLDER/config.json describes; run starts these."""
    if parent is not None and not end_with(parent):
        return HELD_ELSEWHERE
    from benchmarks.train import main

    return main(folder, resume)


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


def faults(
    only: Annotated[
        str | None,
        arg(
            metavar="PATTERN",
            help="faults whose name has this in it; writes nothing without --results",
            help_behavior_hint="",
        ),
    ] = None,
    results: Annotated[
        Path | None,
        arg(metavar="DIR", help="where to write", help_behavior_hint=""),
    ] = None,
    jobs: Jobs = None,
) -> int:
    """Inject faults into real short runs, and write what was observed."""
    from benchmarks.faults.report import main

    return main(only, results, runs_at_once(jobs))


def replicates(
    game: Annotated[str, arg(help="which game")] = "Breakout",
    only: Annotated[str, arg(metavar="VARIANT", help="which variant")] = "a2c-naive",
    seeds: Annotated[int, arg(help="how many seeds, from 0")] = 3,
    frames: Annotated[int, arg(help="emulator frames of each run")] = 40_000,
) -> int:
    """Train short runs: do those with one seed share all games, the others none?"""
    from benchmarks.replicates import compare
    from benchmarks.suite import Selection, load_suite

    if seeds < 2:
        raise UsageError(f"--seeds: expected at least 2, not {seeds}")
    chosen = Selection(games=[game], only=[only], seeds=seeds, frames=frames)
    runs = load_suite("atari", chosen)
    good, lines = compare(runs[0], [run.seed for run in runs])
    print("\n".join(lines))
    return 0 if good else 1


def _check_writable(results: Path) -> None:
    runs = results / "runs"
    probe = runs / f".writable-{os.getpid()}"
    try:
        runs.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(bytes(PROBE_BYTES))
    except OSError as error:
        raise UsageError(f"can't write to {results}: {error.strerror}") from error
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)


COMMANDS: dict[str, Callable[..., int]] = {
    "list": list_suites,
    "plan": plan,
    "run": run,
    "speed": speed,
    "cost": cost,
    "status": status,
    "export": export,
    "merge": merge,
    "figures": figures,
    "tables": tables,
    "report": report,
    "theory": theory,
    "faults": faults,
    "replicates": replicates,
    "train": train,
}


def main() -> None:
    """Run the command line; a user's mistake is a line, not a traceback."""
    try:
        status = tyro.extras.subcommand_cli_from_dict(
            COMMANDS,
            prog="python -m benchmarks",
            description=__doc__,
            config=(tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff),
        )
    except (UsageError, RecordError, StudyNotFoundError) as error:
        print(error, file=sys.stderr)
        status = 2
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)
