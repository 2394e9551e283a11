"""A row of the table of checks: what is said, what was measured, whether it passes.

A row says what it expects: that a statement *holds* (its error is at most the
tolerance), that an equation *fails as printed*, or that two things *differ* (the error
is then at least the tolerance).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from torch import Tensor

TOLERANCE = 1e-10

Expected = Literal["holds", "fails as printed", "differs"]


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        check: ``module.function``.
        section: Of the paper, "2", "6.3"; or another source, by name.
        equation: Number or range, "11-14".
        statement: What is said, in words or symbols.
        parameters: For what, "tau=0.1, A=4".
        observed: A quantity worth reading beside the error, with its unit, or "".
        error: Measured, relative unless the statement says otherwise.
        tolerance: Bound on the error: from above if it holds, else from below.
        expected: "holds", "fails as printed" or "differs".
    """

    check: str
    section: str
    equation: str
    statement: str
    parameters: str
    observed: str
    error: float
    tolerance: float
    expected: Expected

    @property
    def passed(self) -> bool:
        """Whether it came as expected; an error that is not a number never does."""
        if self.expected == "holds":
            return self.error <= self.tolerance
        return self.error >= self.tolerance

    @property
    def verdict(self) -> str:
        """Either "pass" or "FAIL"."""
        return "pass" if self.passed else "FAIL"


COLUMNS = [*(field.name for field in fields(Row)), "verdict"]


def holds(
    statement: str,
    error: float | Tensor,
    *,
    tolerance: float = TOLERANCE,
    observed: str = "",
    equation: str = "",
    **parameters: object,
) -> Row:
    """A row that passes if its error is at most the tolerance.

    Args:
        statement: What holds.
        error: Measured; see :func:`relative_error`.
        tolerance: Largest error that passes.
        observed: See :class:`Row`.
        equation: If it is not the check's own.
        **parameters: What it was measured for, as the table shows it.
    """
    said = ", ".join(f"{key}={value}" for key, value in parameters.items())
    return Row(
        "", "", equation, statement, said, observed, float(error), tolerance, "holds"
    )


def fails_as_printed(
    statement: str, error: float | Tensor, *, threshold: float = 1e-3, **rest: Any
) -> Row:
    """A row that passes if a printed equation's error is at least the threshold."""
    row = holds(statement, error, tolerance=threshold, **rest)
    return replace(row, expected="fails as printed")


def differs(
    statement: str, error: float | Tensor, *, threshold: float = 1e-3, **rest: Any
) -> Row:
    """A row that passes if two things differ by at least the threshold."""
    return replace(
        holds(statement, error, tolerance=threshold, **rest), expected="differs"
    )


def relative_error(
    actual: Tensor, expected: Tensor, scale: float | Tensor | None = None
) -> float:
    """Largest ``|actual - expected|`` over the largest ``|expected|``.

    Args:
        actual: ``(...)``; broadcasts with ``expected``.
        expected: ``(...)``.
        scale: What to divide by in place of ``max |expected|``, for what should be 0.
    """
    difference = float((actual - expected).detach().abs().max())
    size = float(expected.detach().abs().max() if scale is None else scale)
    return difference / size if size > 0 else difference


def worst(found: Iterable[Row], over: str) -> list[Row]:
    """Merge rows that differ only in one parameter into the worst of each group.

    Args:
        found: Rows of one check.
        over: Name of the parameter; the merged row says of how many values it is.
    """
    groups: dict[Row, list[Row]] = {}
    for row in found:
        rest = re.sub(rf"\b{over}=[^,]*", f"{over}=*", row.parameters)
        alike = replace(row, parameters=rest, error=0, observed="")
        groups.setdefault(alike, []).append(row)
    merged = []
    for alike, group in groups.items():  # in the order in which each group began
        sign = 1 if alike.expected == "holds" else -1
        bad = max(group, key=lambda row: (math.isnan(row.error), sign * row.error))
        said = alike.parameters.replace("=*", f"=all {len(group)}")
        merged.append(replace(bad, parameters=said))
    return merged
