"""How a process that trains uses its machine: threads, tiny numbers, memory."""

from __future__ import annotations

import ctypes

import torch

from benchmarks.errors import UsageError

# Parameters of glibc's mallopt, from malloc.h.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_MEBIBYTE = 1 << 20


def prepare(threads: int) -> None:
    """Ready this process for training with so many threads; changes no number."""
    torch.set_num_threads(threads)
    # Dead units leave subnormal numbers in RMSProp's state, a hundred times slower.
    torch.set_flush_denormal(True)
    _keep_freed_memory()


def check_device(device: str) -> None:
    """Refuse a GPU where none is: Stable-Baselines3 would take the CPU in silence.

    Raises:
        UsageError: The device is "cuda", and this process sees no GPU.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise UsageError("device=cuda: no GPU is to be seen here")


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
