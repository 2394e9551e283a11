"""The games of a study, a packed file a run, each written once.

``episodes/<run_id>.csv.gz`` is the run's own ``episodes.csv``, byte for byte. Runs of
short games have tens of thousands of rows: one table of all would be too large to keep
under version control, and would be written anew with each run that is added.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.records.csvs import PACKED, csv_bytes, packed, read_table
from analysis.records.errors import RecordError
from analysis.records.record import EPISODES, EPISODES_FILE

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "episodes"
SUFFIX = Path(EPISODES_FILE).suffix + PACKED


def file_of(run_id: str) -> str:
    """The name, within the study's folder, of the file with a run's games."""
    return f"{FOLDER}/{run_id}{SUFFIX}"


def files_in(folder: Path) -> list[str]:
    """The names of all such files that a study's folder has."""
    return sorted(f"{FOLDER}/{path.name}" for path in folder.glob(f"{FOLDER}/[!.]*"))


def read_games(folder: Path, run_ids: Iterable[str]) -> dict[str, pd.DataFrame]:
    """The games of each run of a study, columns ``EPISODES``, by ``run_id``.

    Raises:
        RecordError: A file is mangled, or there are files of other runs than these.
    """
    found, wanted = set(files_in(folder)), {file_of(key): key for key in run_ids}
    if found != set(wanted):
        odd = ", ".join(sorted(found ^ set(wanted))[:3])
        raise RecordError(folder, f"its runs and its files of games differ: {odd}")
    return {key: read_table(folder / name, EPISODES) for name, key in wanted.items()}


def packed_games(games: pd.DataFrame) -> bytes:
    """The bytes of a run's file."""
    return packed(csv_bytes(games))
