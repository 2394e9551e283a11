"""All that the ``speed`` command measures, and what it means for the suites."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.findings.speed import CASES, OURS, Speed
from benchmarks.speed.memory import measure_memory
from benchmarks.speed.peers import about, compare
from benchmarks.suites.config import RunConfig
from benchmarks.suites.suite import load_suite, suite_names


def measure_all(at_once: int, repetitions: int, seconds: float) -> Speed:
    """Measure speed and memory; some minutes, on a machine that does nothing else."""
    machine = about(at_once)
    measured = compare(at_once, repetitions, seconds)
    memory = measure_memory()
    return Speed(measured, memory, projection(measured), machine)


def projection(measured: pd.DataFrame) -> pd.DataFrame:
    """Return the hours of every suite: columns ``suite``, ``runs``, stock and ours."""
    rates = measured.groupby(["case", "side"])["rate"].median()
    rows = []
    for name in suite_names():
        configs = load_suite(name)
        row: dict[str, Any] = {"suite": name, "runs": len(configs)}
        for side in ("stock", *OURS):
            hours: list[float] = [_hours(config, rates, side) for config in configs]
            row[f"{side}_hours"] = round(sum(hours), 1)
        rows.append(row)
    return pd.DataFrame(rows)


def _hours(config: RunConfig, rates: pd.Series, side: str) -> float:
    (case,) = (
        name
        for name, case in CASES.items()
        if (case.family, case.n_envs) == (config.family, config.environment["n_envs"])
    )
    steps = config.frames / config.environment["frame_skip"]
    return float(steps / rates[case, side] / 3600)
