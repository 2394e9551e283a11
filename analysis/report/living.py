"""Arms that live rather than score: games that all but stop ending.

With entropy in the returns a step is worth ``tau H``, so that a policy which never ends
its game is worth ``tau H / (1 - gamma)`` without a single point (Eq. 80, Section 6.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.records.study import Study
from analysis.report.late import late_means
from analysis.tables.scoring import final_scores

FAMILY, BASELINE = "a2c", "a2c-naive"
FEW = 0.1  # games finished at the end, as a share of the baseline's


@dataclass(frozen=True)
class Living:
    """An arm on a game, in the last tenth of training.

    Attributes:
        arm: Its label.
        game: The game.
        runs: In the means below.
        games: That a run finished.
        of: That a run of the baseline finished.
        value: That the policy's states are predicted to have.
        worth: ``tau H / (1 - gamma)``, ``H`` the policy's entropy in nats; NaN
            without entropy in the returns.
    """

    arm: str
    game: str
    runs: int
    games: float
    of: float
    value: float
    worth: float


def living(studies: Sequence[Study]) -> list[Living]:
    """The arms whose games hardly end where the baseline's do."""
    return [each for study in studies for each in _of_study(study)]


def _of_study(study: Study) -> Iterator[Living]:
    done = study.runs.query("status == 'done' and family == @FAMILY")["run_id"]
    table = final_scores(study)
    table = table[table["run_id"].isin(done)]
    usual = table[table["label"] == BASELINE].groupby("game")["games"].mean()
    for _, rows in table.groupby(["label", "game"]):
        games, of = float(rows["games"].mean()), usual.get(rows["game"].iloc[0], 0.0)
        if games < FEW * of:
            yield _measured(study, rows, games, float(of))


def _measured(study: Study, rows: pd.DataFrame, games: float, of: float) -> Living:
    runs, first = list(rows["run_id"]), rows.iloc[0]
    late, config = late_means(study, runs), study.configs[runs[0]]
    settings = config["hyperparameters"]
    to_go = 1 - settings["gamma"]
    worth = settings["temperature"] * late["entropy"] / to_go if to_go else float("inf")
    return Living(
        first["label"],
        first["game"],
        len(runs),
        games,
        of,
        late["value"],
        worth if _pays_entropy(config) else float("nan"),
    )


def _pays_entropy(config: Mapping[str, Any]) -> bool:
    """Whether the returns hold the policy's entropy, and not its KL or a constant."""
    entropic = config["hyperparameters"].get("regularizer", "entropy") == "entropy"
    return entropic and not config["variant"].startswith(BASELINE)
