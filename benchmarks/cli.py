"""The command line: what to run, what it cost, what it shows."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import tyro
from tyro.conf import Positional, arg

# The heavy imports (torch, SB3, gymnasium) are inside the commands that train:
# figures and tables come from the recorded data alone.


@dataclass(frozen=True)
class Choice:
    """Which runs of which suite, and what to change of them."""

    suite: Annotated[Positional[str], arg(help="a suite's name, or its TOML file")]
    games: Annotated[tuple[str, ...] | None, arg(help="instead of the suite's")] = None
    only: Annotated[tuple[str, ...] | None, arg(help="variants to keep")] = None
    seeds: Annotated[int | None, arg(help="number of seeds a variant")] = None
    frames: Annotated[int | None, arg(help="emulator frames a run")] = None
    set: Annotated[
        tuple[str, ...], arg(help="KEY=VALUE ...: settings; changes the runs' ids")
    ] = field(default=())
    results: Annotated[Path, arg(help="folder of all results")] = Path("results")
    jobs: Annotated[int | None, arg(help="runs at once; default: one a core")] = None

    def configs(self) -> list[Any]:
        """Resolve the chosen runs."""
        from benchmarks.suite import Selection, load_suite

        values = dict(_key_value(text) for text in self.set)
        chosen = Selection(self.games, self.only, self.seeds, self.frames, values)
        return load_suite(self.suite, chosen)

    def n_jobs(self) -> int:
        """Return how many runs go at once."""
        if self.jobs is not None and self.jobs < 1:
            raise UsageError(
                f"--jobs: expected a whole number above 0, not {self.jobs}"
            )
        return self.jobs or len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Shown:
    """Which studies to show."""

    studies: Annotated[
        Positional[tuple[str, ...]], arg(help="default: all in results/data")
    ] = ()
    results: Annotated[Path, arg(help="folder of all results")] = Path("results")


class UsageError(ValueError):
    """What the user asked for can't be done; the message says what was expected."""


def _key_value(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--set: expected KEY=VALUE, not {text!r}")
    for read in (lambda text: tomllib.loads(f"x = {text}")["x"], float):
        try:
            return key, read(value)
        except ValueError:
            continue
    return key, value  # a bare word is a string


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
    print_plan(statuses(choice.results, configs), speeds, choice.n_jobs())
    return 0


def run(choice: Choice) -> int:
    """Run what is missing of a suite, then draw its figures and tables."""
    from benchmarks.display import LiveTable
    from benchmarks.status import run_folder, status_of
    from benchmarks.sweep import Interrupted, Task, run_local
    from benchmarks.train import write_config

    configs, jobs = choice.configs(), choice.n_jobs()
    _check_writable(choice.results)
    tasks = []
    for config in configs:
        if status_of(choice.results, config).state != "done":
            folder = run_folder(choice.results, config)
            write_config(folder, config)
            tasks.append(Task(folder, config.threads))
    print(f"{len(configs) - len(tasks)} of {len(configs)} runs are done already")
    try:
        with LiveTable(choice.results, configs) as table:
            outcome = run_local(tasks, jobs, table.update)
    except Interrupted as stop:
        print("stopped; the same command goes on with what is missing", file=sys.stderr)
        return stop.status
    for folder in outcome.failed:
        print(f"failed: {folder.name}: see {folder / 'log.txt'}", file=sys.stderr)
    for folder in outcome.elsewhere:
        print(f"running in another process: {folder.name}", file=sys.stderr)
    _show_study(choice.results, configs[0].study)
    return 1 if outcome.failed else 0


def status(choice: Choice) -> int:
    """Show how far a suite is, from its files alone."""
    from benchmarks.display import print_statuses
    from benchmarks.status import statuses

    print_statuses(statuses(choice.results, choice.configs()))
    return 0


def train(folder: Positional[Path]) -> int:
    """Make one run, described by FOLDER/config.json (what ``run`` starts)."""
    from benchmarks.train import main

    return main(folder)


def export(shown: Shown) -> int:
    """Copy the records in results/runs to results/data/<study>."""
    for study in shown.studies or _recorded_studies(shown.results):
        _export(shown.results, study)
    return 0


def _recorded_studies(results: Path) -> list[str]:
    import json

    paths = results.glob("runs/*/config.json")
    return sorted({json.loads(path.read_text())["study"] for path in paths})


def _export(results: Path, study: str) -> None:
    from analysis.exchange import export_study

    _say_exchange(export_study(results / "runs", study, results / "data"))


def _say_exchange(exchange: Any) -> None:
    for verdict in ("added", "replaced", "unchanged", "kept"):
        if runs := getattr(exchange, verdict):
            print(f"{exchange.study}: {len(runs)} runs {verdict}")
    for run_id in exchange.conflicts:
        print(f"conflict, not taken over: {run_id}", file=sys.stderr)
    for reason in exchange.refused.values():
        print(f"refused: {reason}", file=sys.stderr)


def merge(
    other: Positional[Path],
    results: Annotated[Path, arg(help="ours")] = Path("results"),
) -> int:
    """Add the studies of another machine's results folder to ours."""
    from analysis.exchange import merge_studies

    exchanges = merge_studies(other / "data", results / "data")
    for exchange in exchanges:
        _say_exchange(exchange)
    return 1 if any(exchange.conflicts for exchange in exchanges) else 0


def figures(shown: Shown) -> int:
    """Draw Figures 1-3 from results/data."""
    from analysis.build import draw_figures

    return _say(draw_figures(shown.results, shown.studies or None))


def tables(shown: Shown) -> int:
    """Write the tables from results/data."""
    from analysis.build import write_tables

    return _say(write_tables(shown.results, shown.studies or None))


def report(shown: Shown) -> int:
    """Write one HTML page a study from results/data."""
    from analysis.build import write_report

    return _say(write_report(shown.results, shown.studies or None))


def theory(
    only: Annotated[str | None, arg(help="checks whose name has this in it")] = None,
    results: Annotated[Path, arg(help="folder of all results")] = Path("results"),
) -> int:
    """Check the paper's equations exactly, on bandits and small MDPs."""
    from benchmarks.theory.__main__ import main

    return main(only=only, results=results)


def _say(built: Any) -> int:
    for path in built.paths:
        print(path)
    for line in (*built.notes, *built.gaps):
        print(line, file=sys.stderr)
    return 3 if built.gaps else 0


def _show_study(results: Path, study: str) -> None:
    from analysis.build import draw_figures, write_report, write_tables

    _export(results, study)
    for build in (draw_figures, write_tables, write_report):
        _say(build(results, [study]))


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
    except ValueError as error:
        # ConfigError, RecordError and UsageError say what was expected.
        print(error, file=sys.stderr)
        status = 2
    sys.exit(status)
