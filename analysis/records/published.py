"""Published scores, and measured ones of random play: the scales to read ours by.

Every ``results/reference/*_scores.csv`` has the same columns, a row a score.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from analysis.records.csvs import read_columns
from analysis.records.errors import RecordError

FOLDER = Path("reference")
FILES = "*_scores.csv"
ORIGIN = ["source", "protocol", "reference"]
PUBLISHED = ["algorithm", "game", "frames", "mean", "sd", *ORIGIN]
OPTIONAL = ("frames", "sd")  # not every source says them
OUR_RANDOM = "this suite, random play"
# Published algorithms that stand beside a family of ours, by other names than its own.
BESIDE: Mapping[str, str] = {
    "ac-lambda0": "a2c",
    "ac-lambda0.8": "a2c",
    "dqn-no-replay": "dqn",
    "ddqn": "dqn",
}
# Whose score is 1 on a scale of games of which no human's is published: a source, and
# the algorithm of each family.
_REFERENCE = "Young & Tian 2019"
_OF_REFERENCE: Mapping[str, str] = {"a2c": "ac-lambda0", "dqn": "dqn"}


def read_all_published(folder: Path) -> pd.DataFrame:
    """Read every file of published scores in a folder.

    Raises:
        RecordError: There is none, or one is mangled.
    """
    paths = sorted(folder.glob(FILES))
    if not paths:
        raise RecordError(folder / "published_scores.csv", "is missing")
    return pd.concat(map(read_published, paths), ignore_index=True)


def read_published(path: Path) -> pd.DataFrame:
    """Read published scores, columns :data:`PUBLISHED`.

    Raises:
        RecordError: It is missing, no CSV file, has other columns, or lacks a cell.
    """
    table = read_columns(path, PUBLISHED)
    for name in PUBLISHED:
        if name not in OPTIONAL and table[name].isna().any():
            raise RecordError(path, f"has an empty cell in {name!r}")
    try:
        table["mean"].astype(float)
    except ValueError as error:
        raise RecordError(path, f"has a cell of the wrong type: {error}") from None
    return table


def random_scores(published: pd.DataFrame) -> pd.Series:
    """Each game's score of random play: measured here where it was, else published."""
    return _of(published, "random", last=published["source"] != OUR_RANDOM)


def human_scores(published: pd.DataFrame) -> pd.Series:
    """Each game's score of a human, where one is published."""
    return _of(published, "human", last=published["algorithm"] != "human")


def reference_scores(published: pd.DataFrame, family: str) -> pd.Series:
    """Each game's score of the algorithm that is 1 on a scale without humans."""
    its = published[published["source"].str.startswith(_REFERENCE)]
    algorithm = _OF_REFERENCE.get(family, "")
    return _of(its, algorithm, last=its["algorithm"] != algorithm)


def _of(published: pd.DataFrame, algorithm: str, last: pd.Series) -> pd.Series:
    """The means of an algorithm by game, one a game; rows of ``last`` give way."""
    rows = published.assign(last=last).sort_values("last", kind="stable")
    rows = rows[rows["algorithm"] == algorithm].drop_duplicates("game")
    return rows.set_index("game")["mean"]
