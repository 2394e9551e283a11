"""The command line: what to run, how far it is, what it shows."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import tyro
from tyro.conf import Positional, arg

from analysis.records.errors import RecordError, StudyNotFoundError
from analysis.records.files import write_atomically
from benchmarks.errors import UsageError
from benchmarks.options import (
    Care,
    Choice,
    Jobs,
    Machines,
    Results,
    runs_at_once,
    whole_number,
)
from benchmarks.places import check_results
from benchmarks.runs.process import HELD_ELSEWHERE, end_with
from benchmarks.show import export, figures, merge, report, show_study, tables

# The heavy imports (torch, SB3, gymnasium) are inside the commands that train:
# figures and tables come from the recorded data alone.


def list_suites() -> int:
    """List the suites, the variants and the games."""
    from algorithms import ALGORITHMS
    from benchmarks.games.roms import GAMES
    from benchmarks.suites.suite import describe, suite_names

    for name in suite_names():
        print(f"{name:10} {describe(name)}")
    print(f"\nvariants:  {', '.join(ALGORITHMS)}")
    print(f"games:     {', '.join(GAMES)}; any other that ale-py has, by --games")
    return 0


def plan(choice: Choice) -> int:
    """Show what would run, what is done, and how long it would take here."""
    from benchmarks.sweeps.display import print_plan
    from benchmarks.sweeps.estimate import measured_speeds
    from benchmarks.sweeps.launch import checked, warn
    from benchmarks.sweeps.status import kept_in_data, statuses

    configs, jobs = checked(choice, Machines()), runs_at_once(choice.jobs)
    speeds = measured_speeds(choice.results, configs)
    runs = statuses(choice.results, configs)
    print_plan(runs, speeds, jobs)
    _say(kept_in_data(choice.results, runs))
    to_make = [run.config for run in runs if run.state != "done"]
    warn(to_make, jobs, choice.results)
    return 0


def _say(line: str) -> None:
    if line:
        print(line)


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
    at_once = runs_at_once(jobs)
    check_results(results, "data", "tables", "figures")
    from benchmarks.speed.comparison import measure_all

    found = measure_all(at_once, repetitions, seconds)
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
    check_results(results, "data", "tables")
    from benchmarks.speed.cost import measure_all

    costs = measure_all(results, turns, seconds)
    files = costs.data_files() | costs.table_files()
    write_atomically({results / path: data for path, data in files.items()})
    for path in files:
        print(results / path)
    return 0


def run(choice: Choice, machines: Machines, care: Care) -> int:
    """Run what is missing of a suite, then draw its figures and tables."""
    from benchmarks.sweeps.display import LiveTable
    from benchmarks.sweeps.engines import make_engine
    from benchmarks.sweeps.launch import checked, tell_failures, to_do, warn
    from benchmarks.sweeps.sweep import Interrupted

    engine = make_engine(machines, choice.jobs)
    configs = checked(choice, machines)
    tasks, done, diverged = to_do(choice.results, configs, care)
    print(f"{done} of {len(configs)} runs are done already")
    to_make = [task.config for task in tasks if task.config]
    warn(to_make, engine.runs_here, choice.results)
    outcome = None
    if tasks:
        try:
            with LiveTable(choice.results, configs) as table:
                outcome = engine.run(tasks, table.update)
        except Interrupted as stop:
            print("stopped; the same command goes on with the rest", file=sys.stderr)
            return stop.status
    status = tell_failures(outcome) if outcome else 0
    for run in diverged:
        print(
            f"not tried again: {run.folder.name}: {run.error}; --retry-failed does",
            file=sys.stderr,
        )
    show_study(choice.results, configs[0].study)
    return 1 if diverged else status


def status(choice: Choice) -> int:
    """Show how far a suite is, from its files alone."""
    from benchmarks.sweeps.display import print_statuses
    from benchmarks.sweeps.status import kept_in_data, statuses

    runs = statuses(choice.results, choice.configs())
    print_statuses(runs)
    _say(kept_in_data(choice.results, runs))
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
    if not (folder / "config.json").is_file():
        raise UsageError(f"{folder}: not a run's folder: its config.json is missing")
    from benchmarks.runs.train import main

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
    if results is not None or only is None:
        check_results(results or Path("results"), "data", "tables", "figures")
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
    at_once = runs_at_once(jobs)
    if results is not None or only is None:
        check_results(results or Path("results"), "data", "tables")
    from benchmarks.faults.report import main

    return main(only, results, at_once)


def replicates(
    game: Annotated[str, arg(metavar="GAME", help="which game")] = "Breakout",
    only: Annotated[str, arg(metavar="VARIANT", help="which variant")] = "a2c-naive",
    seeds: Annotated[int, arg(metavar="N", help="how many seeds, from 0")] = 3,
    frames: Annotated[
        int, arg(metavar="N", help="emulator frames of each run")
    ] = 40_000,
) -> int:
    """Train short runs: do those with one seed share all games, the others none?"""
    from benchmarks.runs.replicates import compare
    from benchmarks.suites.suite import Selection, load_suite

    if seeds < 2:
        raise UsageError(f"--seeds: expected at least 2, not {seeds}")
    chosen = Selection(games=[game], only=[only], seeds=seeds, frames=frames)
    runs = load_suite("atari", chosen)
    good, lines = compare(runs[0], [run.seed for run in runs])
    print("\n".join(lines))
    return 0 if good else 1


def reproduce(
    run: Annotated[
        Positional[str],
        arg(metavar="RUN", help="a committed run's id, or how it begins"),
    ],
    frames: Annotated[
        str, arg(metavar="N", help="emulator frames to train: 10M, 1e7")
    ] = "200_000",
    results: Results = Path("results"),
) -> int:
    """Train a committed run again: is it identical, and if not, from which game on?"""
    from benchmarks.sweeps.reproduce import reproduce as train_again

    number = whole_number(frames)
    if number is None or number < 1:
        raise UsageError(f"--frames: expected a whole number above 0, not {frames}")
    return train_again(results, run, number)


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
    "reproduce": reproduce,
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
