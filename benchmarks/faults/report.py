"""``python -m benchmarks faults``: inject every fault, write what was observed."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd

from analysis.findings.faults import FaultTable
from analysis.records.files import write_atomically
from benchmarks.errors import UsageError
from benchmarks.faults.lab import Lab
from benchmarks.faults.table import FAILED, FAULTS, HELD, Fault


def main(only: str | None, results: Path | None, jobs: int) -> int:
    """Inject the chosen faults, or all, ``jobs`` at a time; 1 if one was not survived.

    Args:
        only: A part of a name, or None.
        results: Where to write what was observed; nowhere if None.
        jobs: How many at once.

    Raises:
        UsageError: No fault has ``only`` in its name.
    """
    chosen = [f for f in FAULTS if only is None or only.lower() in f.name.lower()]
    if not chosen:
        names = ", ".join(fault.name for fault in FAULTS)
        raise UsageError(
            f"--only: no fault has {only!r} in its name; there are: {names}"
        )
    with (
        tempfile.TemporaryDirectory(prefix="faults-") as folder,
        ThreadPoolExecutor(jobs) as pool,
    ):
        lab = Lab(Path(folder).resolve())
        rows = list(pool.map(lambda fault: _observe(lab, fault), chosen))
    table = FaultTable(pd.DataFrame(rows, columns=list(FaultTable.COLUMNS)))
    if results is not None:
        files = table.data_files() | table.table_files()
        write_atomically({results / path: content for path, content in files.items()})
    verdicts = [row[-1] for row in rows]
    print(f"{len(rows)} faults, {verdicts.count(HELD)} held")
    return 1 if FAILED in verdicts else 0


def _observe(lab: Lab, fault: Fault) -> tuple[str, ...]:
    number = FAULTS.index(fault) + 1
    observed, verdict = fault.observe(lab, lab.root / f"fault-{number}")
    print(f"{verdict}  {number}. {fault.name}: {observed}", flush=True)
    return str(number), fault.name, fault.injected, observed, verdict
