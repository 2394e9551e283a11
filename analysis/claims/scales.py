"""The units of effects: what a tuned baseline learns on each game, fixed beforehand.

An effect on a game is a difference of scores over the game's *scale*, and effects are
averaged over games. The scale is the score of the family's baseline arm (``a2c-naive``,
``dqn-hard``), at the settings that the study has, less what random play scores; both
are measured on tuning seeds (1000 and up) that no study has.

- Why less random: scores have no common zero (Pong's begin at -21), and per cent of a
  score would depend on where a game counts from; per cent of what was learned doesn't.
- Why a baseline and no human: MinAtar has no human scores, and a human's make a game
  count for little on which no arm comes near them.
- Why fixed: a scale of the study's own runs is random, in every block the same, so that
  blocks would be no longer independent, nor the interval's level what it says.
- Where it fails: a baseline that has learned next to nothing gives a tiny scale, and
  its game's noise would drown all others'. A game counts only if its scale is at least
  :data:`MIN_SPREADS` times the standard deviation between the tuning runs (which
  takes two of them) and above 0; which those are is fixed with the scales.

There is a scale for ``final`` scores and one for ``area``; :mod:`.scores` has both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.claims.scores import area, curves, final
from analysis.records.configs import FIRST_TUNING_SEED
from analysis.records.csvs import read_if_there
from analysis.records.errors import RecordError
from analysis.records.study import Study

SCALES_FILE = Path("reference", "scales.csv")
BASELINES = {"a2c": "a2c-naive", "dqn": "dqn-hard"}
MIN_SPREADS = 2.0
COLUMNS = {
    "study": "str",
    "family": "str",
    "game": "str",
    "estimand": "str",
    "scale": "float64",
    "random": "float64",
    "baseline": "float64",
    "sd": "float64",
    "runs": "int64",
    "frames": "int64",
    "usable": "bool",
    "label": "str",
    "source": "str",
}


@dataclass(frozen=True)
class Scale:
    """The unit of effects on a game.

    Attributes:
        scale: A score.
        random: What random play scores.
        usable: Whether the game counts.
    """

    scale: float
    random: float
    usable: bool


def scales_of(
    tuning: Study, study: str, random: Mapping[str, float], labels: Mapping[str, str]
) -> pd.DataFrame:
    """The scales of a study, from its tuning runs.

    Args:
        tuning: Runs of the baseline arms, with tuning seeds.
        study: Whose scales they are to be.
        random: What random play scores, by game.
        labels: Which label of ``tuning`` has the study's settings, by family.

    Returns:
        Columns :data:`COLUMNS`, a row a family, game and estimand.

    Raises:
        RecordError: A label is missing, a game has no random score, or a run has a
            seed that a study may have.
    """
    where = Path("data", tuning.name)
    known = set(tuning.runs["label"])
    if missing := sorted(set(labels.values()) - known):
        has = "; ".join(sorted(known))
        raise RecordError(where, f"has no label {missing[0]!r}; it has: {has}")
    chosen = tuning.runs["label"].isin(labels.values())
    if (tuning.runs.loc[chosen, "seed"] < FIRST_TUNING_SEED).any():
        raise RecordError(where, f"a seed below {FIRST_TUNING_SEED} is no tuning seed")
    games = sorted(set(tuning.runs.loc[chosen, "game"]))
    if lost := [game for game in games if not np.isfinite(random.get(game, np.nan))]:
        raise RecordError(where, f"no score of random play for {', '.join(lost)}")
    table = curves(tuning, random)
    table = table.assign(final=final(table), area=area(table))
    frames = tuning.runs.set_index("run_id")["target_frames"]
    rows = [
        _row(part, study, estimand, random[str(game)], frames, tuning.name)
        for (_, game), part in table[chosen.to_numpy()].groupby(["label", "game"])
        for estimand in ("final", "area")
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _row(
    part: pd.DataFrame,
    study: str,
    estimand: str,
    random: float,
    frames: pd.Series,
    source: str,
) -> dict[str, object]:
    scores = part[estimand].dropna()
    baseline, sd = scores.mean(), scores.std()
    scale = baseline - random
    return {
        "study": study,
        "family": part["family"].iloc[0],
        "game": part["game"].iloc[0],
        "estimand": estimand,
        "scale": scale,
        "random": random,
        "baseline": baseline,
        "sd": sd,
        "runs": len(scores),
        "frames": frames[part["run_id"].iloc[0]],
        "usable": bool(scale > 0 and scale >= MIN_SPREADS * sd),
        "label": part["label"].iloc[0],
        "source": source,
    }


def read_scales(results: Path, given: Sequence[Mapping[str, Any]] = ()) -> pd.DataFrame:
    """The scales that were fixed; a table without rows if none were.

    Args:
        results: The folder of all results.
        given: More of them, rows of :data:`COLUMNS`.

    Raises:
        RecordError: The file has other columns, a cell of the wrong type, or another
            scale of a game that is given.
    """
    path = results / SCALES_FILE
    table = read_if_there(path, COLUMNS)
    if given:
        more = pd.DataFrame(list(given), columns=list(COLUMNS)).astype(COLUMNS)
        table = pd.concat([table, more], ignore_index=True) if len(table) else more
    key = ["study", "family", "game", "estimand"]
    if table.duplicated(key).any():
        raise RecordError(path, "has two scales for one game")
    return table


def scales_for(
    table: pd.DataFrame, study: str, family: str, estimand: str
) -> dict[str, Scale]:
    """The scale of each game; ``final``'s for what is no area."""
    kind = "area" if estimand in ("area", "curves") else "final"
    rows = table[
        (table["study"] == study)
        & (table["family"] == family)
        & (table["estimand"] == kind)
    ]
    return {
        str(row["game"]): Scale(row["scale"], row["random"], row["usable"])
        for row in rows.to_dict("records")
    }
