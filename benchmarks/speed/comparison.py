"""All that the ``speed`` command measures."""

from __future__ import annotations

from analysis.findings.speed import Speed
from benchmarks.speed.memory import measure_memory
from benchmarks.speed.peers import about, compare


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
    return Speed(measured, memory, machine, games)
