"""What recording and checkpoints take of training's time, measured while it trains.

Each family trains in a process of its own, in turns with and without its record, and
the record's callbacks are timed besides. Then checkpoints are made as in training,
a DQN's with a full replay memory.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback

from algorithms.replay import PathReplayBuffer
from analysis.findings.cost import COLUMNS, INTERVAL_S, Costs
from benchmarks.runs import checkpoint as checkpoints
from benchmarks.runs.build import make_model
from benchmarks.runs.heartbeat import Heartbeat
from benchmarks.runs.machine import prepare
from benchmarks.runs.processor import cpu_name, processor_id
from benchmarks.runs.recording import Recording
from benchmarks.runs.state import set_state
from benchmarks.runs.tracking import RecordCallback
from benchmarks.speed.apart import measured, peak_bytes
from benchmarks.speed.full_memory import fill
from benchmarks.suites.config import RunConfig
from benchmarks.suites.suite import Selection, load_suite

FAMILIES = {"a2c": "a2c-proper", "dqn": "dqn-soft-entropy"}
GAME = "Qbert"
WARM_UP_STEPS = {"a2c": 1600, "dqn": 400}
PLAYED_ROWS = 50_000  # of random play; a full memory holds them over and over
REPEATED = 5

Row = dict[str, Any]


def now() -> np.ndarray:
    """Wall seconds, and CPU seconds of this process."""
    return np.array([time.perf_counter(), time.process_time()])


def timed(do: Callable[[], Any]) -> np.ndarray:
    """Do something; return the seconds that it took, wall and CPU."""
    began = now()
    do()
    return now() - began


def row(quantity: str, seconds: Any = (None, None), count: float | None = None) -> Row:
    """One measurement."""
    wall, cpu = seconds
    return {"quantity": quantity, "wall_s": wall, "cpu_s": cpu, "count": count}


class Turns(BaseCallback):
    """Lets a recorder work in every other turn; times the turns and the recorder.

    Args:
        recorder: It is not called in the other turns.
        warm_up: Agent steps before the first turn.
        turns: How many, with and without together.
        turn_s: Seconds of each.
    """

    def __init__(
        self, recorder: RecordCallback, warm_up: int, turns: int, turn_s: float
    ) -> None:
        super().__init__()
        self.recorder, self.warm_up = recorder, warm_up
        self.turns, self.turn_s = turns, turn_s
        self.rows: list[Row] = []
        self.callbacks = np.zeros(2)
        self.on, self.began, self.first_step = False, np.zeros(2), 0

    def _init_callback(self) -> None:
        self.recorder.init_callback(self.model)

    def update_child_locals(self, locals_: dict[str, Any]) -> None:
        """Hand the loop's variables on, as SB3's callbacks do."""
        self.recorder.update_locals(locals_)

    def _on_rollout_start(self) -> None:
        if self.num_timesteps < self.warm_up:
            return
        if not self.first_step:
            self.recorder.record_metrics()  # W&B takes longer over its first row
        spent = now() - self.began
        if self.first_step and spent[0] > self.turn_s:
            quantity = "turn with record" if self.on else "turn without"
            steps = self.num_timesteps - self.first_step
            self.rows.append(row(quantity, spent, steps))
        if not self.first_step or spent[0] > self.turn_s:
            self.on = not self.on
            self.began, self.first_step = now(), self.num_timesteps
        if self.on:
            self.callbacks += timed(self.recorder.on_rollout_start)

    def _on_step(self) -> bool:
        if self.on:
            self.callbacks += timed(self.recorder.on_step)
        return len(self.rows) < self.turns


def measure(family: str, folder: Path, turns: int, turn_s: float) -> list[Row]:
    """Measure a family in this process, with a run's files in ``folder``."""
    prepare(threads=1)
    config = config_of(family)
    model = make_model(config)
    memory = getattr(model, "replay_buffer", None)
    if memory is not None:
        fill(model, memory, PLAYED_ROWS)
    rows = _measure_record(model, config, folder, turns, turn_s)
    print(family, "trained", flush=True, file=sys.stderr)
    rows.append(row("memory before", count=peak_bytes()))
    if memory is None:
        rows += _measure_saves(_checkpointer(model, folder))
    else:
        turned = [each for each in rows if each["quantity"].startswith("turn")]
        steps, cpu = (sum(each[k] for each in turned) for k in ("count", "cpu_s"))
        added = round(steps / cpu * INTERVAL_S)  # as many as on a machine of its own
        rows += _measure_replay_saves(_checkpointer(model, folder), memory, added)
    files = (*folder.glob("checkpoint*.pt"), *folder.glob("checkpoint*/*"))
    disk = sum(path.stat().st_size for path in files)
    rows += [row("memory", count=peak_bytes()), row("disk", count=disk)]
    print(family, "saved", flush=True, file=sys.stderr)
    rows.append(row("load", timed(lambda: set_state(model, _loaded(folder)))))
    return rows


