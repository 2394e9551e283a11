"""Where agents are: finished runs in ``results/runs``, others in ``results/agents``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analysis.records.evaluations import FOLDER
from analysis.records.record import POLICY_FILE
from benchmarks.errors import UsageError
from benchmarks.runs.run_names import NAMED

RUNS = Path("runs")
PLACES = (RUNS, FOLDER)


def agent_folders(results: Path, places: Sequence[Path] = PLACES) -> list[Path]:
    """Return the folders of all policies, a run's before a committed one of its id."""
    paths = [sorted((results / place).glob(f"*/{POLICY_FILE}")) for place in places]
    return [path.parent for found in paths for path in found]


def find_agent(results: Path, wanted: str, places: Sequence[Path] = PLACES) -> Path:
    """Return the one folder whose id is, or begins with, ``wanted``.

    ``runs/ID`` and ``agents/ID`` say which one is meant, where there are both.

    Args:
        results: The folder of all results.
        wanted: An id, or its beginning.
        places: In these of its folders.

    Raises:
        UsageError: There is none, or there are several; which.
    """
    folders = agent_folders(results, places)
    exact = [path for path in folders if wanted in _names(path)]
    begun = [p for p in folders if any(n.startswith(wanted) for n in _names(p))]
    found = {path.name: path for path in reversed(exact or begun)}
    if len(found) != 1:
        there = sorted(found or {path.name for path in folders})
        names = ", ".join(there[:NAMED]) or "none"
        names += ", ..." * (len(there) > NAMED)
        count = "no trained policy" if not found else f"{len(found)} policies"
        raise UsageError(f"{wanted!r}: {count} of that name; there are: {names}")
    return next(iter(found.values()))


def _names(folder: Path) -> tuple[str, str]:
    return folder.name, f"{folder.parent.name}/{folder.name}"
