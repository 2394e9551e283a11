"""``faults``: what is done to runs, and what they do then.

Light to import: what trains is imported when a command is given.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from tyro.conf import arg

from benchmarks.options import Jobs, runs_at_once
from benchmarks.places import check_results


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
