"""How far two records of one run agree, and under what each of them was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

UNKNOWN = "not recorded"
_NOT_CONDITIONS = frozenset({"commit", "wandb"})


@dataclass(frozen=True)
class Difference:
    """The first row in which two tables differ.

    Attributes:
        number: Counted from 1.
        recorded: The record's row; None if it ends before.
        found: The other's; None if it ends before.
    """

    number: int
    recorded: Mapping[str, Any] | None
    found: Mapping[str, Any] | None

    def columns(self) -> list[str]:
        """The recorded columns that differ; all if one of the rows is not there."""
        row, found = self.recorded or self.found or {}, self.found or {}
        both = self.recorded and self.found
        return [name for name in row if not both or found.get(name) != row[name]]

    def lines(self, title: str) -> list[str]:
        """Show both rows below a title."""
        return [
            f"{title}:",
            f"  recorded  {_words(self.recorded)}",
            f"  today     {_words(self.found)}",
        ]


def _words(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "nothing"
    numbers = {name: float(value) for name, value in row.items()}
    return "  ".join(
        f"{name} {int(value) if value.is_integer() else value}"
        for name, value in numbers.items()
    )


def first_difference(
    recorded: pd.DataFrame, found: pd.DataFrame, *, whole: bool
) -> Difference | None:
    """Compare a record with what was found when its run was made again.

    Cells that are empty in the record do not count: older records lack columns.

    Args:
        recorded: The record's rows.
        found: Rows with the same columns, and others.
        whole: Whether one table that is longer is a difference too.
    """
    common = min(len(recorded), len(found))
    ours = found[list(recorded.columns)].iloc[:common].reset_index(drop=True)
    theirs = recorded.iloc[:common].reset_index(drop=True)
    differs = ((theirs != ours) & theirs.notna()).any(axis=1).to_numpy()
    if differs.any():
        first = int(differs.argmax())
    elif whole and len(recorded) != len(found):
        first = common
    else:
        return None
    return Difference(first + 1, _row(recorded, first), _row(found, first))


def _row(table: pd.DataFrame, number: int) -> dict[str, Any] | None:
    if number >= len(table):
        return None
    return {str(k): v for k, v in table.iloc[number].dropna().items()}


def other_conditions(
    then: Mapping[str, Any], now: Mapping[str, Any], frames: int
) -> list[str]:
    """Return what was not as it is now when a record was made, a line each.

    Args:
        then: The record's configuration.
        now: The configuration of the same run here.
        frames: Up to which the record matters.
    """
    before, after = dict(_conditions(then, frames)), dict(_conditions(now, frames))
    return [
        f"{name}: {before.get(name, UNKNOWN)} then, {after.get(name, UNKNOWN)} now"
        for name in before | after
        if before.get(name) != after.get(name)
    ]


def _conditions(record: Mapping[str, Any], frames: int) -> Iterator[tuple[str, str]]:
    yield "numerics version", str(record.get("numerics", 1))
    versions = record["versions"]
    kind = record.get("processor", {}).get("id", UNKNOWN)
    last = {"commit": versions.get("commit", UNKNOWN), "processor": kind}
    last["code"] = record.get("code", UNKNOWN)
    history = record.get("history") or [{"frames": 0, **last}]
    for name in ("commit", "code", "processor"):
        yield name, _over_time(history, name, frames)
    for name in sorted(versions.keys() - _NOT_CONDITIONS):
        yield name, versions[name]


def _over_time(history: list[Mapping[str, Any]], name: str, frames: int) -> str:
    """Return "a, from frame 800 b"."""
    said: list[str] = []
    last = None
    for entry in history:
        if entry[name] != last and (last is None or entry["frames"] < frames):
            last = entry[name]
            said.append(f"from frame {entry['frames']:,} {last}" if said else last)
    return ", ".join(said)
