"""A sweep by its arms: how far each of them is, and when all of it could be done."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.sweeps.status import RunStatus

# A run's states, in the order to show them.
STATES = ("done", "running", "unfinished", "failed", "missing")


@dataclass(frozen=True)
class Arm:
    """The runs of one label, on all of their games, at one moment.

    Attributes:
        label: The legend's name of them.
        games: How many games they are on.
        states: How many of them are in each state.
        frames: Emulator frames that they have reached.
        planned: Emulator frames that they are to reach.
        hours: What they still need here; None where no speed is known.
    """

    label: str
    games: int
    states: Counter[str]
    frames: int
    planned: int
    hours: float | None

    @property
    def runs(self) -> int:
        """How many runs there are."""
        return self.states.total()


def by_arm(runs: Sequence[RunStatus], hours: Sequence[float | None]) -> list[Arm]:
    """Return the arms of a sweep, in the order of their first runs.

    Args:
        runs: The runs' statuses.
        hours: What each of them still needs here; None where no speed is known.
    """
    labels = dict.fromkeys(run.config.label for run in runs)
    pairs = list(zip(runs, hours, strict=True))
    return [
        together(label, [pair for pair in pairs if pair[0].config.label == label])
        for label in labels
    ]


def together(label: str, runs: Sequence[tuple[RunStatus, float | None]]) -> Arm:
    """Return runs, with the hours that each needs, as one."""
    found = [run for run, _ in runs]
    needed = [hours for _, hours in runs if hours is not None]
    return Arm(
        label,
        games=len({run.config.game for run in found}),
        states=Counter(run.state for run in found),
        frames=sum(min(run.frames, run.config.frames) for run in found),
        planned=sum(run.config.frames for run in found),
        hours=sum(needed) if len(needed) == len(runs) else None,
    )


def hours_at_once(
    runs: Sequence[RunStatus], hours: Sequence[float | None], at_once: int
) -> float:
    """Return after how many hours the last run ends, so many of them at a time.

    Each begins as soon as another ends; those that are running have begun. A run whose
    speed is not known counts for nothing.
    """
    waits = [run.state != "running" for run in runs]
    ends = [0.0] * at_once
    for number in sorted(range(len(runs)), key=waits.__getitem__):
        heapq.heapreplace(ends, ends[0] + (hours[number] or 0.0))
    return max(ends)
