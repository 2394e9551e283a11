"""What is compared of a run: its final score, the area under its curve, its fall.

A run's *curve* is ten numbers, the mean unclipped return of the games that it finished
in each tenth of its frames. A tenth in which none ended has the number of the one
before: a policy may learn to end no game, and leaving it out would favour what ends
them. The *final* score is the last number, the *area* their mean. A run that failed has
what random play scores in the tenth in which it failed and in all after that: that it
failed is a result, too. A run that finished no game in its first tenth has no area, and
one that is not finished has no score.

A run has *diverged* if it failed, or if it has learned something, a quarter of the
scale of its game in its best tenth, and lost over half of that by the last.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.claims.sequences import Floats
from analysis.records.study import Study, played_by

PARTS = 10
LEARNED, LOST = 0.25, 0.5
WHO = ["run_id", "label", "variant", "family", "game", "seed", "status"]


def curves(study: Study, random: Mapping[str, float]) -> pd.DataFrame:
    """The curve of every run.

    Args:
        study: Any.
        random: What random play scores, by game; NaN where it is not known.

    Returns:
        One row a run: the columns :data:`WHO`, and ``0`` to ``9``, a column a tenth,
        NaN before the first game is finished and after an unfinished run's end.
    """
    runs = study.runs.set_index("run_id", drop=False)
    table, ended = _tenths(study), (runs["status"] != "unfinished").to_numpy()
    table[ended] = table[ended].ffill(axis=1)
    failed = (runs["status"] == "failed").to_numpy()[:, None]
    halted = _part(
        runs["frames"].to_numpy(np.int64) + 1, runs["target_frames"].to_numpy(np.int64)
    )
    after = failed & (np.arange(PARTS) >= halted[:, None])
    filled = table.mask(after, runs["game"].map(dict(random)), axis=0)
    return runs[WHO].join(filled).reset_index(drop=True)


def _tenths(study: Study) -> pd.DataFrame:
    """The mean return of each run, by ``run_id``, in each tenth of its frames."""
    runs, played = study.runs, study.episodes
    row, target = played_by(study), runs["target_frames"].to_numpy(np.int64)
    part = _part(played["frames"].to_numpy(np.int64), target[row])
    cell = PARTS * row + np.clip(part, 0, PARTS - 1)
    means = played["game_return"].groupby(cell).mean()
    grid = means.reindex(range(PARTS * len(runs))).to_numpy(float)
    return pd.DataFrame(grid.reshape(-1, PARTS), index=runs["run_id"])


def final(table: pd.DataFrame) -> Floats:
    """Final scores of what :func:`curves` returned, NaN where there is none.

    The tables' (:func:`analysis.tables.scoring.final_scores`) are those of done runs
    that finished a game in the last tenth, and of no others. Here one that didn't has
    the number of the tenth before, and a failed run what random play scores.
    """
    return _ended(table)[:, -1]


def area(table: pd.DataFrame) -> Floats:
    """Areas, NaN where no game was finished in the first tenth, and of unfinished runs.

    A later tenth without a finished game has the number of the one before.
    """
    return _ended(table).mean(axis=1)


def diverged(table: pd.DataFrame, random: Floats, scale: Floats) -> np.ndarray:
    """Whether each run diverged; see the module.

    Args:
        table: What :func:`curves` returned.
        random: ``float[runs]``, what random play scores on each run's game.
        scale: ``float[runs]``, the scale of each run's game.
    """
    gains = table[list(range(PARTS))].to_numpy(float) - random[:, None]
    best = np.nanmax(gains, axis=1, initial=-np.inf)
    fell = (best >= LEARNED * scale) & (gains[:, -1] < LOST * best)
    return (table["status"] == "failed").to_numpy() | fell


def _ended(table: pd.DataFrame) -> Floats:
    points = table[list(range(PARTS))].to_numpy(float).copy()
    points[(table["status"] == "unfinished").to_numpy()] = np.nan
    return points


def _part(frames: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The tenth in which a frame lies: the first is 1 to a tenth of the target."""
    return -(-frames * PARTS // target) - 1
