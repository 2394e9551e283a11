"""All that a run writes while it trains, put together."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.runs.heartbeat import Heartbeat
from benchmarks.runs.tracking import MetricsWriter, RecordCallback, make_logger
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
    """The record of a run that trains: its files, its W&B run, its sign of life.

    Args:
        folder: The run's folder.
        record: Its configuration, as in ``config.json``.
        heartbeat: Its sign of life.
        resumed: What :meth:`state` returned, to go on from there: what was written
            later is cut off.

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
    ) -> None:
        environment = record["environment"]
        self.heartbeat = heartbeat
        self.clock = Clock(resumed["seconds"] if resumed else 0.0)
        wandb = WandbWriter(folder, record)
        self.callback = RecordCallback(
            folder,
            frame_skip=environment["frame_skip"],
            log_interval=environment["log_interval"],
            wandb=wandb,
            heartbeat=heartbeat,
            clock=self.clock,
            resumed=resumed,
        )
        self._metrics = MetricsWriter(folder, resumed)
        self.logger = make_logger(self._metrics, wandb)
        wandb.catch_up(resumed is not None)  # the files end at the checkpoint now

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
        """Close the files, and let W&B finish."""
        self.callback.close()
        self.logger.close()
