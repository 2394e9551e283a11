"""Where a run's numbers go: its own CSV files first, Weights & Biases beside them.

The sinks are SB3 ``KVWriter``s, so that ``logger.dump(frames)`` writes to all of them.
"""

from __future__ import annotations

import logging
import netrc
import os
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import KVWriter, Logger

from analysis.csvs import Table
from analysis.records import EPISODES, EPISODES_FILE, METRICS, METRICS_FILE

log = logging.getLogger(__name__)

WANDB_PROJECT = "soft-q-pg"
# Beyond this a W&B process is taken for dead: it must never hold a run up.
WANDB_PATIENCE_S = 20.0


class CsvWriter:
    """Appends rows of a record's table, flushed so that a reader sees whole lines."""

    def __init__(self, path: Path, table: Table) -> None:
        self.columns = list(table.dtypes)
        self.file: IO[str] = path.open("w", newline="")
        self.write(dict(zip(self.columns, self.columns, strict=True)))

    def write(self, row: Mapping[str, Any]) -> None:
        """Write one row; a column that it lacks stays empty."""
        cells = ("" if row.get(c) is None else str(row[c]) for c in self.columns)
        self.file.write(",".join(cells) + "\n")
        self.file.flush()

    def close(self) -> None:
        """Close the file."""
        self.file.close()


class MetricsWriter(KVWriter):
    """Writes what an algorithm logs under ``train/`` and ``time/`` to metrics.csv."""

    def __init__(self, folder: Path) -> None:
        self.csv = CsvWriter(folder / METRICS_FILE, METRICS)

    def write(
        self,
        key_values: dict[str, Any],
        key_excluded: dict[str, tuple[str, ...]],
        step: int = 0,
    ) -> None:
        """Write one row at ``step`` frames."""
        self.csv.write({"frames": step, **_last_names(key_values)})

    def close(self) -> None:
        """Close the file."""
        self.csv.close()


def _last_names(key_values: Mapping[str, Any]) -> dict[str, Any]:
    return {key.rpartition("/")[2]: value for key, value in key_values.items()}


class WandbWriter(KVWriter):
    """Sends rows to W&B; the first error of W&B's ends that, never the run.

    Rows carry ``frames`` as their step metric. W&B's own step counter is not used: it
    refuses rows that come twice, as they do when a run is taken up again.
    """

    def __init__(self, folder: Path, record: Mapping[str, Any]) -> None:
        self.run: Any = None
        self._guard("start", lambda: self._start(folder, record))

    def _start(self, folder: Path, record: Mapping[str, Any]) -> None:
        import wandb

        settings = wandb.Settings(
            silent=True,
            console="off",
            disable_git=True,
            save_code=False,
            init_timeout=WANDB_PATIENCE_S,
            x_disable_stats=True,
            x_disable_meta=True,
        )
        run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", WANDB_PROJECT),
            id=record["run_id"],
            name=record["run_id"],
            group=f"{record['study']}/{record['game']}",
            job_type=record["label"],
            config=dict(record),
            dir=str(folder),
            mode=wandb_mode(),
            resume="allow",
            settings=settings,
        )
        run.define_metric("frames")
        run.define_metric("*", step_metric="frames")
        self.run = run

    def write(
        self,
        key_values: dict[str, Any],
        key_excluded: dict[str, tuple[str, ...]],
        step: int = 0,
    ) -> None:
        """Send one row at ``step`` frames."""
        self.send({"frames": step, **key_values})

    def send(self, row: dict[str, Any]) -> None:
        """Send a row, if W&B is still there."""
        if self.run is not None:
            self._guard("log", lambda: self.run.log(row))

    def close(self) -> None:
        """Let W&B finish, for a while."""
        if self.run is None:
            return
        finish = threading.Thread(
            target=self._guard, args=("finish", self.run.finish), daemon=True
        )
        finish.start()
        finish.join(WANDB_PATIENCE_S)

    def _guard(self, what: str, call: Callable[[], Any]) -> None:
        # Whatever a third party's process raises must not end hours of training.
        try:
            call()
        except (Exception, SystemExit) as error:
            self.run = None
            log.warning("W&B %s failed, going on without it: %s", what, error)


def wandb_mode() -> Any:
    """Offline, unless the user asks otherwise or is logged in and W&B can be reached.

    With a key but no network, ``wandb.init`` would wait for minutes; a connection is
    tried first.
    """
    asked = os.environ.get("WANDB_MODE")
    if asked:
        return asked
    host = _wandb_host()
    return "online" if _logged_in(host) and _reachable(host) else "offline"


def _wandb_host() -> str:
    import wandb

    return urlsplit(str(wandb.Settings().base_url)).netloc


def _logged_in(host: str) -> bool:
    if os.environ.get("WANDB_API_KEY"):
        return True
    try:
        path = os.environ.get("NETRC")
        return netrc.netrc(path).authenticators(host.partition(":")[0]) is not None
    except (OSError, netrc.NetrcParseError):
        return False


def _reachable(host: str) -> bool:
    name, _, port = host.partition(":")
    try:
        with socket.create_connection((name, int(port or 443)), timeout=3):
            return True
    except OSError:
        return False


class RecordCallback(BaseCallback):
    """Records every finished game, and the algorithm's numbers at intervals.

    Args:
        folder: The run's folder.
        frame_skip: Emulator frames an agent step.
        log_interval: Emulator frames between two rows of metrics.
        wandb: The W&B sink.
        clock: Seconds of training so far.
    """

    def __init__(
        self,
        folder: Path,
        *,
        frame_skip: int,
        log_interval: int,
        wandb: WandbWriter,
        clock: Callable[[], float],
    ) -> None:
        super().__init__()
        self.episodes = CsvWriter(folder / EPISODES_FILE, EPISODES)
        self.frame_skip, self.log_interval = frame_skip, log_interval
        self.wandb, self.clock = wandb, clock
        self.n_episodes = 0
        self.next_row = log_interval
        self.last_row = (0, 0.0)  # frames, seconds

    @property
    def frames(self) -> int:
        """Emulator frames of all environments so far."""
        return self.num_timesteps * self.frame_skip

    def _on_step(self) -> bool:
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
        self.wandb.send(row)

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


def make_logger(folder: Path, wandb: WandbWriter) -> Logger:
    """Return an SB3 logger whose dumps go to metrics.csv and to W&B."""
    return Logger(folder=None, output_formats=[MetricsWriter(folder), wandb])
