"""What the runs show: curves, figures, tables, verdicts and a report, from data alone.

Nothing here imports what trains: the record format, ``analysis.records.record``, is the
only thing that this package shares with the code that runs the experiments.

- ``analysis.records.record``: what a run leaves behind; names of files and columns.
- ``analysis.records.exchange``: ``results/runs`` to ``results/data``, and merging two
  of those.
- ``analysis.records.study``: read an exported study.
- ``analysis.build``: ``results/data`` to figures, tables and the report.

For runs of anyone's: ``from analysis import load_study, sb3_scores, compare``.

Nothing is imported here before it is asked for, so that a training process, which needs
only the names of the columns, does not load the libraries of the tables and figures.
"""

from importlib import import_module
from typing import Any

_FOR_EVERYONE = {
    "load_study": "analysis.records.study",
    "study_scores": "analysis.claims.others",
    "sb3_scores": "analysis.claims.others",
    "compare": "analysis.claims.compare",
}

__all__ = ["build"]


def __getattr__(name: str) -> Any:
    if name not in _FOR_EVERYONE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_FOR_EVERYONE[name]), name)
