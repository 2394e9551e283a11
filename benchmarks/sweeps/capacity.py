"""What runs take of a machine's memory and disk, and what it has of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks.games.own import family_of
from benchmarks.suites.config import RunConfig

# A row of a replay memory beside its frame: an action, a reward and three flags.
ROW_BYTES = 8 + 4 + 3
COPIES = 2  # of a row in a checkpoint
# Beside its replay memory (results/tables/cost.md): a process, and its checkpoints.
PROCESS_BYTES = 500_000_000
CHECKPOINTS_BYTES = 60_000_000

CGROUPS = Path("/sys/fs/cgroup")


def rows(config: RunConfig) -> int:
    """Return how many rows of its replay memory a run fills, at least."""
    if config.family != "dqn":
        return 0
    steps = config.frames // config.environment["frame_skip"]
    return min(config.hyperparameters["buffer_size"], steps)


def _row_bytes(config: RunConfig) -> int:
    return family_of(config.game).frame_bytes + ROW_BYTES


def replay_memory_of(config: RunConfig) -> int:
    """Return the bytes that a run's replay memory asks for as it begins."""
    return _row_bytes(config) * config.hyperparameters.get("buffer_size", 0)


def memory_of(config: RunConfig) -> int:
    """Return the bytes of memory that a run needs in the end."""
    return PROCESS_BYTES + _row_bytes(config) * rows(config)


def disk_of(config: RunConfig) -> int:
    """Return the bytes of disk that a run's checkpoints need before it is done."""
    row = family_of(config.game).stored_frame_bytes + ROW_BYTES
    return CHECKPOINTS_BYTES + COPIES * row * rows(config)


def memory_here() -> int:
    """Return the bytes of this machine's memory, or of this process's share of it."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([physical, *_limits()])


def disk_free(folder: Path) -> int:
    """Return the bytes that are free where a folder is, or will be."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    return shutil.disk_usage(there).free


def _limits() -> Iterator[int]:
    """Limits that a container or a queue has set: those of every group on the way."""
    for folder, name in _groups():
        for place in (folder, *folder.parents):
            try:
                yield int((place / name).read_text())
            except (OSError, ValueError):  # none here: no file, or "max"
                continue


def _groups() -> Iterator[tuple[Path, str]]:
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            yield CGROUPS / path.lstrip("/"), "memory.max"
        elif "memory" in controllers.split(","):
            yield CGROUPS / "memory" / path.lstrip("/"), "memory.limit_in_bytes"
