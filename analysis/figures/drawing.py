"""Files of figures, drawn on all cores at once: drawing is what takes the time."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

Files = dict[Path, bytes]
Drawing = Callable[[], Files]

FEW = 4  # drawings that are not worth a process


def draw_all(drawings: Sequence[Drawing], processes: int | None = None) -> list[Files]:
    """What each drawing gives, in their order, whichever process draws it.

    Args:
        drawings: To be called without arguments; what is not drawn here is pickled.
        processes: At most so many; by default as many as there are cores.
    """
    workers = min(processes or len(os.sched_getaffinity(0)), len(drawings) // FEW)
    if workers < 2:
        return [drawing() for drawing in drawings]
    # A fork has read all libraries already; elsewhere than on Linux it is not safe.
    method = "fork" if sys.platform == "linux" else "spawn"
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(workers, context) as pool:
        return list(pool.map(_drawn, drawings))


def joined(files: Iterable[Files]) -> Files:
    """The files of several drawings."""
    return {path: data for each in files for path, data in each.items()}


def _drawn(drawing: Drawing) -> Files:
    return drawing()
