"""What recording and checkpoints cost: the measurements to a table.

``results/data/cost/`` holds them: ``cost.csv``, and ``machine.json`` that names what
they were made on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.records.csvs import csv_bytes
from analysis.records.digests import check_digests, with_digests
from analysis.records.errors import RecordError
from analysis.tables.markdown import markdown_table

FOLDER = Path("data", "cost")
MEASURED, MACHINE = "cost.csv", "machine.json"
COLUMNS = {
    "family": str,
    "quantity": str,
    "wall_s": float,
    "cpu_s": float,
    "count": float,
}
INTERVAL_S = 600  # of training between two checkpoints: runs.checkpoint's, too
LIMITS = {"a2c": 3.0, "dqn": 5.0}  # percent
CLOCKS = ("wall_s", "cpu_s")
NOTE = (
    "What a run's record (games, metrics, W&B offline) and its checkpoints, one every "
    "ten minutes, take of training's time; a DQN with a full memory of a million "
    "frames. `cpu` is the process's own time and does not depend on what else the "
    "machine does; `wall` includes waiting for the disk. The record's share is that of "
    "its callbacks; beside it, what training in turns with and without them differs "
    "by, the median of neighbouring turns and their extremes."
)


@dataclass(frozen=True)
class Costs:
    """The measurements and what they were made on."""

    measured: pd.DataFrame
    machine: Mapping[str, str]

    def data_files(self) -> dict[Path, bytes]:
        """The files below ``results`` that keep it."""
        text = json.dumps(dict(self.machine), indent=1) + "\n"
        return with_digests(
            {
                FOLDER / MEASURED: csv_bytes(self.measured),
                FOLDER / MACHINE: text.encode(),
            }
        )

    def table_files(self) -> dict[Path, bytes]:
        """The tables below ``results``."""
        table = cost_table(self.measured)
        made = "; ".join(f"{key}: {value}" for key, value in self.machine.items())
        page = f"# Cost of the record and of checkpoints\n\n{NOTE}\n\n{made}.\n\n"
        page += markdown_table(table)
        return {
            Path("tables", "cost.csv"): csv_bytes(table),
            Path("tables", "cost.md"): page.encode(),
        }


def load_costs(results: Path) -> Costs | None:
    """Read the measurements; None if there are none.

    Raises:
        RecordError: They are mangled or were edited.
    """
    folder = results / FOLDER
    if not folder.is_dir():
        return None
    check_digests(folder, (MEASURED, MACHINE))
    try:
        measured = pd.read_csv(folder / MEASURED, dtype=COLUMNS)
        machine = json.loads((folder / MACHINE).read_text())
        costs = Costs(measured[list(COLUMNS)], dict(machine))
        cost_table(costs.measured)
        return costs
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecordError(folder, f"is not what was measured: {error}") from error


def cost_table(measured: pd.DataFrame) -> pd.DataFrame:
    """One row a quantity, one column a family, every cell as it is shown."""
    families = _by(measured, "family")
    table = pd.DataFrame({name: _cells(name, part) for name, part in families.items()})
    return table.rename_axis("quantity").reset_index()


def _cells(family: str, part: pd.DataFrame) -> dict[str, str]:
    of = _by(part, "quantity")
    turns = pd.concat([of["turn with record"], of["turn without"]])
    rate = turns["count"].sum() / turns[list(CLOCKS)].sum()
    record = _record_share(of)
    saving = _saving_s(of)
    share = record + 100 * saving / INTERVAL_S
    within = [share[clock] < LIMITS[family] for clock in CLOCKS]
    stops = pd.concat([of["save"], of.get("longest chunk")])[list(CLOCKS)]
    counts = {key: of[key]["count"].iloc[0] for key in ("disk", "memory before")}
    more = of["memory"]["count"].iloc[0] - counts["memory before"]
    whole = of.get("save of a whole memory")
    return {
        "agent steps / s (wall, cpu)": f"{rate['wall_s']:.0f}, {rate['cpu_s']:.0f}",
        "record, % (wall, cpu)": _two(record),
        "record, % of cpu by turns": _by_turns(of),
        "checkpoints, s in 10 minutes (wall, cpu)": _two(saving),
        "checkpoints, % (wall, cpu)": _two(100 * saving / INTERVAL_S),
        "both, % (wall, cpu)": _two(share),
        "limit, %": f"{LIMITS[family]:.0f}",
        "within it (wall, cpu)": ", ".join("yes" if x else "no" for x in within),
        "longest stop, s (wall, cpu)": _two(stops.max()),
        "save of a whole memory at once, s (wall, cpu)": (
            "–" if whole is None else _two(whole.iloc[0])
        ),
        "two checkpoints on disk, MB": f"{counts['disk'] / 1e6:.0f}",
        "taking one up, s (wall, cpu)": _two(of["load"].iloc[0]),
        "peak memory before, MB": f"{counts['memory before'] / 1e6:.0f}",
        "more for checkpoints, MB": f"{more / 1e6:.0f}",
    }


def _by(table: pd.DataFrame, key: str) -> dict[str, pd.DataFrame]:
    return {str(name): part for name, part in table.groupby(key)}


def _record_share(of: Mapping[str, pd.DataFrame]) -> pd.Series:
    """Percent of training's time, on either clock."""
    turns = of["turn with record"]
    trained = turns[list(CLOCKS)].sum()
    rows = turns["count"].sum() / of["steps a row"]["count"].iloc[0]
    clocks = list(CLOCKS)
    spent = (
        of["callbacks"][clocks].iloc[0] + rows * of["row of metrics"][clocks].median()
    )
    return 100 * spent / trained


def _by_turns(of: Mapping[str, pd.DataFrame]) -> str:
    each = [of[key] for key in ("turn with record", "turn without")]
    on, off = ((turns["cpu_s"] / turns["count"]).to_numpy() for turns in each)
    more = 100 * (on / off - 1)
    return f"{np.median(more):.1f} ({more.min():.1f} to {more.max():.1f})"


def _saving_s(of: Mapping[str, pd.DataFrame]) -> pd.Series:
    """Seconds in ten minutes of training, on either clock."""
    clocks = list(CLOCKS)
    chunks = of["chunks"][clocks].sum() if "chunks" in of else 0
    return of["save"][clocks].median() + chunks


def _two(both: pd.Series) -> str:
    return f"{both['wall_s']:.2f}, {both['cpu_s']:.2f}"
