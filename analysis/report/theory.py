"""The exact checks as the page shows them: an equation a row, its rows folded in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

CELLS = ("parameters", "observed", "error", "tolerance", "verdict")


@dataclass(frozen=True)
class Statement:
    """Rows that check one statement: its parameters, what was observed, errors."""

    check: str
    statement: str
    expected: str
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class Equation:
    """An equation and everything that was checked of it.

    Attributes:
        name: As the paper numbers it, or another source.
        section: Of the paper; ``inference`` for what other papers say.
        statements: In the order of the table.
        rows: In all of them.
        passed: How many of them pass.
    """

    name: str
    section: str
    statements: Sequence[Statement]
    rows: int
    passed: int

    @property
    def expected(self) -> list[tuple[str, int]]:
        """What was expected, and of how many rows."""
        kinds = [each.expected for each in self.statements for _ in each.rows]
        return [(kind, kinds.count(kind)) for kind in dict.fromkeys(kinds)]


def equations(checks: pd.DataFrame) -> list[Equation]:
    """The rows of ``theory.csv``, put together by section and equation."""
    found = []
    for key, part in checks.groupby(["section", "equation"], sort=False):
        section, name = map(str, key)
        keys = ["check", "statement", "expected"]
        statements = [
            Statement(str(check), str(statement), str(expected), _rows(rows))
            for (check, statement, expected), rows in part.groupby(keys, sort=False)
        ]
        passed = int((part["verdict"] == "pass").sum())
        found.append(Equation(name, section, statements, len(part), passed))
    return found


def check_counts(checks: pd.DataFrame) -> Mapping[str, tuple[int, int]]:
    """Of each check, its rows and how many of them pass."""
    passed = (checks["verdict"] == "pass").groupby(checks["check"])
    return {str(name): (len(rows), int(rows.sum())) for name, rows in passed}


def _rows(part: pd.DataFrame) -> list[tuple[str, ...]]:
    return [tuple(map(str, row)) for row in part[list(CELLS)].to_numpy()]
