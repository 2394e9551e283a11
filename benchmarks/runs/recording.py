"""All that a run writes while it trains, put together."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stable_baselines3.common.logger import Logger

from benchmarks.runs.heartbeat import Heartbeat
from benchmarks.runs.tensorboard_sink import TensorboardWriter
from benchmarks.runs.tracking import MetricsWriter, RecordCallback
from benchmarks.runs.wandb_sink import WandbWriter


class Clock:
    """Seconds of training, over all the processes that a run has had."""

    def __init__(self, before: float) -> None:
        self.before, self.started = before, time.monotonic()

    def start(self) -> None:
        """Begin to count."""
        self.started = time.monotonic()

    def __call__(self) -> float:
        """Return the seconds so far."""
        return self.before + time.monotonic() - self.started


class Recording:
    """The record of a run that trains: its files, other sinks, its sign of life.

    Args:
        folder: The run's folder.
        record: Its configuration, as in ``config.json``.
        heartbeat: Its sign of life.
        resumed: What :meth:`state` returned, to go on from there: what was written
            later is cut off.
        tensorboard: Whether TensorBoard's files are written too.

    Attributes:
        callback: To be called by the training loop.
        logger: To be the model's.
        clock: To be started with training.
    """

    def __init__(
        self,
        folder: Path,
        record: Mapping[str, Any],
        heartbeat: Heartbeat,
        resumed: Mapping[str, Any] | None = None,
        *,
        tensorboard: bool = False,
    ) -> None:
        environment = record["environment"]
        self.heartbeat = heartbeat
        self.clock = Clock(resumed["seconds"] if resumed else 0.0)
        wandb = WandbWriter(folder, record)
        sinks: list[WandbWriter | TensorboardWriter] = [wandb]
        self.callback = RecordCallback(
            folder,
            frame_skip=environment["frame_skip"],
            log_interval=environment["log_interval"],
            sinks=sinks,
            heartbeat=heartbeat,
            clock=self.clock,
            resumed=resumed,
        )
        self._metrics = MetricsWriter(folder, resumed)
        # The record's files end at the checkpoint now.
        if tensorboard:
            sinks.append(TensorboardWriter(folder, resumed is not None))
        self.logger = Logger(folder=None, output_formats=[self._metrics, *sinks])
        wandb.catch_up(resumed is not None)

    @property
    def frames(self) -> int:
        """Emulator frames of all environments so far."""
        return self.callback.frames

    def state(self) -> dict[str, Any]:
        """Return where all files stand, for a checkpoint."""
        self.heartbeat.beat(self.frames, "saving")
        written = self.callback.state() | self._metrics.state()
        return written | {"seconds": self.clock()}

    def close(self) -> None:
        """Close the files, and let the others finish."""
        self.callback.close()
        self.logger.close()
