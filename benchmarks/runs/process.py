"""A run's process: alone on its folder, and not longer there than who started it.

Light to import, so that nothing slow comes before a process is tied to its parent.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

LOCK_FILE = "lock"
STOPPED = 128 + signal.SIGTERM  # exit status: checkpointed and left when asked to
HELD_ELSEWHERE = 75  # exit status: another process has this run (EX_TEMPFAIL)
# ``is_held`` holds a lock for an instant; who means to keep it tries for longer.
PATIENCE_S = 1.0
RETRY_S = 0.05


@contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Hold a run's lock; False when another process does. Its death frees it."""
    with (folder / LOCK_FILE).open("a") as file:
        yield _lock(file.fileno(), PATIENCE_S)


def is_held(folder: Path) -> bool:
    """Whether a process is at work on a run, on whichever machine."""
    path = folder / LOCK_FILE
    try:
        # NFS locks only what is open for writing; read-only results can be looked at.
        with path.open("r+b" if os.access(path, os.W_OK) else "rb") as file:
            return not _lock(file.fileno(), 0)
    except FileNotFoundError:
        return False


def _lock(descriptor: int, patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(RETRY_S)
        else:
            return True


def end_with(parent: int) -> bool:
    """Ask the kernel to end this process when its parent dies (Linux only).

    Returns:
        False if the parent is dead already.
    """
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    return os.getppid() == parent


@contextmanager
def stop_signals() -> Iterator[list[int]]:
    """Note SIGINT and SIGTERM in a list in place of acting on them.

    An exception out of a handler could strike between the start of a process and the
    line that remembers it.
    """
    received: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        received.append(number)

    numbers = (signal.SIGINT, signal.SIGTERM)
    previous = {number: signal.signal(number, note) for number in numbers}
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
