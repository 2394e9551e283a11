"""Checkpoints on disk: whole or not at all, checked, the last two of them kept."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from stable_baselines3.common.callbacks import BaseCallback

from algorithms.replay import PathReplayBuffer
from analysis.records.files import sync_folder
from benchmarks.errors import UsageError
from benchmarks.runs import frame_store
from benchmarks.runs.frame_store import Chunk, DamagedError, FrameStore
from benchmarks.runs.state import check_parameters, get_state

log = logging.getLogger(__name__)

CURRENT_FILE = "checkpoint.pt"
PREVIOUS_FILE = "checkpoint.previous.pt"
TEMPORARY_FILE = "checkpoint.tmp"  # a run's folder has one process
INTERVAL_S = 600.0
DIGEST_BYTES = 32


def save(
    folder: Path,
    state: Mapping[str, Any],
    memory: PathReplayBuffer | None = None,
    frames: FrameStore | None = None,
) -> None:
    """Write a checkpoint beside the last one, which becomes the previous.

    The new file is on the disk, with its SHA-256 in front, before any other is moved.

    Args:
        folder: The run's folder.
        state: Tensors and plain types.
        memory: A replay memory, whose frames are kept in files of their own.
        frames: Where those are; by default begun anew.
    """
    if memory is None:
        _replace(folder, state)
        return
    frames = frames or FrameStore(folder)
    chunks = frames.write_all(memory)
    _replace(folder, {**state, "frames": [tuple(chunk) for chunk in chunks]})
    frames.keep_only(chunks)


def _replace(folder: Path, state: Mapping[str, Any]) -> None:
    payload = io.BytesIO()
    torch.save(dict(state), payload)
    content = payload.getbuffer()
    temporary = folder / TEMPORARY_FILE
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
    sync_folder(folder)


def load(folder: Path) -> dict[str, Any] | None:
    """Return the newest checkpoint that is whole; None if there is none at all.

    It is the current one from then on. Its ``"frames"``, where the run has a replay
    memory, are a :class:`FrameStore`.

    Raises:
        UsageError: There are checkpoints, and all of them are damaged.
    """
    paths = [folder / name for name in (CURRENT_FILE, PREVIOUS_FILE)]
    present = [path for path in paths if path.exists()]
    for path in present:
        try:
            state = _read(path)
        except (DamagedError, OSError) as error:
            log.warning("%s: %s", path, error)
            continue
        # A damaged one must not become the previous one in place of this.
        path.replace(folder / CURRENT_FILE)
        return state
    if present:
        raise UsageError(
            f"{folder}: every checkpoint is damaged; delete checkpoint*.pt there to "
            "start the run from the beginning"
        )
    return None


def remove(folder: Path) -> None:
    """Delete the checkpoints of a run that is done."""
    for name in (CURRENT_FILE, PREVIOUS_FILE, TEMPORARY_FILE):
        (folder / name).unlink(missing_ok=True)
    frame_store.remove(folder)


def _read(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    digest, payload = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
    if hashlib.sha256(payload).digest() != digest:
        raise DamagedError("damaged: its checksum is another")
    try:  # tensors and plain types alone: a checkpoint can't run code
        state = torch.load(io.BytesIO(payload), weights_only=True, map_location="cpu")
    except UnpicklingError as error:
        raise DamagedError("refused: it holds more than plain data") from error
    if "frames" in state:
        chunks = [Chunk(*chunk) for chunk in state["frames"]]
        state["frames"] = FrameStore(path.parent, chunks)
        state["frames"].check()
    return state


class CheckpointCallback(BaseCallback):
    """Saves a run between updates, now and then and when it is asked to stop.

    Args:
        folder: The run's folder.
        record_state: Where the record stands, to be saved with the model.
        stop_asked: Whether the run is to be left; training ends after the save.
        resumed: What :func:`load` returned, if training goes on from there.
        interval_s: Seconds between two checkpoints; by default ten minutes.
    """

    def __init__(
        self,
        folder: Path,
        *,
        record_state: Callable[[], dict[str, Any]],
        stop_asked: Callable[[], bool],
        resumed: Mapping[str, Any] | None = None,
        interval_s: float | None = None,
    ) -> None:
        super().__init__()
        self.folder, self.record_state = folder, record_state
        self.stop_asked = stop_asked
        self.interval_s = INTERVAL_S if interval_s is None else interval_s
        self.frames = (resumed or {}).get("frames") or FrameStore(folder)
        self.last = time.monotonic()
        self.stopped = False

    def _on_rollout_start(self) -> None:
        memory = getattr(self.model, "replay_buffer", None)
        if memory is not None:
            self.frames.write_full(memory)
        due = time.monotonic() - self.last >= self.interval_s
        if not (due or self.stop_asked()):
            return
        check_parameters(self.model)  # a state gone bad must not replace a good one
        state = get_state(self.model) | {"record": self.record_state()}
        save(self.folder, state, memory, self.frames)
        self.last = time.monotonic()
        self.stopped = self.stop_asked()

    def _on_step(self) -> bool:
        return not self.stopped
