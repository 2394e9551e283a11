"""What runs did in the last tenth of training, where their scores are from."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.records.study import Study
from analysis.tables.scoring import FINAL_PART


def late_means(study: Study, runs: Sequence[str]) -> dict[str, float]:
    """Mean of each metric in the last tenth of training, then over runs.

    Args:
        study: Has the runs.
        runs: Their ids.

    Returns:
        By the metric's name; NaN where no run has it.
    """
    late = _late(study, study.metrics, runs).groupby("run_id", observed=True)
    means = late.mean().mean()
    return {str(name): float(mean) for name, mean in means.items()}


def late_earned(study: Study, runs: Sequence[str], gamma: float) -> float:
    """What the rest of its game brings from a frame on, as records of games tell it.

    A record has a game's return ``R`` and its length ``L``, not when the reward came.
    Spread evenly it is ``R / L`` a frame, and from frame ``t`` on worth ``R / L (1 -
    gamma^(L - t)) / (1 - gamma)``. An action lasts a frame, as in MinAtar.

    Args:
        study: Has the runs.
        runs: Their ids.
        gamma: The discount of a frame.

    Returns:
        Mean over all frames of the games that end in the last tenth of training, then
        over runs; NaN without games.
    """
    late = _late(study, study.episodes, runs)
    length = late["length_frames"].astype(float)
    discounts = _discounts(length, gamma)
    sums = pd.DataFrame(
        {"run_id": late["run_id"], "worth": late["game_return"] / length * discounts}
    ).assign(frames=length)
    of_run = sums.groupby("run_id", observed=True).sum()
    return float((of_run["worth"] / of_run["frames"]).mean())


def _discounts(length: pd.Series, gamma: float) -> pd.Series:
    """The sum of all frames' discounted frames to go, of games of these lengths."""
    if gamma == 1:
        return length * (length + 1) / 2
    return (length - gamma * (1 - gamma**length) / (1 - gamma)) / (1 - gamma)


def _late(study: Study, table: pd.DataFrame, runs: Sequence[str]) -> pd.DataFrame:
    """Rows of these runs, of the last tenth of their training."""
    rows = table[table["run_id"].isin(runs)]
    frames = {run_id: study.configs[run_id]["frames"] for run_id in runs}
    start = (1 - FINAL_PART) * rows["run_id"].astype(str).map(frames)
    return rows[rows["frames"] > start]
