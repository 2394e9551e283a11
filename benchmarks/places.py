"""Whether results can be written where the user wants them: asked before any work."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from benchmarks.errors import UsageError

PROBE_BYTES = 1 << 16  # whatever is written needs some room to begin with


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


def _nearest(folder: Path) -> Path:
    """The folder, or what is there of the way to it."""
    return next(place for place in (folder, *folder.parents) if place.exists())
