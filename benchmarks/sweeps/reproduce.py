"""Train a committed run again, and say how far its record is identical."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.records.csvs import Table, read_table
from analysis.records.record import (
    EPISODES,
    EPISODES_FILE,
    METRICS,
    METRICS_FILE,
    RunRecord,
    read_json,
)
from analysis.records.study import CONFIGS_FILE, load_study, study_names
from benchmarks.errors import UsageError
from benchmarks.games.own import family_of
from benchmarks.runs.heartbeat import read_heartbeat
from benchmarks.runs.machine import check_device
from benchmarks.runs.provenance import provenance
from benchmarks.runs.resume import own_code
from benchmarks.runs.run_names import run_named
from benchmarks.runs.train import write_config
from benchmarks.suites.config import NUMERICS_VERSION, RunConfig
from benchmarks.suites.own import ALGORITHMS, check_loaded
from benchmarks.suites.suite import read_suite
from benchmarks.sweeps.agreement import Difference, first_difference, other_conditions
from benchmarks.sweeps.status import why_failed
from benchmarks.sweeps.sweep import Task

LOOK_S = 1.0


@dataclass
class Reproduction:
    """A run that is made again, next to its record.

    Attributes:
        record: What was committed.
        config: The same run under today's code; its id may be another.
        folder: Where it is made again.
        frames: Up to which the two are compared.
        options: Further words of its command.
        game: The first game that differs, so far.
        row: The first row of metrics that differs, so far.
        rows_compared: How many rows of metrics both have, so far.
    """

    record: RunRecord
    config: RunConfig
    folder: Path
    frames: int
    options: tuple[str, ...] = ()
    game: Difference | None = field(default=None, init=False)
    row: Difference | None = field(default=None, init=False)
    rows_compared: int = field(default=0, init=False)

    @property
    def metrics_too(self) -> bool:
        """Whether rows of metrics are to be the same."""
        return self.record.config.get("numerics", 1) == NUMERICS_VERSION

    @property
    def games(self) -> pd.DataFrame:
        """The record's games."""
        return self._until(self.record.episodes)

    @property
    def rows(self) -> pd.DataFrame:
        """The record's rows of metrics."""
        return self._until(self.record.metrics)

    def compare(self, *, whole: bool) -> None:
        """Compare with what there is by now.

        Args:
            whole: Whether that is all there will be: what it lacks differs then.
        """
        found = self._found(EPISODES_FILE, EPISODES)
        self.game = first_difference(self.games, found, whole=whole)
        if self.metrics_too:
            found = self._found(METRICS_FILE, METRICS)
            self.row = first_difference(self.rows, found, whole=whole)
            self.rows_compared = min(len(found), len(self.rows))

    def train(self) -> str:
        """Train as any run is, until enough is compared or a game differs.

        Returns:
            Why training failed, if it did.
        """
        task = Task(self.folder, self.config.threads)
        task.options = self.options
        task.start()
        try:
            while (status := task.status()) is None:
                reached = read_heartbeat(self.folder)[0]
                _show(min(reached, self.frames), self.frames)
                # What a step leaves is written before the next one.
                self.compare(whole=False)
                if self.game or reached > self.frames:
                    return ""
                time.sleep(LOOK_S)
            return why_failed(self.folder) if status else ""
        finally:
            if task.process:
                task.process.kill()
            task.end(within_s=LOOK_S)

    def _until(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows[rows["frames"] <= self.frames]

    def _found(self, name: str, table: Table) -> pd.DataFrame:
        return self._until(read_table(self.folder / name, table, missing_ok=True))


def reproduce(
    results: Path, wanted: str, frames: int, suite: Path | None = None
) -> int:
    """Train a run of ``results/data`` again and compare.

    Args:
        results: The folder of all results.
        wanted: The run's id, or how it begins.
        frames: Emulator frames to train.
        suite: The suite file that names the run's classes, if its user made them.

    Returns:
        0 when games and metrics are identical so far, 1 when they are not.

    Raises:
        UsageError: There is no such run, or it can't be trained here.
    """
    record = find_run(results / "data", wanted)
    options = ("--suite", str(suite.resolve())) if suite else ()
    if suite:
        read_suite(str(suite))
    config = config_now(record.config)
    frames = _bounded(record, frames)
    print(f"{record.config['run_id']}: {frames:,} frames of {config.frames:,}")
    _say_conditions(record.config, config, frames)
    os.environ["WANDB_MODE"] = "disabled"
    with tempfile.TemporaryDirectory(prefix="reproduce-") as name:
        folder = Path(name) / config.run_id
        write_config(folder, config)
        made = Reproduction(record, config, folder, frames, options)
        failed = made.train()
        # What comes after a game that differs has not been trained.
        made.compare(whole=not failed and made.game is None)
    print("\n".join(verdict(made)))
    if failed:
        print(f"training failed: {failed}", file=sys.stderr)
    return 1 if failed or made.game or made.row else 0


def find_run(data_dir: Path, wanted: str) -> RunRecord:
    """Return the one committed run whose id is, or begins with, ``wanted``.

    Raises:
        UsageError: There is none, or there are several.
    """
    studies = {
        run_id: study
        for study in study_names(data_dir)
        for run_id in read_json(data_dir / study / CONFIGS_FILE)
    }
    run_id = run_named(wanted, studies, data_dir)
    return load_study(data_dir, studies[run_id]).records()[run_id]


def config_now(record: Mapping[str, Any]) -> RunConfig:
    """Return a record's configuration as a run of today's code.

    Raises:
        UsageError: Today's code, or this machine, can't make it.
    """
    try:
        config = replace(RunConfig.from_record(record), numerics=NUMERICS_VERSION)
        check_loaded(config.variant, config.own)
        if config.game not in family_of(config.game).all_games():
            raise ValueError(f"unknown game {config.game!r}")
        known = ALGORITHMS[config.variant].algorithm
        known.check_settings(**config.hyperparameters)
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"{record['run_id']}: this code can't make it: {error}"
        ) from error
    check_device(config.environment["device"])
    return config


