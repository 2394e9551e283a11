"""How fast this machine trains: measured once a family, then used for estimates."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import torch
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger

from benchmarks.config import RunConfig
from benchmarks.status import RunStatus
from benchmarks.train import make_model, write_json

SPEED_FILE = "speed.json"
WARM_UP_STEPS = {"a2c": 800, "dqn": 300}
MEASURE_S = 5.0
# A DQN that is measured trains from the start, on a memory that is built at once.
SHORT_DQN = {"learning_starts": 100, "buffer_size": 10_000}


class _Stopwatch(BaseCallback):
    """Times steps after a warm-up, and ends training when it has seen enough."""

    def __init__(self, warm_up: int) -> None:
        super().__init__()
        self.warm_up, self.began, self.steps_before = warm_up, 0.0, 0
        self.steps_per_second = 0.0

    def _on_step(self) -> bool:
        return not self.steps_per_second

    def _on_rollout_start(self) -> None:
        if self.num_timesteps < self.warm_up:
            return
        if not self.began:
            self.began, self.steps_before = time.perf_counter(), self.num_timesteps
            return
        elapsed = time.perf_counter() - self.began
        if elapsed > MEASURE_S:
            self.steps_per_second = (self.num_timesteps - self.steps_before) / elapsed


def measure(config: RunConfig) -> float:
    """Train for a few seconds; return emulator frames a second, one run at a time."""
    short = dict(config.hyperparameters)
    if config.family == "dqn":
        short |= SHORT_DQN
    torch.set_num_threads(config.threads)
    model = make_model(replace(config, hyperparameters=short))
    model.set_logger(Logger(folder=None, output_formats=[]))
    watch = _Stopwatch(WARM_UP_STEPS[config.family])
    model.learn(10**9, callback=watch, log_interval=None)  # type: ignore[arg-type]
    return watch.steps_per_second * config.environment["frame_skip"]


def _key(config: RunConfig) -> str:
    machine = (config.environment[k] for k in ("engine", "device", "n_envs"))
    return " ".join(map(str, (config.family, *machine, config.threads)))


def measured_speeds(results: Path, configs: Iterable[RunConfig]) -> dict[str, float]:
    """Return frames/s of each kind of run; measure what this machine has not."""
    path = results / "runs" / SPEED_FILE
    known = _read(path)
    for config in configs:
        if _key(config) not in known:
            print(f"measuring the speed of {config.family} runs here, once ...")
            known[_key(config)] = round(measure(config), 1)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json(path, known)
    return known


def _read(path: Path) -> dict[str, float]:
    try:
        known = json.loads(path.read_bytes())
        return {key: float(speed) for key, speed in known.items() if speed > 0}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}  # a measurement is soon made again


def hours_left(
    status: RunStatus, known: dict[str, float], others: Sequence[RunStatus]
) -> float:
    """Estimate the hours that a run still needs when its machine is not crowded.

    From the speed of finished runs of the same variant and length where there are any,
    else from the speed that was measured for its family.
    """
    config = status.config
    alike = [
        other.frames_per_second
        for other in others
        if other.state == "done"
        and other.frames_per_second
        and other.config.variant == config.variant
        and other.config.frames == config.frames
    ]
    speed = median(alike) if alike else known[_key(config)]
    behind = status.frames if status.state in ("done", "running") else 0
    return max(config.frames - behind, 0) / speed / 3600
