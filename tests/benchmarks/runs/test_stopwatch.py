"""The speed of a run that is alone, whatever else its machine does."""

from __future__ import annotations

import time
from itertools import count

import pytest

from benchmarks.runs import stopwatch
from benchmarks.runs.build import make_model
from benchmarks.runs.stopwatch import Trainer, measure


def test_a_rate_is_steps_by_the_clock_that_is_given(tiny, monkeypatch):
    monkeypatch.setattr(stopwatch, "WARM_UP_STEPS", {"a2c": 0})
    config = tiny("q-a2c", n_envs=2)
    seconds = count()
    trainer = Trainer(make_model(config), "a2c", lambda: float(next(seconds)))
    # A rollout of five steps of two games begins each second.
    assert trainer.rate(3.0) == config.hyperparameters["n_steps"] * 2


@pytest.mark.parametrize(
    ("device", "clock"), [("cpu", time.thread_time), ("cuda", time.perf_counter)]
)
def test_a_processor_is_timed_by_what_the_run_had_of_it(
    tiny, device, clock, monkeypatch
):
    used = []

    class Timed:
        def __init__(self, model, family, clock):
            used.append(clock)

        def rate(self, seconds):
            return 100.0

    monkeypatch.setattr(stopwatch, "Trainer", Timed)
    monkeypatch.setattr(stopwatch, "make_model", lambda config: None)
    config = tiny("q-a2c")
    config.environment["device"] = device
    assert measure(config) == 100.0 * config.environment["frame_skip"]
    assert used == [clock]
