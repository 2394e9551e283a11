"""Runs that this suite did not make: scores from Stable-Baselines3's own files.

A *run* is a folder with a ``monitor.csv`` or several ``*.monitor.csv`` (one an
environment, as the Monitor wrapper writes them) or with an ``evaluations.npz`` (as
``EvalCallback`` writes it); an arm is any folder with runs below it, such as the RL
Zoo's ``logs/a2c``. The score of a run is made as here: the mean return of the games
that ended in the last tenth of its steps, or of the evaluations made then.
"""

from __future__ import annotations

import io
import json
import re
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from analysis.claims.blocks import NoVerdictError, check_alike, scored
from analysis.claims.scores import PARTS, final
from analysis.records.errors import RecordError
from analysis.records.study import Study

Scores = Mapping[str, list[float]]  # by game, of its runs, in the order of their names
Files = Literal["monitor", "evaluations"]
MONITOR, EVALUATIONS = "*monitor.csv", "evaluations.npz"
_LAST = 1 - 1 / PARTS
_TRIAL = re.compile(r"[_-]\d+$")
# What numpy raises of a file that is cut off, empty, or of something else.
_NO_ARRAYS = (
    *(ValueError, KeyError, OSError, EOFError, TypeError, AttributeError),
    *(BadZipFile, zlib.error),
)


def sb3_scores(arm: Path, files: Files = "monitor") -> Scores:
    """The scores of an arm's runs.

    Args:
        arm: A folder; every folder in it that holds such files is a run.
        files: Training returns (``monitor``), or those of evaluations.

    Returns:
        Scores by game. A game is the ``env_id`` of the monitor files; of evaluations,
        the name of the run's folder without its number, as ``CartPole-v1_2``.

    Raises:
        RecordError: There are no such files, or one is mangled.
    """
    if not arm.is_dir():
        raise RecordError(arm, "is no folder of runs")
    pattern = MONITOR if files == "monitor" else EVALUATIONS
    folders = sorted({path.parent for path in arm.rglob(pattern)}, key=_natural)
    if not folders:
        raise RecordError(arm, f"holds no {pattern}, at whatever depth")
    read: Callable[[Path], tuple[str, float]] = (
        _monitored if files == "monitor" else _evaluated
    )
    scores: dict[str, list[float]] = {}
    for folder in folders:
        game, score = read(folder)
        scores.setdefault(game, []).append(score)
    return scores


def study_scores(
    study: Study,
    label: str,
    random: Mapping[str, float] = MappingProxyType({}),
    against: str | None = None,
) -> Scores:
    """The final scores of an arm of a recorded study, by game, as claims take them.

    A run that failed counts, with random play's score from where it failed; one that
    is not finished has no score yet, and is left out.

    Args:
        study: Any.
        label: The arm's.
        random: What random play scores, by game; needed where a run failed.
        against: The arm that it is held against, if that is of the same study.

    Raises:
        RecordError: It has no such arm.
        NoVerdictError: Runs of different numerics, settings or budgets meet, or a run
            failed on a game of which random play's score is not given.
    """
    known = sorted(set(study.runs["label"]))
    if label not in known:
        has = ", ".join(known)
        raise RecordError(Path(study.name), f"has no arm {label!r}; it has: {has}")
    games = dict.fromkeys(study.runs["game"], float("nan"))
    table = scored(study, {**games, **random})
    check_alike(table[table["label"].isin([label, against])], study.name)
    table = table.assign(score=final(table)).sort_values("seed")
    rows = table[table["label"] == label]
    if (lost := rows[(rows["status"] == "failed") & rows["score"].isna()]).size:
        run, game = lost[["run_id", "game"]].iloc[0]
        raise NoVerdictError(f"{run} failed, and random play has no score on {game}")
    rows = rows[rows["score"].notna()]
    return {str(game): list(part["score"]) for game, part in rows.groupby("game")}


def _monitored(folder: Path) -> tuple[str, float]:
    """The game and score of a run, from all of its environments' files."""
    parts = [_read_monitor(path) for path in sorted(folder.glob(MONITOR))]
    games = {game for game, _ in parts}
    if len(games) > 1:
        raise RecordError(folder, f"has several games: {', '.join(sorted(games))}")
    rows = pd.concat([rows for _, rows in parts]).sort_values("at", kind="stable")
    if rows.empty:
        raise RecordError(folder, "has no finished game")
    steps = rows["l"].cumsum()
    late = rows["r"][(steps > _LAST * steps.iloc[-1]).to_numpy()]
    return games.pop(), float(late.mean())


def _read_monitor(path: Path) -> tuple[str, pd.DataFrame]:
    """The game, and columns ``r``, ``l`` and ``at`` (seconds), a row a game."""
    try:
        head, _, body = path.read_text(encoding="utf-8").partition("\n")
        whole = body[: body.rfind("\n") + 1]  # a last row may have been cut off
        about = json.loads(head.removeprefix("#"))
        rows = pd.read_csv(io.StringIO(whole), usecols=["r", "l", "t"]).astype(float)
        game = about.get("env_id") or _game(path.parent)
        return str(game), rows.assign(at=rows["t"] + float(about.get("t_start", 0)))
    except (ValueError, AttributeError, TypeError, OverflowError) as error:
        raise RecordError(path, f"is no monitor file: {error}") from None


def _evaluated(folder: Path) -> tuple[str, float]:
    path = folder / EVALUATIONS
    try:
        with np.load(path) as content:
            steps, returns = content["timesteps"], content["results"].astype(float)
    except _NO_ARRAYS as error:
        raise RecordError(path, f"is no file of evaluations: {error}") from None
    if steps.ndim != 1 or not returns.ndim or not 0 < len(steps) == len(returns):
        raise RecordError(path, "has no evaluation, or not as many as steps")
    return _game(folder), float(returns[steps > _LAST * steps[-1]].mean())


def _game(folder: Path) -> str:
    return _TRIAL.sub("", folder.name)


def _natural(path: Path) -> list[tuple[int, str]]:
    """Run 10 comes after run 2."""
    parts = re.split(r"(\d+)", str(path))
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]
