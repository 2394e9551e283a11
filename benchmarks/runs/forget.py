"""What goes with a run's folder, what ``results/data`` keeps of it, and its removal."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from analysis.records.configs import RUN_ID
from analysis.records.errors import RecordError
from analysis.records.record import RunRecord, read_run
from analysis.records.study import RUNS_FILE
from benchmarks.errors import UsageError
from benchmarks.runs.process import held, is_held
from benchmarks.runs.run_names import run_named

# In results/runs: no run's name, and nobody looks for runs below it.
ON_ITS_WAY = ".forgotten"


def folders_of(results: Path, wanted: Sequence[str]) -> list[Path]:
    """Return the folders of runs, each of them once.

    Args:
        results: The folder of all results.
        wanted: The runs' ids, or how they begin.

    Raises:
        UsageError: One of them is no run's, several runs', or of a run at work.
    """
    runs = results / "runs"
    known = [path.name for path in runs.glob("*/") if RUN_ID.fullmatch(path.name)]
    names = dict.fromkeys(run_named(each, known, runs) for each in wanted)
    folders = [runs / name for name in names]
    for folder in folders:
        if is_held(folder):
            raise _at_work(folder)
    return folders


def what_goes(results: Path, folder: Path) -> Iterator[str]:
    """Yield what a run's folder holds, and how much of that is elsewhere too."""
    names = (f"{path.name}{'/' * path.is_dir()}" for path in folder.iterdir())
    holds = f"  goes: {', '.join(sorted(names)) or 'an empty folder'}"
    try:
        record = read_run(folder)
    except RecordError as error:
        yield f"{folder.name}: its record can't be read: {error}"
        yield holds
        return
    frames = f"{record.frames:,} of {record.config['frames']:,} frames"
    games = f"{len(record.episodes):,} games"
    yield f"{folder.name}: {record.status}, {frames}, {games}"
    yield holds
    yield f"  stays: {_kept(results, record)}"


def _kept(results: Path, record: RunRecord) -> str:
    """What the exported data hold of a run, which nothing here takes from them."""
    path = results / "data" / record.config["study"] / RUNS_FILE
    try:
        with path.open(newline="") as file:
            rows = {row["run_id"]: row for row in csv.DictReader(file)}
        row = rows.get(record.config["run_id"])
        frames, games = (int(row[key]) if row else 0 for key in ("frames", "episodes"))
    except FileNotFoundError:
        row = None
    except (KeyError, TypeError, ValueError) as error:
        raise RecordError(path, f"lacks or mangles {error}") from None
    if row is None:
        return f"nothing of its record: {path.parent} doesn't have it (see export)"
    if frames >= record.frames and games >= len(record.episodes):
        return f"all of its record, {row['status']}, in {path.parent}"
    return f"{frames:,} frames and {games:,} games of its record, in {path.parent}"


def remove(folder: Path) -> None:
    """Remove a run's folder; whenever that is cut off, a whole run or none is left.

    Raises:
        UsageError: A process has begun to work on it.
    """
    rest = folder.parent / ON_ITS_WAY
    shutil.rmtree(rest, ignore_errors=True)  # of a removal that was cut off
    with held(folder) as mine:
        if not mine:
            raise _at_work(folder)
        rest.mkdir(exist_ok=True)
        folder.rename(rest / folder.name)
    shutil.rmtree(rest)


def _at_work(folder: Path) -> UsageError:
    return UsageError(f"{folder.name}: a process is at work on it; stop that first")
