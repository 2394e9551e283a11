"""What the files of a run say of it, from any terminal, while it runs or after."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from analysis.records import DONE_FILE, EPISODES_FILE, FAILED_FILE, METRICS_FILE
from benchmarks.config import RunConfig
from benchmarks.train import LOCK_FILE, held

TAIL_BYTES = 8192
LAST_GAMES = 100


@dataclass(frozen=True)
class RunStatus:
    """One run at one moment.

    Attributes:
        state: "missing", "running", "unfinished", "failed" or "done".
        frames: Emulator frames that its record reaches.
        frames_per_second: Of its last interval, or of all of it when done.
        game_return: Mean of the last games (at most 100), None before the first.
        error: Why it failed, one line.
    """

    config: RunConfig
    folder: Path
    state: str
    frames: int = 0
    frames_per_second: float | None = None
    game_return: float | None = None
    error: str = ""


def run_folder(results: Path, config: RunConfig) -> Path:
    """Where a run's record is."""
    return results / "runs" / config.run_id


def status_of(results: Path, config: RunConfig) -> RunStatus:
    """Read a run's status from its folder."""
    folder = run_folder(results, config)
    if not folder.is_dir():
        return RunStatus(config, folder, "missing")
    returns = [float(row[2]) for row in _tail(folder / EPISODES_FILE)[-LAST_GAMES:]]
    game_return = fmean(returns) if returns else None
    frames, speed = _progress(folder, config)
    if (folder / DONE_FILE).exists():
        done = json.loads((folder / DONE_FILE).read_text())
        speed = done["frames_per_second"]
        return RunStatus(config, folder, "done", done["frames"], speed, game_return)
    if (folder / FAILED_FILE).exists():
        failed = json.loads((folder / FAILED_FILE).read_text())
        return RunStatus(
            config,
            folder,
            "failed",
            failed["frames"],
            None,
            game_return,
            failed["error"],
        )
    state = "running" if _is_held(folder) else "unfinished"
    return RunStatus(config, folder, state, frames, speed, game_return)


def statuses(results: Path, configs: Iterable[RunConfig]) -> list[RunStatus]:
    """Read the status of many runs."""
    return [status_of(results, config) for config in configs]


def _is_held(folder: Path) -> bool:
    lock = folder / LOCK_FILE
    if not lock.exists():
        return False
    with held(lock) as mine:
        return not mine


def _progress(folder: Path, config: RunConfig) -> tuple[int, float | None]:
    rows = _tail(folder / METRICS_FILE)
    games = _tail(folder / EPISODES_FILE)
    frames = max((int(row[0]) for row in (*rows[-1:], *games[-1:])), default=0)
    if not rows:
        return frames, None
    return frames, float(rows[-1][2]) * config.environment["frame_skip"]


def _tail(path: Path) -> list[list[str]]:
    """Whole rows at the end of a CSV file; none if there are none yet."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - TAIL_BYTES, 0))
        text = file.read().decode("utf-8", "replace")
    lines = text.split("\n")[1:-1]  # the first is the header or a part of a row
    return [line.split(",") for line in lines if line[:1].isdigit()]
