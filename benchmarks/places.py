"""Whether results can be read and written where the user says: asked before work."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from benchmarks.errors import UsageError

PROBE_BYTES = 1 << 16  # whatever is written needs some room to begin with
# A folder stands where a file is to be, or a file where a folder is, or it's another's.
UNUSABLE = (IsADirectoryError, NotADirectoryError, FileExistsError, PermissionError)


def check_writable(*folders: Path) -> None:
    """Try to write where folders are, or will be; leaves nothing behind.

    Raises:
        UsageError: One of them can't be written to.
    """
    for folder in folders:
        place = _nearest(folder)
        probe = place / f".writable-{os.getpid()}"
        try:
            probe.write_bytes(bytes(PROBE_BYTES))
        except OSError as error:
            raise UsageError(f"can't write to {folder}: {error.strerror}") from error
        finally:
            with suppress(OSError):
                probe.unlink(missing_ok=True)


def check_results(results: Path, *parts: str) -> None:
    """As :func:`check_writable`, for parts of a results folder; say if it is new.

    Raises:
        UsageError: One of the parts can't be written to.
    """
    check_writable(*(results / part for part in parts))
    if not results.exists():
        print(f"{results} is not there yet: it will be made", file=sys.stderr)


def check_there(results: Path) -> None:
    """Refuse a folder of results that is not there: what is new has nothing to show.

    Raises:
        UsageError: It is not there.
    """
    if not results.is_dir():
        raise UsageError(f"{results}: expected a folder of results; there is none")


def unusable(error: OSError) -> str:
    """Say in a line which place a command can't use, and what was expected there.

    Args:
        error: One of :data:`UNUSABLE` that names a file.
    """
    # Of a renaming, which has two, the second is the one that the user knows.
    place = Path(os.fsdecode(error.filename2 or error.filename))
    if isinstance(error, PermissionError):
        return f"{place}: expected to be allowed to use it: {error.strerror}"
    place = _nearest(place)
    expected = "a file, not a folder" if place.is_dir() else "a folder, not a file"
    return f"{place}: expected {expected}"


def _nearest(folder: Path) -> Path:
    """The folder, or what is there of the way to it."""
    return next(place for place in (folder, *folder.parents) if place.exists())
