"""What a study lacks."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.records.study import Study


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
    keys = ["label", "game", "seed"]
    there = set(family[keys].itertuples(index=False, name=None))
    axes = [sorted(family[key].unique()) for key in keys]
    for place in pd.MultiIndex.from_product(axes):
        if place not in there:
            label, game, seed = place
            yield f"{label} on {game} has no run of seed {seed}"
