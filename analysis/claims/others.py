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
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from analysis.claims.scores import PARTS, curves, final
from analysis.records.errors import RecordError
from analysis.records.study import Study

Scores = Mapping[str, list[float]]  # by game, of its runs, in the order of their names
Files = Literal["monitor", "evaluations"]
MONITOR, EVALUATIONS = "*monitor.csv", "evaluations.npz"
_LAST = 1 - 1 / PARTS
_TRIAL = re.compile(r"[_-]\d+$")


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


def study_scores(study: Study, label: str) -> Scores:
    """The final scores of an arm of a recorded study, by game.

    Raises:
        RecordError: It has no such arm.
    """
    known = sorted(set(study.runs["label"]))
    if label not in known:
        has = ", ".join(known)
        raise RecordError(Path(study.name), f"has no arm {label!r}; it has: {has}")
    table = curves(study, dict.fromkeys(study.runs["game"], float("nan")))
    table = table.assign(score=final(table)).sort_values("seed")
    rows = table[(table["label"] == label) & table["score"].notna()]
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
    head, _, body = path.read_text(encoding="utf-8").partition("\n")
    whole = body[: body.rfind("\n") + 1]  # a last row may have been cut off
    try:
        about = json.loads(head.removeprefix("#"))
        rows = pd.read_csv(io.StringIO(whole), usecols=["r", "l", "t"]).astype(float)
        game = about.get("env_id") or _game(path.parent)
        return str(game), rows.assign(at=rows["t"] + float(about.get("t_start", 0)))
    except (ValueError, AttributeError) as error:
        raise RecordError(path, f"is no monitor file: {error}") from None


def _evaluated(folder: Path) -> tuple[str, float]:
    path = folder / EVALUATIONS
    try:
        with np.load(path) as content:
            steps, returns = content["timesteps"], content["results"].astype(float)
    except (ValueError, KeyError, OSError) as error:
        raise RecordError(path, f"is no file of evaluations: {error}") from None
    if not len(steps) or len(steps) != len(returns):
        raise RecordError(path, "has no evaluation, or not as many as steps")
    return _game(folder), float(returns[steps > _LAST * steps[-1]].mean())


def _game(folder: Path) -> str:
    return _TRIAL.sub("", folder.name)


def _natural(path: Path) -> list[tuple[int, str]]:
    """Run 10 comes after run 2."""
    parts = re.split(r"(\d+)", str(path))
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]
