"""``python -m benchmarks.theory``: run the checks, write the tables and figures."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from analysis.files import write_atomically
from analysis.style import figure_style, image_bytes
from benchmarks.theory.checks import PICTURES, Picture, run
from benchmarks.theory.report import (
    as_written,
    csv_text,
    draw,
    errata_markdown,
    errata_table,
    theory_markdown,
)

RESULTS = Path("results")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the checks and print the table; 1 if one failed, 2 for a bad pattern."""
    options = _parser().parse_args(arguments)
    try:
        table = run(options.only)
    except ValueError as error:
        if options.only is None:
            raise
        print(error, file=sys.stderr)
        return 2
    written = as_written(table)
    for row in written.itertuples():
        print(f"{row.verdict}  {row.check}  {row.parameters}  error {row.error}")
    results = options.results or (RESULTS if options.only is None else None)
    if results is not None:
        drawn = list(PICTURES.values()) if options.only is None else []
        _write(results, table, written, drawn)
    return _report(written)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="theory", description=__doc__)
    parser.add_argument(
        "--only",
        metavar="PATTERN",
        help="checks whose name contains this or matches it as a shell pattern; "
        "prints them, and writes their tables only if --results is given",
    )
    parser.add_argument(
        "--results", type=Path, metavar="DIR", help="where to write (default: results)"
    )
    return parser


def _write(
    results: Path,
    table: pd.DataFrame,
    written: pd.DataFrame,
    pictures: Sequence[Picture],
) -> None:
    errata = errata_table(table)
    tables, figures = results / "tables", results / "figures"
    contents = {
        tables / "theory.csv": csv_text(written).encode(),
        tables / "theory.md": theory_markdown(written, pictures).encode(),
        tables / "errata.csv": csv_text(errata).encode(),
        tables / "errata.md": errata_markdown(errata).encode(),
    }
    for picture in pictures:
        with figure_style():
            drawn = draw(picture)
        for kind in ("png", "pdf"):
            path = figures / f"theory_{picture.name}.{kind}"
            contents[path] = image_bytes(drawn, kind)
    write_atomically(contents)


def _report(written: pd.DataFrame) -> int:
    failed = written[written["verdict"] != "pass"]
    print(f"{len(written)} rows, {len(failed)} failed")
    for row in failed.itertuples():
        print(
            f"FAILED {row.check} ({row.parameters}): {row.statement}: "
            f"error {row.error}, tolerance {row.tolerance}, expected: {row.expected}",
            file=sys.stderr,
        )
    return 1 if len(failed) else 0


if __name__ == "__main__":
    sys.exit(main())
