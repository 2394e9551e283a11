"""Checkpoints on disk: whole or not at all, checked, the last two of them kept."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import time
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from stable_baselines3.common.callbacks import BaseCallback

from benchmarks.errors import UsageError
from benchmarks.state import check_parameters, get_state

log = logging.getLogger(__name__)

CURRENT_FILE = "checkpoint.pt"
PREVIOUS_FILE = "checkpoint.previous.pt"
INTERVAL_S = 600.0
DIGEST_BYTES = 32
# A replay memory's frames shrink twenty times and more; small tensors are left alone.
COMPRESS_BYTES = 1 << 20


class DamagedError(Exception):
    """A checkpoint's content is not what was written."""


def save(folder: Path, state: Mapping[str, Any]) -> None:
    """Write a checkpoint beside the last one, which becomes the previous.

    The new file is on the disk, with its SHA-256 in front, before any other is moved.
    """
    payload = io.BytesIO()
    torch.save(_map_tensors(state, _compressed), payload)
    content = payload.getbuffer()
    temporary = folder / f"{CURRENT_FILE}.{os.getpid()}.tmp"
    try:
        with temporary.open("wb") as file:
            file.write(hashlib.sha256(content).digest())
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    if (folder / CURRENT_FILE).exists():
        (folder / CURRENT_FILE).replace(folder / PREVIOUS_FILE)
    temporary.replace(folder / CURRENT_FILE)
    _sync_folder(folder)


def load(folder: Path) -> dict[str, Any] | None:
    """Return the newest checkpoint that is whole; None if there is none at all.

    Raises:
        UsageError: There are checkpoints, and all of them are damaged.
    """
    paths = [folder / name for name in (CURRENT_FILE, PREVIOUS_FILE)]
    present = [path for path in paths if path.exists()]
    for path in present:
        try:
            return _read(path)
        except (DamagedError, OSError) as error:
            log.warning("%s: %s", path, error)
    if present:
        raise UsageError(
            f"{folder}: every checkpoint is damaged; delete checkpoint*.pt there to "
            "start the run from the beginning"
        )
    return None


def remove(folder: Path) -> None:
    """Delete the checkpoints of a run that is done."""
    for name in (CURRENT_FILE, PREVIOUS_FILE):
        (folder / name).unlink(missing_ok=True)


def _read(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    digest, payload = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
    if hashlib.sha256(payload).digest() != digest:
        raise DamagedError("damaged: its checksum is another")
    # Tensors and plain types alone: a checkpoint can't run code.
    state = torch.load(io.BytesIO(payload), weights_only=True, map_location="cpu")
    return _map_tensors(state, lambda tensor: tensor)


def _map_tensors(tree: Any, change: Callable[[torch.Tensor], Any]) -> Any:
    """Apply a function to every tensor in dicts and lists; expand compressed ones."""
    if isinstance(tree, torch.Tensor):
        return change(tree)
    if isinstance(tree, Mapping):
        if set(tree) == {"zlib", "dtype", "shape"}:
            return _expanded(tree)
        return {key: _map_tensors(value, change) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)(_map_tensors(value, change) for value in tree)
    return tree


def _compressed(tensor: torch.Tensor) -> Any:
    if tensor.dtype != torch.uint8 or tensor.nbytes < COMPRESS_BYTES:
        return tensor
    array: Any = tensor.contiguous().numpy()
    packed = zlib.compress(array, level=1)
    content = torch.frombuffer(bytearray(packed), dtype=torch.uint8)
    return {"zlib": content, "dtype": "uint8", "shape": list(tensor.shape)}


def _expanded(packed: Mapping[str, Any]) -> torch.Tensor:
    content = bytearray(zlib.decompress(packed["zlib"].numpy()))
    return torch.frombuffer(content, dtype=torch.uint8).view(packed["shape"])


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class CheckpointCallback(BaseCallback):
    """Saves a run between updates, now and then and when it is asked to stop.

    Args:
        folder: The run's folder.
        record_state: Where the record stands, to be saved with the model.
        stop_asked: Whether the run is to be left; training ends after the save.
        enabled: Whether the environment has a state that can be taken up again.
        interval_s: Seconds between two checkpoints; by default ten minutes.
    """

    def __init__(
        self,
        folder: Path,
        *,
        record_state: Callable[[], dict[str, Any]],
        stop_asked: Callable[[], bool],
        enabled: bool = True,
        interval_s: float | None = None,
    ) -> None:
        super().__init__()
        self.folder, self.record_state = folder, record_state
        self.stop_asked = stop_asked
        self.interval_s = INTERVAL_S if interval_s is None else interval_s
        self.enabled = enabled
        self.last = time.monotonic()
        self.stopped = False

    def _on_rollout_start(self) -> None:
        due = time.monotonic() - self.last >= self.interval_s
        if not (due or self.stop_asked()):
            return
        if self.enabled:
            check_parameters(self.model)  # a state gone bad must not replace a good one
            save(self.folder, get_state(self.model) | {"record": self.record_state()})
        self.last = time.monotonic()
        self.stopped = self.stop_asked()

    def _on_step(self) -> bool:
        return not self.stopped
