"""``theory``: the paper's equations, checked.

Light to import: torch is imported when the command is given.
"""

from __future__ import annotations

from typing import Annotated

from benchmarks.options import ResultsIfAny, named, written_to
from benchmarks.places import check_results


def theory(
    only: Annotated[str | None, named("checks")] = None, results: ResultsIfAny = None
) -> int:
    """Check the paper's equations exactly, on bandits and small MDPs."""
    if place := written_to(results, only):
        check_results(place, "data", "tables", "figures")
    from benchmarks.theory.__main__ import main

    arguments = [] if only is None else ["--only", only]
    arguments += [] if place is None else ["--results", str(place)]
    return main(arguments)
