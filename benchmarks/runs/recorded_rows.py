"""Sinks of rows, and the rows of a run's record that those beside it are to have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stable_baselines3.common.logger import KVWriter

from analysis.records.csvs import read_table
from analysis.records.record import (
    EPISODES,
    EPISODES_FILE,
    METRICS,
    METRICS_FILE,
    TIMING,
    TIMING_FILE,
)


class RowWriter(KVWriter):
    """A sink of rows: names and numbers, with the frames at which they were logged."""

    def write(
        self,
        key_values: dict[str, Any],
        key_excluded: dict[str, tuple[str, ...]],
        step: int = 0,
    ) -> None:
        """Send one row at ``step`` frames."""
        self.send({"frames": step, **key_values})

    def send(self, row: dict[str, Any]) -> None:
        """Send a row, ``frames`` among its names."""
        raise NotImplementedError


def recorded_rows(folder: Path) -> list[dict[str, Any]]:
    """Return the rows that a run's record consists of, as and in the order sent.

    Raises:
        RecordError: A file of the record is mangled.
    """
    games = read_table(folder / EPISODES_FILE, EPISODES)
    metrics = read_table(folder / METRICS_FILE, METRICS).merge(
        read_table(folder / TIMING_FILE, TIMING), on="frames"
    )
    timing = {name: f"time/{name}" for name in TIMING.dtypes if name != "frames"}
    training = {name: f"train/{name}" for name in METRICS.dtypes if name != "frames"}
    # A game that ends with an interval is recorded before it.
    rows = games.to_dict("records") + metrics.rename(
        columns={**timing, **training}
    ).to_dict("records")
    rows.sort(key=lambda row: row["frames"])
    return [{str(k): v for k, v in row.items() if v == v} for row in rows]
