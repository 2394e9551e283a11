"""What the files of a run say of it, from any terminal, while it runs or after."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

from analysis.records.errors import RecordError
from analysis.records.record import (
    DONE_FILE,
    EPISODES,
    EPISODES_FILE,
    FAILED_FILE,
    TIMING,
    TIMING_FILE,
    failed_at,
    has_begun,
    number_in,
    read_json,
)
from analysis.records.study import RUNS_FILE
from benchmarks.runs.checkpoint import CURRENT_FILE
from benchmarks.runs.failure import room
from benchmarks.runs.heartbeat import read_heartbeat
from benchmarks.runs.process import is_held
from benchmarks.suites.config import RunConfig

TAIL_BYTES = 8192
LAST_GAMES = 100


@dataclass(frozen=True)
class RunStatus:
    """One run at one moment.

    Attributes:
        state: "missing", "running", "unfinished", "failed" or "done"; to those who
            watch a sweep, "unreadable" too.
        frames: Emulator frames that its record reaches, or its last sign of life.
        frames_per_second: Of its last interval, or of the whole run when done.
        game_return: Mean of the last games (at most 100), None before the first.
        error: Why it failed, or can't be read, one line.
        diverged: Whether it failed of its own numbers, and would again.
        goes_on: Whether it has a checkpoint to go on from.
    """

    config: RunConfig
    folder: Path
    state: str
    frames: int = 0
    frames_per_second: float | None = None
    game_return: float | None = None
    error: str = ""
    diverged: bool = False
    goes_on: bool = False


def run_folder(results: Path, config: RunConfig) -> Path:
    """Where a run's record is."""
    return results / "runs" / config.run_id


def status_of(results: Path, config: RunConfig) -> RunStatus:
    """Read a run's status from its folder.

    Raises:
        RecordError: ``done.json`` or ``failed.json`` is mangled.
    """
    return _status_in(run_folder(results, config), config)


def _status_in(folder: Path, config: RunConfig) -> RunStatus:
    games = _tail(folder / EPISODES_FILE, len(EPISODES.dtypes))[-LAST_GAMES:]
    timing = _tail(folder / TIMING_FILE, len(TIMING.dtypes))[-1:]
    frames = max((int(row[0]) for row in (*timing, *games[-1:])), default=0)
    status = RunStatus(
        config,
        folder,
        state=_state(folder),
        frames=frames,
        frames_per_second=_speed(timing, config),
        game_return=fmean(float(row[2]) for row in games) if games else None,
        goes_on=(folder / CURRENT_FILE).exists(),
    )
    if status.state == "done":
        return _done(status)
    if status.state == "failed":
        try:
            return _failed(status)
        except RecordError:
            if (folder / FAILED_FILE).exists():
                raise
            status = replace(status, state="unfinished")  # it is being tried again
    if status.state in ("running", "unfinished"):
        return replace(status, frames=max(frames, read_heartbeat(folder)[0]))
    return status


def _done(status: RunStatus) -> RunStatus:
    path = status.folder / DONE_FILE
    done = read_json(path)
    speed = number_in(path, done, "frames_per_second")
    frames = int(number_in(path, done, "frames"))
    return replace(status, frames=frames, frames_per_second=speed)


def _failed(status: RunStatus) -> RunStatus:
    path = status.folder / FAILED_FILE
    failed = read_json(path)
    if not isinstance(error := failed.get("error"), str):
        raise RecordError(path, f"error: expected a text, not {error!r}")
    return replace(
        status,
        frames=max(status.frames, failed_at(status.folder)),
        error=error,
        diverged=failed.get("diverged") is True,
    )


def why_failed(folder: Path) -> str:
    """The line that a failed run has left, or what can be said without one."""
    try:
        return str(read_json(folder / FAILED_FILE)["error"])
    except (RecordError, KeyError):
        return f"no reason on record, {room(folder)}"


