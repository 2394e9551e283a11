"""Write files so that a reader sees the old content or the new, never a half."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_atomically(contents: Mapping[Path, bytes]) -> None:
    """Replace files together: all are written and synced before the first rename.

    Args:
        contents: The bytes of each file; missing folders are made.

    Raises:
        OSError: The disk is full or read-only. Every file then has its old content,
            unless the error came from a rename itself.
    """
    temporary = {path: _beside(path) for path in contents}
    try:
        for path, data in contents.items():
            _write_synced(temporary[path], data)
        for path in contents:
            temporary[path].replace(path)
    finally:
        for leftover in temporary.values():
            leftover.unlink(missing_ok=True)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file in one piece: it is there whole, or not at all."""
    write_atomically({path: (json.dumps(content, indent=1) + "\n").encode()})


def _beside(path: Path) -> Path:
    # In the same folder, because a rename is atomic only within a file system.
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def _write_synced(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the names of a folder's files are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
