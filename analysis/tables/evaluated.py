"""What the committed policies of a study score when they are evaluated."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analysis.records.evaluations import POLICIES, Evaluation
from analysis.records.study import Study

COLUMNS = ["agents", *POLICIES]


def with_evaluations(
    table: pd.DataFrame, study: Study, agents: Iterable[Evaluation]
) -> pd.DataFrame:
    """Put evaluations beside the scores of training.

    Args:
        table: What :func:`analysis.tables.scoring.scores` returned.
        study: The same study.
        agents: All that are committed; those of its runs count.

    Returns:
        The table and, if there are any, how many ``agents`` an arm has on a game, and
        the means over them of the mean return of each one's ``sampled`` and ``greedy``
        games.
    """
    found = {agent.run_id: agent for agent in agents}
    runs = study.runs[study.runs["run_id"].isin([*found])]
    if runs.empty:
        return table
    rows = runs[["label", "game"]].assign(agents=1)
    for policy in POLICIES:
        rows[policy] = [found[run_id].mean(policy) for run_id in runs["run_id"]]
    how = {"agents": "sum", **dict.fromkeys(POLICIES, "mean")}
    means = rows.groupby(["label", "game"]).agg(how)
    joined = table.join(means, on=["label", "game"])
    return joined.fillna({"agents": 0}).astype({"agents": "int64"})
