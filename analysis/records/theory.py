"""What the exact checks of the paper's equations leave behind: ``data/theory/``."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.records.digests import check_digests
from analysis.records.errors import RecordError

FOLDER = Path("data", "theory")
CHECKS, ERRATA, FIGURES = "theory.csv", "errata.csv", "figures.json"


def read_checks(results: Path) -> pd.DataFrame | None:
    """The checks, a row each, every cell as text; None if they have not been made.

    Raises:
        RecordError: They are mangled or were edited.
    """
    folder = results / FOLDER
    if not folder.is_dir():
        return None
    check_digests(folder, (CHECKS,))
    table = pd.read_csv(folder / CHECKS, dtype=str, keep_default_na=False)
    if lost := {"check", "verdict"} - set(table):
        raise RecordError(folder / CHECKS, f"has no column {', '.join(lost)}")
    return table
