"""``speed`` and ``cost``: what this machine measures of itself.

Light to import: what trains is imported when a command is given.
"""

from __future__ import annotations

import math
from itertools import chain
from pathlib import Path
from typing import Annotated

from tyro.conf import arg

from analysis.findings.measured import MEASURED
from analysis.records.files import write_atomically
from benchmarks.errors import UsageError
from benchmarks.options import Jobs, Results, Words, runs_at_once, words
from benchmarks.places import check_results


def speed(
    results: Results = Path("results"),
    jobs: Jobs = None,
    only: Annotated[
        Words, words("GAMES ...", f"measure these alone: {', '.join(MEASURED)}")
    ] = (),
    repetitions: Annotated[
        int, arg(metavar="N", help="how often everything is measured")
    ] = 3,
    seconds: Annotated[
        float, arg(metavar="S", help="of each measurement, after its warm-up")
    ] = 3.0,
) -> int:
    """Measure training here against stock Stable-Baselines3 and the machine's limit."""
    at_once, families = runs_at_once(jobs), _families(only)
    _check_number("--repetitions", repetitions, least=1)
    _check_seconds(seconds)
    check_results(results, "data", "tables", "figures")
    from benchmarks.speed.comparison import measure_all

    for games in families:
        found = measure_all(games, at_once, repetitions, seconds)
        tables = found.table_files()
        contents = found.data_files() | tables | found.figure_files()
        write_atomically({results / path: data for path, data in contents.items()})
        print(*(data.decode() for path, data in tables.items() if path.suffix == ".md"))
        print(*(results / path for path in contents), sep="\n")
    return 0


def _check_number(option: str, value: int, least: int) -> None:
    if value < least:
        expected = f"a whole number from {least} on"
        raise UsageError(f"{option}: expected {expected}, not {value}")


def _check_seconds(value: float) -> None:
    if not 0 < value < math.inf:
        raise UsageError(f"--seconds: expected a number above 0, not {value:g}")


def _families(only: Words) -> list[str]:
    """Return the families of games to measure, those asked for or all.

    Raises:
        UsageError: There is none of a name.
    """
    named = list(dict.fromkeys(chain(*only)))
    for name in named:
        if name not in MEASURED:
            raise UsageError(f"--only: expected {' or '.join(MEASURED)}, not {name!r}")
    return named or list(MEASURED)


def cost(
    results: Results = Path("results"),
    turns: Annotated[
        int, arg(metavar="N", help="turns of training, with and without the record")
    ] = 16,
    seconds: Annotated[float, arg(metavar="S", help="of each turn")] = 4.0,
) -> int:
    """Measure what records and checkpoints take of training; needs 10 GB of memory."""
    _check_number("--turns", turns, least=2)  # one with the record, one without
    _check_seconds(seconds)
    check_results(results, "data", "tables")
    from benchmarks.speed.cost import measure_all

    costs = measure_all(results, turns, seconds)
    files = costs.data_files() | costs.table_files()
    write_atomically({results / path: data for path, data in files.items()})
    for path in files:
        print(results / path)
    return 0