def _bounded(record: RunRecord, frames: int) -> int:
    ends = record.episodes["frames"]
    if ends.empty:
        raise UsageError(f"{record.config['run_id']}: no game is on record")
    if ends.min() > frames:
        raise UsageError(f"--frames: the first game ends at {ends.min()}, no less")
    return min(frames, record.frames)


def _say_conditions(then: Mapping[str, Any], config: RunConfig, frames: int) -> None:
    packages = family_of(config.game).packages
    now = config.record() | provenance(0, (), packages, own_code(config))
    others = other_conditions(then, now, frames)
    print("other conditions:" if others else "the same conditions")
    print("".join(f"  {line}\n" for line in others), end="")
    for note in then.get("resumes", []):
        print(f"  the record: {note}")
    if config.environment["device"] == "cuda":
        print("  a GPU adds up in no fixed order")
    sys.stdout.flush()


def _show(reached: int, frames: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if reached >= frames else ""
        print(f"\r{reached:,} of {frames:,} frames ", end=end, file=sys.stderr)


def verdict(made: Reproduction) -> list[str]:
    """Say how far a run is identical, and what differs first."""
    alike = made.game.number - 1 if made.game else len(made.games)
    until = made.games["frames"].iloc[alike - 1] if alike else 0
    to = made.frames if made.game is None else until
    lines = [f"identical to game {alike} ({to:,} frames)"]
    if made.game:
        lines += made.game.lines(f"game {made.game.number} differs")
    if not made.metrics_too:
        lines.append("metrics are not compared: they are of another numerics version")
    elif made.row:
        columns = ", ".join(made.row.columns())
        where = f"row {made.row.number} of metrics differs in {columns}"
        lines += made.row.lines(where)
    elif made.rows_compared:
        lines.append(f"identical in {made.rows_compared} rows of metrics")
    else:
        lines.append("no row of metrics was compared by then")
    return lines
