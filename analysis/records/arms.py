"""Arms: the runs of a study with one label on one game."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.records.configs import numerics_of
from analysis.records.study import Study

ARM = ["label", "variant", "family", "game", "target_frames", "numerics"]


def arms_of(study: Study) -> pd.DataFrame:
    """One row per (label, game), with the numbers of its runs."""
    done = study.runs["status"] == "done"
    configs = [study.configs[key] for key in study.runs["run_id"]]
    inexact = done & np.array([bool(c.get("resumes")) for c in configs], bool)
    runs = study.runs.assign(
        numerics=np.array([numerics_of(config) for config in configs], int),
        n=done.astype(int),
        halted=(~done).astype(int),
        inexact=inexact.astype(int),
    )
    return runs.groupby(ARM, as_index=False)[["n", "halted", "inexact"]].sum()
