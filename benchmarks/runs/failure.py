"""What a run that failed leaves behind: why, in one line, wherever there is room."""

from __future__ import annotations

import logging
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from algorithms.checks import DivergenceError
from analysis.records.files import write_json
from analysis.records.record import FAILED_FILE, has_begun
from benchmarks.errors import UsageError
from benchmarks.runs.heartbeat import HEARTBEAT_FILE

log = logging.getLogger(__name__)


def fail(folder: Path, frames: int, error: Exception) -> int:
    """Note in a run's folder and in its log why it failed; return the exit status."""
    failed = {
        "error": reason_of(error, folder),
        "frames": frames,
        # The same numbers would lead there again: it isn't tried again by itself.
        "diverged": isinstance(error, DivergenceError),
    }
    note_failure(folder, failed)
    with suppress(OSError):  # the log may be on the same full disk
        if not isinstance(error, DivergenceError | OSError | UsageError):
            log.error("the run raised", exc_info=error)
        if not isinstance(error, UsageError):  # which is shown as it is
            print(f"failed at {frames} frames: {failed['error']}", file=sys.stderr)
    return 1


def note_failure(folder: Path, failed: Mapping[str, Any]) -> None:
    """Write ``failed.json``, if the disk lets it."""
    with suppress(OSError):
        # On a full disk this makes the room that the note needs.
        (folder / HEARTBEAT_FILE).unlink(missing_ok=True)
        write_json(folder / FAILED_FILE, failed)


def note_silent_end(folder: Path, status: int) -> None:
    """Note why there is nothing of a run, if its process ended before it trained."""
    if not has_begun(folder):
        ended = f"exit status {status}" if status >= 0 else f"signal {-status}"
        failed = {"error": f"NotBegun: its process ended before, by {ended}"}
        note_failure(folder, {**failed, "frames": 0, "diverged": False})


def reason_of(error: Exception, folder: Path) -> str:
    """Say in one line what went wrong; of a file, which one and what room there is."""
    if isinstance(error, OSError):
        said = f"{error.filename or folder}: {error.strerror or error}, {room(folder)}"
    else:
        said = next(iter(str(error).splitlines()), "")
    return f"{type(error).__name__}: {said}"


def room(folder: Path) -> str:
    """How much a file system still takes."""
    try:
        return f"{shutil.disk_usage(folder).free:,} bytes free there"
    except OSError:
        return "its free bytes unknown"
