"""How an erratum is checked: the printed form measured beside the corrected one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, NamedTuple

from benchmarks.theory.checks import Check, check
from benchmarks.theory.rows import Row, fails_as_printed, holds

# Wrong in print, with no other reading that could be measured.
UNMEASURED = {
    "after 47": "samples a_t from the Boltzmann policy: only the later actions need be",
    "before 52": "sums from t = d where it means d = 0",
    "72": "writes V(s, a) for V(s)",
    "84": "has a bracket too many",
}


class Misprint(NamedTuple):
    """What was measured for one setting.

    Attributes:
        parameters: The setting, "tau=0.1".
        printed: Relative error of the equation as printed.
        corrected: Relative error of the corrected one.
    """

    parameters: dict[str, object]
    printed: float
    corrected: float


def erratum(
    equation: str, *, section: str, printed: str, corrected: str
) -> Callable[[Callable[[], Iterator[Misprint]]], Check]:
    """Make a check of two rows a setting from a function that yields misprints.

    Args:
        equation: Number.
        section: Of the paper.
        printed: The equation as printed, or what of it is wrong.
        corrected: What it should be.
    """

    def register(function: Callable[[], Iterator[Misprint]]) -> Check:
        @wraps(function)
        def both() -> Iterator[Row]:
            for found in function():
                said: dict[str, Any] = found.parameters
                yield fails_as_printed(printed, found.printed, **said)
                yield holds(corrected, found.corrected, **said)

        return check(section=section, equation=equation)(both)

    return register
