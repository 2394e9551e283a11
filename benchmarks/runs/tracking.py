"""Where a run's numbers go: its own CSV files first, other sinks beside them.

The sinks are SB3 ``KVWriter``s, so that ``logger.dump(frames)`` writes to all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Protocol

from stable_baselines3.common.callbacks import BaseCallback

from analysis.records.csvs import Table
from analysis.records.record import (
    EPISODES,
    EPISODES_FILE,
    METRICS,
    METRICS_FILE,
    TIMING,
    TIMING_FILE,
)
from benchmarks.errors import UsageError
from benchmarks.runs.heartbeat import Heartbeat
from benchmarks.runs.recorded_rows import RowWriter


class CsvWriter:
    """Appends rows of a record's table, flushed so that a reader sees whole lines.

    Args:
        path: The file.
        table: Its columns; a file that is gone on from keeps those that it has.
        keep: Bytes of an existing file to go on from; 0 begins a new one.

    Raises:
        UsageError: The file has fewer bytes than are to be kept.
    """

    def __init__(self, path: Path, table: Table, keep: int = 0) -> None:
        self.columns = list(table.dtypes)
        if keep and (not path.exists() or path.stat().st_size < keep):
            raise UsageError(f"{path}: shorter than at the run's last checkpoint")
        self.file: IO[str] = path.open("r+" if keep else "w", newline="")
        self.file.truncate(keep)
        if keep:
            self.columns = self.file.readline().rstrip("\n").split(",")
        self.file.seek(keep)
        if not keep:
            self.write(dict(zip(self.columns, self.columns, strict=True)))

    def tell(self) -> int:
        """Bytes written so far."""
        return self.file.tell()

    def write(self, row: Mapping[str, Any]) -> None:
        """Write one row; a column that it lacks stays empty."""
        cells = ("" if row.get(c) is None else str(row[c]) for c in self.columns)
        try:
            self.file.write(",".join(cells) + "\n")
            self.file.flush()
        except OSError as error:  # that of a write names no file
            raise OSError(error.errno, error.strerror, self.file.name) from error

    def close(self) -> None:
        """Close the file."""
        # Every row is written by now, but for one that has raised and would again.
        with suppress(OSError):
            self.file.close()


class MetricsWriter(RowWriter):
    """Writes what an algorithm logs under ``train/`` to metrics.csv.

    What is logged under ``time/`` goes to timing.csv: it is another each time that the
    same run is made, and all else is the same to the byte.

    Args:
        folder: The run's folder.
        resumed: What :meth:`state` returned, to go on from there.
    """

    def __init__(self, folder: Path, resumed: Mapping[str, Any] | None = None) -> None:
        was = resumed or {}
        tables = {
            "metrics_bytes": (METRICS_FILE, METRICS),
            "timing_bytes": (TIMING_FILE, TIMING),
        }
        self.writers = {
            key: CsvWriter(folder / name, table, was.get(key, 0))
            for key, (name, table) in tables.items()
        }

    def state(self) -> dict[str, Any]:
        """Return where both files stand."""
        return {key: writer.tell() for key, writer in self.writers.items()}

    def send(self, row: dict[str, Any]) -> None:
        """Write the part of a row that each file has."""
        for writer in self.writers.values():
            writer.write(_last_names(row))

    def close(self) -> None:
        """Close the files."""
        for writer in self.writers.values():
            writer.close()


def _last_names(key_values: Mapping[str, Any]) -> dict[str, Any]:
    return {key.rpartition("/")[2]: value for key, value in key_values.items()}


class GameSink(Protocol):
    """Takes a row for each finished game, beside the run's record."""

    def send(self, row: dict[str, Any]) -> None:
        """Take one game."""


class RecordCallback(BaseCallback):
    """Records every finished game, and the algorithm's numbers at intervals.

    Args:
        folder: The run's folder.
        frame_skip: Emulator frames an agent step.
        log_interval: Emulator frames between two rows of metrics.
        sinks: What is told of each game, beside the record.
        heartbeat: Is told of every step.
        clock: Seconds of training so far.
        resumed: What :meth:`state` returned, to go on from there.
    """

    def __init__(
        self,
        folder: Path,
        *,
        frame_skip: int,
        log_interval: int,
        sinks: Sequence[GameSink],
        heartbeat: Heartbeat,
        clock: Callable[[], float],
        resumed: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        was = resumed or {"n_episodes": 0, "next_row": log_interval}
        keep = was.get("episodes_bytes", 0)
        self.episodes = CsvWriter(folder / EPISODES_FILE, EPISODES, keep)
        self.frame_skip, self.log_interval = frame_skip, log_interval
        self.sinks, self.heartbeat, self.clock = sinks, heartbeat, clock
        self.n_episodes: int = was["n_episodes"]
        self.next_row: int = was["next_row"]
        self.last_row: tuple[int, float] = was.get("last_row", (0, 0.0))

    def state(self) -> dict[str, Any]:
        """Return where the episodes' record stands."""
        return {
            "episodes_bytes": self.episodes.tell(),
            "n_episodes": self.n_episodes,
            "next_row": self.next_row,
            "last_row": self.last_row,  # frames, seconds
        }

    @property
    def frames(self) -> int:
        """Emulator frames of all environments so far."""
        return self.num_timesteps * self.frame_skip

    def _on_step(self) -> bool:
        self.heartbeat.beat(self.frames)
        if self.locals["dones"].any():
            for env, info in enumerate(self.locals["infos"]):
                if "episode" in info:
                    self._record_game(env, info["episode"])
        return True

    def _record_game(self, env: int, episode: Mapping[str, Any]) -> None:
        row = {
            "frames": self.frames,
            "env": env,
            "game_return": float(episode["r"]),
            "length_frames": int(episode["l"]),
        }
        self.episodes.write(row)
        self.n_episodes += 1
        for sink in self.sinks:
            sink.send(row)

    def _on_rollout_start(self) -> None:
        # Between updates, when the last one's numbers are in the logger.
        if self.frames >= self.next_row:
            self.record_metrics()

    def record_metrics(self) -> None:
        """Write a row of metrics now, unless this frame has one."""
        frames, seconds = self.frames, self.clock()
        last_frames, last_seconds = self.last_row
        if frames == last_frames:
            return
        steps = (frames - last_frames) / self.frame_skip
        speed = steps / max(seconds - last_seconds, 1e-9)
        self.logger.record("time/seconds", round(seconds, 3))
        self.logger.record("time/steps_per_second", round(speed, 2))
        self.logger.dump(frames)
        self.last_row = frames, seconds
        self.next_row = (frames // self.log_interval + 1) * self.log_interval

    def close(self) -> None:
        """Close the episodes' file."""
        self.episodes.close()