def config_of(family: str) -> RunConfig:
    """Return the configuration that a family is measured with: the study's own."""
    # A DQN's updates begin at once: its memory is filled beforehand.
    values = {"learning_starts": 1} if family == "dqn" else {}
    chosen = Selection(games=[GAME], only=[FAMILIES[family]], seeds=1, values=values)
    return load_suite("atari", chosen)[0]


def _measure_record(
    model: BaseAlgorithm, config: RunConfig, folder: Path, turns: int, turn_s: float
) -> list[Row]:
    recording = Recording(folder, config.record(), Heartbeat(folder))
    recorder, logger = recording.callback, recording.logger
    model.set_logger(logger)
    probe = Turns(recorder, WARM_UP_STEPS[config.family], turns, turn_s)
    model.learn(10**9, callback=probe, log_interval=None)  # type: ignore[arg-type]
    values, rows = dict(logger.name_to_value), []
    for _ in range(REPEATED):
        logger.name_to_value.update(values)
        recorder.last_row = (0, 0.0)
        rows.append(row("row of metrics", timed(recorder.record_metrics)))
    recording.close()
    environment = config.environment
    a_row = environment["log_interval"] / environment["frame_skip"]
    return [
        *probe.rows,
        row("callbacks", probe.callbacks),
        *rows,
        row("steps a row", count=a_row),
    ]


def _checkpointer(model: BaseAlgorithm, folder: Path) -> checkpoints.CheckpointCallback:
    callback = checkpoints.CheckpointCallback(
        folder, record_state=dict, stop_asked=lambda: False, interval_s=0
    )
    callback.init_callback(model)
    return callback


def _measure_saves(callback: checkpoints.CheckpointCallback) -> list[Row]:
    return [row("save", timed(callback.on_rollout_start)) for _ in range(REPEATED)]


def _measure_replay_saves(
    callback: checkpoints.CheckpointCallback, memory: PathReplayBuffer, added: int
) -> list[Row]:
    """Save a full memory, then as after ten minutes in which rows were added.

    The rows that are added are those that lie there: the ring comes round again.
    """
    rows = [row("save of a whole memory", timed(callback.on_rollout_start))]
    callback.interval_s = np.inf
    spent = []
    for _ in range(0, added, 4):
        memory.head += 4
        spent.append(timed(callback.on_rollout_start))
    rows.append(row("chunks", np.sum(spent, axis=0), added))
    rows.append(row("longest chunk", np.max(spent, axis=0)))
    callback.interval_s = 0
    return [*rows, row("save", timed(callback.on_rollout_start))]


def _loaded(folder: Path) -> dict[str, Any]:
    state = checkpoints.load(folder)
    assert state is not None
    return state


def measure_all(results: Path, turns: int, turn_s: float) -> Costs:
    """Measure the families, one after the other, each in its own process."""
    load, parts = [f"{os.getloadavg()[0]:.1f} before"], []
    runs = results / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    for family in FAMILIES:
        with tempfile.TemporaryDirectory(dir=runs, prefix="cost-") as name:
            found = measured("benchmarks.speed.cost", family, name, turns, turn_s)
        parts.append(pd.DataFrame(found).assign(family=family))
        load.append(f"{os.getloadavg()[1]:.1f} after {family}")
    rows = pd.concat(parts, ignore_index=True)[list(COLUMNS)]
    machine = {
        "processor": f"{cpu_name()} ({processor_id()}), {os.cpu_count()} cores",
        "torch": torch.__version__,
        "load average": ", ".join(load),
    }
    return Costs(rows, machine)


if __name__ == "__main__":
    name, place, number, duration = sys.argv[1:]
    rows = measure(name, Path(place), int(number), float(duration))
    print(json.dumps(rows, default=float))
