"""Arms beside their controls: is it the algorithm, or what comes along with it?

Figure 1: with entropy in the returns an agent looks ahead to it, and is paid for every
step that it lives. ``a2c-naive-plus`` has the pay alone, and ``a2c-proper-kl``, whose
divergence charges for living, the looking ahead (Section 6.1).

Figure 2: beside the greatest value of the next state, the soft-entropy target pays a
share of ``tau log A``, all of it where the actions are alike; the soft-KL target
charges the rest. ``dqn-hard-plus`` and ``dqn-hard-minus`` pay and charge the whole of
it (Section 6.2). ``STEPS`` are its targets of one step, each before that of five.

Figure 3: with ``c = 1 / tau`` the gradient is as many times longer, and nearly all of
it is clipped away. ``q-a2c-raw`` has that gradient times ``tau`` (Eq. 58, Section 6.3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.figures.comparisons import FIVE_STEP
from analysis.records.study import Study
from analysis.report.late import late_earned, late_means
from analysis.tables.scoring import final_scores

SCALED = ("q-a2c", "q-a2c-c100", "q-a2c-raw")
STEPS = tuple(arm for five in FIVE_STEP for arm in (five.removesuffix("-5step"), five))
UNCLIPPED = "MinAtar/"  # games whose rewards are trained on as they are


@dataclass(frozen=True)
class Cell:
    """An arm on a game, in the last tenth of training; means over finished runs.

    Attributes:
        score: The final score.
        n: The runs.
        games: That a run finished.
        earned: The reward of the rest of the game, discounted, from the mean frame on,
            if each game's reward came evenly over it; NaN where training clips rewards.
        late: Its metrics, by name.
        settings: Its hyper-parameters.
    """

    score: float
    n: int
    games: float
    earned: float
    late: Mapping[str, float]
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Control:
    """A game, and what each arm did there."""

    game: str
    cells: Mapping[str, Cell]


def controls(
    studies: Sequence[Study], arms: Sequence[str], *, shared: bool = False
) -> list[Control]:
    """The games on which every one of the arms has a score, and its cell in order.

    Args:
        studies: Any.
        arms: Labels of arms.
        shared: Whether only the seeds count that all of them have on the game: means
            of few seeds and of many are further apart than the arms are.
    """
    return [each for study in studies for each in _of_study(study, arms, shared)]


def _of_study(study: Study, arms: Sequence[str], shared: bool) -> Iterator[Control]:
    seeds = study.runs[["run_id", "seed"]]
    rows = final_scores(study).dropna(subset="score").merge(seeds, on="run_id")
    rows = rows[rows["label"].isin(arms)]
    if shared:
        scored = rows.groupby(["game", "seed"])["label"].transform("nunique")
        rows = rows[scored == len(arms)]
    for game, there in rows.groupby("game"):
        by_arm = dict(iter(there.groupby("label")))
        if len(by_arm) == len(arms):
            yield Control(str(game), {arm: _cell(study, by_arm[arm]) for arm in arms})


def _cell(study: Study, rows: pd.DataFrame) -> Cell:
    runs = list(rows["run_id"])
    late = late_means(study, runs)
    config = study.configs[runs[0]]
    settings, earned = config["hyperparameters"], float("nan")
    if config["game"].startswith(UNCLIPPED):
        earned = late_earned(study, runs, settings["gamma"])
    return Cell(
        rows["score"].mean(), len(rows), rows["games"].mean(), earned, late, settings
    )
