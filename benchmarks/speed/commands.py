"""``speed`` and ``cost``: what this machine measures of itself.

Light to import: what trains is imported when a command is given.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from tyro.conf import arg

from analysis.records.files import write_atomically
from benchmarks.options import Jobs, Results, runs_at_once
from benchmarks.places import check_results


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
