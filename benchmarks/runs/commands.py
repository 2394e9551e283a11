"""``train``, one run, ``replicates``, a few, and ``forget``, any.

Light to import: what trains is imported when a command is given.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, arg

from benchmarks.errors import UsageError
from benchmarks.options import Results, SuiteOfOwn, Tensorboard
from benchmarks.places import check_writable
from benchmarks.runs.process import HELD_ELSEWHERE, end_with
from benchmarks.runs.startup import quick_imports


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
    suite: SuiteOfOwn = None,
    tensorboard: Tensorboard = False,
) -> int:
    """Make the one run that FOLDER/config.json describes; run starts these."""
    if parent is not None and not end_with(parent):
        return HELD_ELSEWHERE
    if not (folder / "config.json").is_file():
        raise UsageError(f"{folder}: not a run's folder: its config.json is missing")
    with quick_imports():
        from benchmarks.runs.tensorboard_sink import check_tensorboard
        from benchmarks.runs.train import main

        if tensorboard:
            check_tensorboard()

        if suite is not None:
            from benchmarks.suites.suite import read_suite

            read_suite(str(suite))
    return main(folder, resume, tensorboard=tensorboard)


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


def forget(
    runs: Annotated[
        Positional[tuple[str, ...]],
        arg(
            metavar="RUN ...",
            help="ids in results/runs, or how they begin",
            help_behavior_hint="",
        ),
    ],
    yes: Annotated[bool, arg(help="remove them; else say what would go")] = False,
    results: Results = Path("results"),
) -> int:
    """Remove runs from results/runs; what results/data holds of them stays there."""
    from benchmarks.runs.forget import folders_of, remove, what_goes

    if not runs:
        raise UsageError(f"forget: which runs? they are the folders of {results}/runs")
    folders = folders_of(results, runs)
    for line in (line for folder in folders for line in what_goes(results, folder)):
        print(line)
    if not yes:
        print("nothing is removed without --yes")
        return 1
    check_writable(results / "runs")
    for folder in folders:
        remove(folder)
        print(f"removed: {folder}")
    return 0
