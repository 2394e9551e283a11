"""``faults``: what is done to runs, and what they do then.

Light to import: what trains is imported when a command is given.
"""

from __future__ import annotations

from typing import Annotated

from benchmarks.options import Jobs, ResultsIfAny, named, runs_at_once, written_to
from benchmarks.places import check_results


def faults(
    only: Annotated[str | None, named("faults")] = None,
    results: ResultsIfAny = None,
    jobs: Jobs = None,
) -> int:
    """Inject faults into real short runs, and write what was observed."""
    at_once = runs_at_once(jobs)
    if place := written_to(results, only):
        check_results(place, "data", "tables")
    from benchmarks.faults.report import main

    return main(only, place, at_once)
