"""The table of checks as it is written, with the same bytes each time."""

from __future__ import annotations

import math
import re

import pandas as pd

from analysis.findings.theory import SMALLEST_ERROR


def written_error(error: float, expected: str) -> str:
    """An error as the tables show it.

    One that should be 0 is rounded up to a power of ten, any other to two significant
    digits: the last bits of neither differ between machines in what is written.
    """
    if not math.isfinite(error):
        return str(error)
    if expected == "holds":
        exponent = math.ceil(math.log10(max(error, SMALLEST_ERROR)) - 1e-9)
        return f"{10.0**exponent:.0e}"
    return f"{error:.2g}"


def steady(x: float) -> float:
    """A number as a figure shows it, to four significant digits.

    The last bits of a sum may differ between two runs, and would show in a PDF's bytes.
    """
    return float(f"{x:.4g}")


def as_written(table: pd.DataFrame) -> pd.DataFrame:
    """The table of :func:`benchmarks.theory.checks.run` with every cell a string."""
    errors = [
        written_error(error, expected)
        for error, expected in zip(table["error"], table["expected"], strict=True)
    ]
    tolerances = [f"{tolerance:.2g}" for tolerance in table["tolerance"]]
    return table.assign(error=errors, tolerance=tolerances)


def errata_table(table: pd.DataFrame) -> pd.DataFrame:
    """One line an erratum, from the rows of the ``errata_*`` modules.

    Args:
        table: As :func:`benchmarks.theory.checks.run` returns it.

    Returns:
        Equation, printed and corrected form, the range of the printed form's error,
        the largest error of the corrected form, and the verdict.
    """
    lines: list[dict[str, str]] = []
    ours = table[table["check"].str.startswith("errata_")]
    for _, found in ours.groupby("check", sort=False):
        printed = found[found["expected"] == "fails as printed"]
        corrected = found[found["expected"] == "holds"]
        if printed.empty:
            continue
        low, high = (
            f"{e:.2g}" for e in (printed["error"].min(), printed["error"].max())
        )
        lines.append(
            {
                "equation": printed["equation"].iloc[0],
                "printed": printed["statement"].iloc[0],
                "corrected": corrected["statement"].iloc[0],
                "error as printed": low if low == high else f"{low} to {high}",
                "error corrected": written_error(corrected["error"].max(), "holds"),
                "verdict": "pass" if (found["verdict"] == "pass").all() else "FAIL",
            }
        )
    lines.sort(key=lambda line: place(line["equation"]))
    return pd.DataFrame(lines)


def place(equation: str) -> float:
    """Where an erratum belongs: by its number, Section 6.3 after Eq. 85."""
    number = float((re.findall(r"[\d.]+", equation) or ["0"])[0])
    return 86 if number == 6.3 else number
