"""A replay memory's frames on disk: in chunks that are written once, twice over.

What a row of the memory holds never changes until it is overwritten. So a chunk of
rows is written when it is full, and checkpoints only refer to it. Two checkpoints
share most of their chunks: that damage to one file can't spoil both, each has a copy.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from algorithms.replay import PathReplayBuffer
from analysis.records.files import sync_folder, write_atomically

log = logging.getLogger(__name__)

FOLDERS = ("checkpoint.frames", "checkpoint.frames.copy")
CHUNK_ROWS = 8192  # 58 MB of 84 x 84 frames: what saving and loading take of memory
CHUNKS_A_RING = 4  # at least, so that a full chunk is met before it is overwritten


class DamagedError(Exception):
    """A file's content is not what was written."""


class Chunk(NamedTuple):
    """Some rows of one environment, and what their frames' file must hold."""

    env: int
    first: int  # the first row, counted over all that were ever written
    rows: int
    digest: str  # SHA-256

    @property
    def name(self) -> str:
        """Its file's name, which no other content has."""
        return f"{self.env:d}-{self.first:d}-{self.rows:d}-{self.digest[:16]}.z"


class FrameStore:
    """The frames of one memory in a run's folder; iterate to have them back.

    Args:
        folder: The run's folder.
        chunks: What a checkpoint refers to, to go on from.
    """

    def __init__(self, folder: Path, chunks: Iterable[Chunk] = ()) -> None:
        self.folders = [folder / name for name in FOLDERS]
        self.chunks = list(chunks)  # of the last checkpoint
        self.known = {(chunk.env, chunk.first): chunk for chunk in self.chunks}

    def write_full(self, memory: PathReplayBuffer) -> None:
        """Write the latest full chunk, unless it is there: a checkpoint has less to."""
        size = _chunk_rows(memory)
        for env, head in enumerate(memory.head.tolist()):
            first = head // size * size - size
            if first >= max(head - memory.rows, 0):
                self._stored(memory, env, first, first + size)

    def write_all(self, memory: PathReplayBuffer) -> list[Chunk]:
        """Write what is not there yet; return the chunks that hold every frame."""
        size = _chunk_rows(memory)
        chunks = []
        for env, head in enumerate(memory.head.tolist()):
            oldest = max(head - memory.rows, 0)
            for first in range(oldest // size * size, head, size):
                last = min(first + size, head)
                chunks.append(self._stored(memory, env, first, last))
        for folder in self.folders:
            if folder.exists():
                sync_folder(folder)
        return chunks

    def _stored(
        self, memory: PathReplayBuffer, env: int, first: int, last: int
    ) -> Chunk:
        known = self.known.get((env, first))
        if known is None or known.rows < last - first:
            first = max(first, int(memory.head[env]) - memory.rows)
            known = self._write(env, first, memory.get_rows(env, first, last))
            self.known[env, first] = known
        return known

    def _write(self, env: int, first: int, frames: np.ndarray) -> Chunk:
        content = zlib.compress(frames.data, level=1)
        digest = hashlib.sha256(content).hexdigest()
        chunk = Chunk(env, first, len(frames), digest)
        write_atomically({folder / chunk.name: content for folder in self.folders})
        return chunk

    def keep_only(self, chunks: Sequence[Chunk]) -> None:
        """Delete all files but those of a new checkpoint and of the one before."""
        names = {chunk.name for chunk in (*self.chunks, *chunks)}
        for folder in self.folders:
            for path in folder.glob("*"):
                if path.name not in names:
                    path.unlink()
        self.chunks = list(chunks)
        self.known = {(chunk.env, chunk.first): chunk for chunk in chunks}

    def check(self) -> None:
        """Raise a DamagedError unless every chunk can be read."""
        for chunk in self.chunks:
            self._read(chunk)

    def __iter__(self) -> Iterator[tuple[int, int, np.ndarray]]:
        """Yield ``(environment, first row, bytes of each row)``, chunk by chunk."""
        for chunk in self.chunks:
            frames = np.frombuffer(zlib.decompress(self._read(chunk)), np.uint8)
            yield chunk.env, chunk.first, frames.reshape(chunk.rows, -1)

    def _read(self, chunk: Chunk) -> bytes:
        contents = [_content(folder / chunk.name) for folder in self.folders]
        whole = [c for c in contents if hashlib.sha256(c).hexdigest() == chunk.digest]
        if not whole:
            raise DamagedError(f"damaged: {chunk.name} of its frames, and the copy")
        key = chunk.env, chunk.first
        if len(whole) < len(contents) and key in self.known:
            del self.known[key]  # so the next checkpoint writes it again
            log.warning("%s is damaged or missing: its copy is used", chunk.name)
        return whole[0]


def _chunk_rows(memory: PathReplayBuffer) -> int:
    return min(CHUNK_ROWS, memory.rows // CHUNKS_A_RING)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def remove(folder: Path) -> None:
    """Delete all the frames of a run."""
    for name in FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
