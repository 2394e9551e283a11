"""All that the ``speed`` command measures, and what it means for the suites."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.findings.measured import CASES, OURS
from analysis.findings.speed import Speed
from benchmarks.games.families import family_of
from benchmarks.speed.memory import measure_memory
from benchmarks.speed.peers import about, compare
from benchmarks.suites.config import RunConfig
from benchmarks.suites.suite import load_suite, suite_names


def measure_all(games: str, at_once: int, repetitions: int, seconds: float) -> Speed:
    """Measure speed and memory; some minutes, on a machine that does nothing else.

    Args:
        games: A family of games, "Atari" or "MinAtar".
        at_once: Processes at the same time.
        repetitions: How often everything is measured.
        seconds: Of each measurement.
    """
    machine = about(games, at_once)
    measured = compare(games, at_once, repetitions, seconds)
    memory = measure_memory(games)
    return Speed(measured, memory, projection(games, measured), machine, games)


def projection(games: str, measured: pd.DataFrame) -> pd.DataFrame:
    """Return the hours of a family's suites: ``suite``, ``runs``, stock and ours."""
    rates = measured.groupby(["case", "side"])["rate"].median()
    rows = []
    for name in suite_names():
        configs = [c for c in load_suite(name) if family_of(c.game).name == games]
        if not configs:
            continue
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
