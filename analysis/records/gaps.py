"""What a study lacks."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.records.study import Study

_AXES = ["label", "game", "seed"]


def gaps(study: Study) -> list[str]:
    """What a study lacks, a line each.

    A suite is a grid, so every arm of a family should have the seeds and games that
    the others have. Arms with options of the user's own are held to no grid.
    """
    runs = study.runs
    halted = runs[runs["status"] != "done"].sort_values("run_id")
    lines = [
        f"{study.name}: {run['run_id']} is {run['status']} at {run['frames']} frames"
        for run in halted.to_dict("records")
    ]
    planned = runs[[not study.configs[key]["overrides"] for key in runs["run_id"]]]
    for _, family in planned.groupby("family"):
        lines.extend(f"{study.name}: {line}" for line in _holes(family))
    return lines


def _holes(family: pd.DataFrame) -> Iterator[str]:
    """The holes of a family's grid; games that lack the same seeds of an arm as one."""
    there = set(family[_AXES].itertuples(index=False, name=None))
    labels, games, seeds = (sorted(family[key].unique()) for key in _AXES)
    for label in labels:
        lacking: dict[tuple[str, ...], list[str]] = {}
        for game in games:
            missing = [f"{n}" for n in seeds if (label, game, n) not in there]
            lacking.setdefault(tuple(missing), []).append(game)
        for numbers, where in lacking.items():
            if numbers:
                one = "seed" if len(numbers) == 1 else "seeds"
                said = f"{one} {', '.join(numbers)}"
                yield f"{label} on {', '.join(where)} has no run of {said}"
