"""How a process that trains uses its machine: threads, tiny numbers, memory."""

from __future__ import annotations

import ctypes

import torch

# Parameters of glibc's mallopt, from malloc.h.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_MEBIBYTE = 1 << 20


def prepare(threads: int) -> None:
    """Ready this process for training with so many threads; changes no number."""
    torch.set_num_threads(threads)
    # Dead units leave subnormal numbers in RMSProp's state, a hundred times slower.
    torch.set_flush_denormal(True)
    _keep_freed_memory()


def _keep_freed_memory() -> None:
    """Have the C library keep the memory of activations for the next ones.

    By default it returns each large block to the system, which hands it out again page
    by page: a tenth of the time of an update.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # other C libraries have no such thing
        mallopt(_M_MMAP_THRESHOLD, 32 * _MEBIBYTE)
        mallopt(_M_TRIM_THRESHOLD, 1024 * _MEBIBYTE)
        mallopt(_M_TOP_PAD, 64 * _MEBIBYTE)
