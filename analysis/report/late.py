"""What runs measured in the last tenth of training, where their scores are from."""

from __future__ import annotations

from collections.abc import Sequence

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
    rows = study.metrics[study.metrics["run_id"].isin(runs)]
    frames = {run_id: study.configs[run_id]["frames"] for run_id in runs}
    start = (1 - FINAL_PART) * rows["run_id"].astype(str).map(frames)
    late = rows[rows["frames"] > start].groupby("run_id", observed=True)
    means = late.mean().mean()
    return {str(name): float(mean) for name, mean in means.items()}
