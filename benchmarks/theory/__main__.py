"""``python -m benchmarks.theory``: run the checks, write the tables and figures."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from analysis.findings.theory import Findings
from analysis.records.files import write_atomically
from benchmarks.theory.checks import PICTURES, run
from benchmarks.theory.errata.misprint import UNMEASURED
from benchmarks.theory.report import as_written, errata_table

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
        whole = options.only is None
        pictures = [each.sketched() for each in PICTURES.values()] if whole else []
        findings = Findings(written, errata_table(table), UNMEASURED, pictures)
        _write(results, findings, whole)
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


def _write(results: Path, findings: Findings, whole: bool) -> None:
    """Write tables; of a whole run, also its data and the figures."""
    files = findings.table_files()
    if whole:
        files |= findings.data_files() | findings.figure_files()
    write_atomically({results / path: content for path, content in files.items()})


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
