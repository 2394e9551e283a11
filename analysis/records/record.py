"""The record format: the one narrow waist between what runs and what is shown.

A run is a folder ``results/runs/<run_id>/``:

- ``config.json``: identity, hyper-parameters and where each of them comes from;
- ``episodes.csv``: one row per finished full game;
- ``metrics.csv``: one row at intervals; ``timing.csv``: when each was written;
- ``done.json``, written last, or ``failed.json``.

The writer imports the names below; the reader trusts nothing that it reads. Frames are
emulator frames, summed over all parallel environments; returns are of full games and
unclipped; times are in seconds.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.records.configs import check_config
from analysis.records.csvs import Table, read_table
from analysis.records.errors import RecordError

if TYPE_CHECKING:
    import pandas as pd

CONFIG_FILE = "config.json"
EPISODES_FILE = "episodes.csv"
METRICS_FILE = "metrics.csv"
TIMING_FILE = "timing.csv"
DONE_FILE = "done.json"
FAILED_FILE = "failed.json"
POLICY_FILE = "policy.pt"
# What done.json says of the files beside it; nobody writes those again.
SEALS = {
    "episodes_sha256": EPISODES_FILE,
    "metrics_sha256": METRICS_FILE,
    "config_sha256": CONFIG_FILE,
}

EPISODES = Table(
    dtypes={
        "frames": "int64",
        "env": "int64",
        "game_return": "float64",
        "length_frames": "int64",
    },
)
METRICS = Table(
    dtypes={
        "frames": "int64",
        "loss": "float64",
        "policy_loss": "float64",
        "value_loss": "float64",
        "entropy": "float64",
        "value": "float64",
        "q_value": "float64",
        "grad_norm": "float64",
        "learning_rate": "float64",
        "epsilon": "float64",
        "q_error": "float64",
        "target_entropy": "float64",
        "kept_share": "float64",
    },
    required=("frames",),
    strictly_rising=True,
    later=("q_error", "target_entropy", "kept_share"),
)
# Apart from the metrics, which are the same whenever and wherever a run is made.
TIMING = Table(
    dtypes={"frames": "int64", "seconds": "float64", "steps_per_second": "float64"},
    strictly_rising=True,
)
EPISODE_COLUMNS = tuple(EPISODES.dtypes)


@dataclass(frozen=True, eq=False)
class RunRecord:
    """What one run left behind.

    Attributes:
        config: The content of ``config.json``.
        status: ``"done"``, ``"failed"`` or ``"unfinished"``.
        frames: Emulator frames reached.
        seconds: Wall time of training; NaN before the first row of timing.
        frames_per_second: Emulator frames per second of training; NaN likewise.
        episodes: Columns of :data:`EPISODES`.
        metrics: Columns of :data:`METRICS`.
        timing: Columns of :data:`TIMING`.
    """

    config: dict[str, Any]
    status: str
    frames: int
    seconds: float
    frames_per_second: float
    episodes: pd.DataFrame
    metrics: pd.DataFrame
    timing: pd.DataFrame

    def same_as(self, other: RunRecord) -> bool:
        """Whether every number and setting of the two records is equal."""
        return (
            self.config == other.config
            and self._summary().equals(other._summary())
            and self.episodes.equals(other.episodes)
            and self.metrics.equals(other.metrics)
            and self.timing.equals(other.timing)
        )

    def _summary(self) -> pd.Series:
        import pandas as pd

        # A Series, because there NaN equals NaN.
        times = [self.seconds, self.frames_per_second]
        return pd.Series([self.status, self.frames, *times], dtype=object)


def has_begun(folder: Path) -> bool:
    """Whether a run has left a record: not before it trains, or fails to."""
    names = (EPISODES_FILE, DONE_FILE, FAILED_FILE)
    return any((folder / name).exists() for name in names)


def read_run(folder: Path) -> RunRecord:
    """Read one run's folder, at any moment of the run's life.

    Raises:
        RecordError: A file is missing, mangled or contradicts another; it is named.
    """
    config = read_config(folder / CONFIG_FILE)
    if config["run_id"] != folder.name:
        raise RecordError(folder / CONFIG_FILE, f"run_id is {config['run_id']!r}")
    tables = (
        read_table(folder / EPISODES_FILE, EPISODES, missing_ok=True),
        read_table(folder / METRICS_FILE, METRICS, missing_ok=True),
        read_table(folder / TIMING_FILE, TIMING, missing_ok=True),
    )
    if (folder / DONE_FILE).exists():
        return _done_run(folder, config, *tables)
    return _halted_run(folder, config, *tables)


def read_config(path: Path) -> dict[str, Any]:
    """Read and check a ``config.json``.

    Raises:
        RecordError: It is missing or wrong; every problem is named at once.
    """
    config = read_json(path)
    check_config(path, config)
    return config


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        RecordError: The file is missing, is not JSON, or is not an object.
    """
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise RecordError(path, "is missing") from None
    except ValueError as error:
        raise RecordError(path, f"is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise RecordError(path, "is not a JSON object")
    return content


def number_in(path: Path, content: Mapping[str, Any], key: str) -> float:
    """A number of ``done.json`` or ``failed.json``.

    Args:
        path: The file.
        content: What it holds.
        key: Of the number.

    Raises:
        RecordError: There is none, or it is no finite number.
    """
    value: Any = content.get(key)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and math.isfinite(value):
        return float(value)
    raise RecordError(path, f"{key}: expected a number, not {value!r}")


def failed_at(folder: Path) -> int:
    """The frames of which ``failed.json`` says that the run failed there; else 0.

    Raises:
        RecordError: It is mangled.
    """
    path = folder / FAILED_FILE
    return int(number_in(path, {"frames": 0, **read_json(path)}, "frames"))


def seals(folder: Path) -> dict[str, str]:
    """SHA-256 of the files of a finished run, for its ``done.json``."""
    return {key: _sha256(folder / name) for key, name in SEALS.items()}


def _sha256(path: Path) -> str:
    data = path.read_bytes() if path.exists() else b""
    return hashlib.sha256(data).hexdigest()


def _done_run(
    folder: Path,
    config: dict[str, Any],
    episodes: pd.DataFrame,
    metrics: pd.DataFrame,
    timing: pd.DataFrame,
) -> RunRecord:
    path = folder / DONE_FILE
    done = read_json(path)
    # Older records have a seal on their games alone.
    sealed = {key: done[key] for key in SEALS if key in done}
    if "episodes_sha256" not in sealed:
        raise RecordError(path, "lacks 'episodes_sha256'")
    count = number_in(path, done, "episodes")
    frames = int(number_in(path, done, "frames"))
    seconds = number_in(path, done, "seconds")
    speed = number_in(path, done, "frames_per_second")
    for key, digest in sealed.items():
        if digest != _sha256(folder / SEALS[key]):
            raise _changed(folder / SEALS[key])
    if count != len(episodes):
        raise _changed(folder / EPISODES_FILE)
    tables = (episodes, metrics, timing)
    return RunRecord(config, "done", frames, seconds, speed, *tables)


def _changed(path: Path) -> RecordError:
    return RecordError(path, f"is not the file that {DONE_FILE} describes")


def _halted_run(
    folder: Path,
    config: dict[str, Any],
    episodes: pd.DataFrame,
    metrics: pd.DataFrame,
    timing: pd.DataFrame,
) -> RunRecord:
    status, frames = "unfinished", _last(episodes, "frames", 0)
    if (folder / FAILED_FILE).exists():
        status = "failed"
        frames = max(frames, failed_at(folder))
    frames = max(frames, _last(metrics, "frames", 0))
    seconds = _last(timing, "seconds", float("nan"))
    speed = _last(timing, "frames", 0) / seconds if seconds > 0 else float("nan")
    tables = (episodes, metrics, timing)
    return RunRecord(config, status, int(frames), seconds, speed, *tables)


def _last(table: pd.DataFrame, column: str, default: Any) -> Any:
    return table[column].iloc[-1].item() if len(table) else default
