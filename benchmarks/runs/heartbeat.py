"""A run's sign of life: a file that its process writes and whoever started it reads.

A game that hangs in C++ lets no Python run, so nobody in that process can notice.
"""

from __future__ import annotations

import time
from pathlib import Path

HEARTBEAT_FILE = "heartbeat"
EVERY_S = 1.0
TRAINING = "training"
# For starting up, saving and ending, which may take long and show no frames.
PATIENCE_ELSEWHERE = 10
# Who watches may be stopped too, for instance together with the run: what it did not
# see counts for no more than this.
LONGEST_LOOK_S = 5.0


class Heartbeat:
    """Writes how many frames there are and what is being done, once a second."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / HEARTBEAT_FILE
        self.last = float("-inf")
        self.doing = ""

    def beat(self, frames: int, doing: str = TRAINING) -> None:
        """Say that the process is alive; cheap enough for every step."""
        now = time.monotonic()
        if doing != self.doing or now - self.last >= EVERY_S:
            self.path.write_text(f"{frames} {doing}\n")
            self.last, self.doing = now, doing

    def remove(self) -> None:
        """Delete the file."""
        self.path.unlink(missing_ok=True)


class Watch:
    """Tells when a process has made no progress for too long.

    Args:
        folder: The run's folder.
        patience_s: Seconds without a new frame while it trains; ten times as many while
            it does something else.
    """

    def __init__(self, folder: Path, patience_s: float) -> None:
        self.folder, self.patience_s = folder, patience_s
        # What an earlier process left there says nothing of this one.
        self.before = self.seen = read_heartbeat(folder)
        self.looked = time.monotonic()
        self.silent_s = 0.0

    def stalled(self) -> str | None:
        """Say since where nothing has moved, or None while all is well."""
        now, beat = time.monotonic(), read_heartbeat(self.folder)
        self.silent_s += min(now - self.looked, LONGEST_LOOK_S)
        self.looked = now
        if beat != self.seen:
            self.seen, self.silent_s = beat, 0.0
        frames, doing = beat
        begun = beat != self.before
        trains = begun and doing == TRAINING
        patience_s = self.patience_s * (1 if trains else PATIENCE_ELSEWHERE)
        if self.silent_s < patience_s:
            return None
        doing = doing if begun else "starting"
        return f"no progress for {patience_s:g} s: {doing} at {frames} frames"


def read_heartbeat(folder: Path) -> tuple[int, str]:
    """Frames and what is being done, as a run's process last said it."""
    try:
        frames, doing = (folder / HEARTBEAT_FILE).read_text().split()
        return int(frames), doing
    except (OSError, ValueError):  # not there, or being written
        return 0, ""
