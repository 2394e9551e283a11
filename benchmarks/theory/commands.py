"""``theory``: the paper's equations, checked.

Light to import: torch is imported when the command is given.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from tyro.conf import arg

from benchmarks.places import check_results


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