def _state(folder: Path) -> str:
    if (folder / DONE_FILE).exists():
        return "done"
    if is_held(folder):
        return "running"
    if (folder / FAILED_FILE).exists():
        return "failed"
    return "unfinished" if has_begun(folder) else "missing"


def _speed(timing: list[list[str]], config: RunConfig) -> float | None:
    if not timing:
        return None
    return float(timing[0][2]) * config.environment["frame_skip"]


def statuses(results: Path, configs: Iterable[RunConfig]) -> list[RunStatus]:
    """Read the status of many runs."""
    return [status_of(results, config) for config in configs]


class Watched:
    """The status of many runs, again and again: only what may have changed is read.

    A run that starts, goes on, fails or ends makes, renames or removes files, which its
    folder's time of change shows. Only while it runs do files grow in silence. To look
    stops nothing: a run that can't be read is "unreadable", and read again.
    """

    def __init__(self, results: Path, configs: Iterable[RunConfig]) -> None:
        self._folders = [(run_folder(results, config), config) for config in configs]
        self._seen: dict[Path, tuple[int, RunStatus]] = {}

    def look(self) -> list[RunStatus]:
        """Return the status of all runs, now."""
        return [self._status(folder, config) for folder, config in self._folders]

    def _status(self, folder: Path, config: RunConfig) -> RunStatus:
        changed = _changed_at(folder)  # before it is read: what comes later is seen
        seen = self._seen.get(folder)
        if seen and seen[0] == changed and seen[1].state != "running":
            return seen[1]
        try:
            status = _status_in(folder, config)
        except (RecordError, OSError) as error:
            return RunStatus(config, folder, "unreadable", error=str(error))
        self._seen[folder] = changed, status
        return status


def _changed_at(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0


def kept_in_data(results: Path, runs: Sequence[RunStatus]) -> str:
    """Say what the exported data hold where runs have no record here, as in a clone."""
    lacking = [run.config for run in runs if run.state == "missing"]
    folder = results / "data" / runs[0].config.study
    if not lacking or not (folder / RUNS_FILE).exists():
        return ""
    with (folder / RUNS_FILE).open(newline="") as file:
        kept = {row.get("run_id"): row.get("status") for row in csv.DictReader(file)}
    found = [run for run in lacking if run.run_id in kept]
    counts = Counter(kept[run.run_id] for run in found)
    states = ", ".join(f"{n} {state}" for state, n in counts.items())
    what = f"{len(found)} of the {len(lacking)} missing runs"
    others = len(kept) - len(found)
    return (
        f"{folder} holds {what}{f' ({states})' * bool(found)}"
        f"{f', and {others} more' * bool(others)}"
        f"{_how_to_add(found, lacking) * bool(found)}"
    )


def _how_to_add(kept: Sequence[RunConfig], lacking: Sequence[RunConfig]) -> str:
    """From which seed on a clone adds to the kept runs, and how many it would repeat.

    It is the least seed of which a run is not kept; if all are, the seed after theirs.
    """
    ids = {run.run_id for run in kept}
    new = [run.seed for run in lacking if run.run_id not in ids]
    first = min(new, default=1 + max(run.seed for run in lacking))
    again = sum(run.seed >= first for run in kept)
    only = "none with --only of arms of as many seeds each"
    repeats = f", and repeats {again} of them, or {only}" if again else ""
    return f"; --first-seed {first} adds to them{repeats}"


def _tail(path: Path, width: int) -> list[list[str]]:
    """Whole rows at the end of a CSV file; none if there are none yet."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(size - TAIL_BYTES, 0))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    lines = text.split("\n")[1:-1]  # the first is the header or a part of a row
    rows = [line.split(",") for line in lines]
    return [row for row in rows if len(row) == width and _readable(row[:3])]


def _readable(cells: list[str]) -> bool:
    # Looking at a run must not fail; the reader of records says what is wrong with it.
    try:
        return int(cells[0]) >= 0 and all(math.isfinite(float(cell)) for cell in cells)
    except ValueError:
        return False
