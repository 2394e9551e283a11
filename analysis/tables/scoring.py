"""Scores as tables: take a study, return a DataFrame."""

from __future__ import annotations

import pandas as pd

from analysis.records.arms import arms_of
from analysis.records.once import once
from analysis.records.published import (
    BESIDE,
    ORIGIN,
    OUR_RANDOM,
    human_scores,
    random_scores,
    reference_scores,
)
from analysis.records.study import Study, played_by

FINAL_PART = 0.1
OUR_PROTOCOL = "training policy, games finished in the last tenth of the frames"
COMPARISON = ["family", "game", "frames", "n", "mean", "sd", *ORIGIN]


def scores(study: Study, published: pd.DataFrame) -> pd.DataFrame:
    """The final score of every arm.

    A run's score is the mean return of the games that it finished in the last tenth of
    its training frames. Only finished runs have one.

    Args:
        study: Its labels must not mix settings.
        published: Gives the ends of each game's scale.

    Returns:
        One row per (label, game): ``label``, ``variant``, ``family``, ``game``,
        ``frames`` (to be reached), ``n`` runs in the mean, ``games`` in it, ``mean``
        and ``sd`` over the runs (``ddof=1``), ``human_normalised`` (0 is random play, 1
        a human), ``left_out``, the runs that have no score, and, where there are games
        of which no human's score is published, ``reference_normalised`` (1 is a
        published algorithm of the family).
    """
    table = arms_of(study).rename(columns={"target_frames": "frames"})
    per_run = final_scores(study).groupby(["label", "game"])
    by_arm = per_run.agg(
        n=("score", "count"),
        games=("games", "sum"),
        mean=("score", "mean"),
        sd=("score", "std"),
        runs=("score", "size"),
    )
    table = table.drop(columns=["n", "halted", "inexact"]).join(
        by_arm, on=["label", "game"]
    )
    random, human = random_scores(published), human_scores(published)
    table["human_normalised"] = _normalised(table, random, human)
    table["left_out"] = table["runs"] - table["n"]
    if (on_reference := _reference_normalised(table, published)).notna().any():
        table["reference_normalised"] = on_reference
    return table.drop(columns="runs")


@once
def final_scores(study: Study) -> pd.DataFrame:
    """One row a run: ``run_id``, ``label``, ``game``, ``score`` and its ``games``.

    ``score`` is NaN for a run that is not done, or that finished no game in its last
    tenth. The claims' (:func:`analysis.claims.scores.final`) then is the score of the
    tenth before, and for a run that failed, what random play scores.
    """
    runs, row = study.runs, played_by(study)
    late = (1 - FINAL_PART) * runs["target_frames"].to_numpy()
    done = (runs["status"] == "done").to_numpy()
    counted = (study.episodes["frames"].to_numpy() > late[row]) & done[row]
    returns = study.episodes["game_return"][counted].groupby(row[counted])
    summary = returns.agg(score="mean", games="size").reindex(range(len(runs)))
    found = runs[["run_id", "label", "game"]].reset_index(drop=True).join(summary)
    return found.fillna({"games": 0}).astype({"games": "int64"})


def comparison(table: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Our scores next to published ones of the same family of algorithms.

    Args:
        table: What :func:`scores` returned.
        published: What :func:`read_all_published` returned.

    Returns:
        Columns ``family``, ``game``, ``frames``, ``n``, ``mean``, ``sd``, ``source``,
        ``protocol``, ``reference``; ours first, then published ones by ``frames``.
        Frames and protocols differ: they are scales to compare with, no targets.
    """
    ours = table.assign(
        source="this study: " + table["label"],
        protocol=OUR_PROTOCOL,
        reference="",
        rank=0,
    )
    theirs = [_beside(family, published) for family in table["family"].unique()]
    shown = pd.concat(theirs).merge(table[["family", "game"]].drop_duplicates())
    both = pd.concat([ours, shown], ignore_index=True)
    both = both.astype({"frames": "Int64", "n": "Int64"})
    order = ["family", "game", "rank", "frames", "source"]
    return both.sort_values(order, kind="stable", ignore_index=True)[COMPARISON]


def _beside(family: str, published: pd.DataFrame) -> pd.DataFrame:
    """What is published of a family of algorithms, and random play measured here."""
    random = published["source"] == OUR_RANDOM
    algorithms = published["algorithm"]
    rows = published[(algorithms.replace(BESIDE) == family) | random]
    own_name = rows["algorithm"].isin([family, "random"])
    named = rows["source"] + ": " + rows["algorithm"]
    return rows.assign(
        source=rows["source"].where(own_name, named), family=family, rank=1
    )


def _reference_normalised(table: pd.DataFrame, published: pd.DataFrame) -> pd.Series:
    random, found = random_scores(published), pd.Series(float("nan"), table.index)
    for family, rows in table.groupby("family"):
        reference = reference_scores(published, str(family))
        found.loc[rows.index] = _normalised(rows, random, reference)
    return found


def _normalised(table: pd.DataFrame, zero: pd.Series, one: pd.Series) -> pd.Series:
    low, high = (table["game"].map(scores).astype(float) for scores in (zero, one))
    return (table["mean"] - low) / (high - low)
