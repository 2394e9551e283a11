"""The speed of training, measured on a model that really trains."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger

from benchmarks.runs.build import make_model
from benchmarks.runs.machine import prepare
from benchmarks.suites.config import RunConfig

Clock = Callable[[], float]
WARM_UP_STEPS = {"a2c": 800, "dqn": 300}
MEASURE_S = 5.0
# A DQN that is measured trains from the start, on a memory that is built at once.
SHORT_DQN = {"learning_starts": 100, "buffer_size": 10_000}


def shortened(config: RunConfig) -> RunConfig:
    """Return the same configuration, ready to train after a moment."""
    if config.family == "a2c":
        return config
    return replace(config, hyperparameters={**config.hyperparameters, **SHORT_DQN})


class Trainer:
    """A model that trains for a while whenever it is asked to, and is timed.

    Args:
        model: Any.
        family: Its algorithm's.
        clock: What times it, in seconds.
    """

    def __init__(
        self, model: BaseAlgorithm, family: str, clock: Clock = time.perf_counter
    ) -> None:
        self.model, self.clock = model, clock
        model.set_logger(Logger(folder=None, output_formats=[]))
        self._train(_Stopwatch(WARM_UP_STEPS[family], 0.0, clock), goes_on=False)

    def rate(self, seconds: float) -> float:
        """Train for some seconds; return agent steps a second."""
        watch = _Stopwatch(0, seconds, self.clock)
        self._train(watch, goes_on=True)
        return watch.steps_per_second

    def _train(self, watch: BaseCallback, *, goes_on: bool) -> None:
        self.model.learn(
            10**9,
            callback=watch,
            log_interval=None,  # type: ignore[arg-type]
            reset_num_timesteps=not goes_on,
        )


def measure(config: RunConfig) -> float:
    """Return emulator frames a second of a run that is alone, over a few seconds.

    On a CPU by the time that the main thread has it, which other work on the machine
    does not take from; on a GPU by the wall clock.
    """
    prepare(config.threads)
    on_cpu = config.environment["device"] == "cpu"
    clock = time.thread_time if on_cpu else time.perf_counter
    model = make_model(shortened(config))
    rate = Trainer(model, config.family, clock).rate(MEASURE_S)
    return rate * config.environment["frame_skip"]


class _Stopwatch(BaseCallback):
    """Times steps after a warm-up, and ends training when it has seen enough."""

    def __init__(self, warm_up: int, seconds: float, clock: Clock) -> None:
        super().__init__()
        self.warm_up, self.seconds, self.clock = warm_up, seconds, clock
        self.began, self.steps_before = 0.0, 0
        self.steps_per_second = 0.0

    def _on_step(self) -> bool:
        return not self.steps_per_second

    def _on_rollout_start(self) -> None:
        if self.num_timesteps < self.warm_up:
            return
        if not self.began:
            self.began, self.steps_before = self.clock(), self.num_timesteps
            return
        elapsed = self.clock() - self.began
        if elapsed > self.seconds:
            self.steps_per_second = (self.num_timesteps - self.steps_before) / elapsed
