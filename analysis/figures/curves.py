"""From finished games to learning curves.

A run's curve at frame ``x`` is the mean return of the last 100 games that had finished
by then, of fewer at the beginning, and undefined before the first. An arm, the runs
with one label on one game, has a mean and a standard deviation over its finished runs
where *all* of them have a value: its ``n`` holds at every point of the line.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.records.arms import arms_of
from analysis.records.configs import FIRST_NUMERICS
from analysis.records.once import once
from analysis.records.record import EPISODES
from analysis.records.study import Study, by_run

WINDOW_GAMES = 100
POINTS = 200

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curves:
    """The learning curves of a study.

    Attributes:
        study: Its name.
        arms: One row per (label, game): its settings, ``n`` finished runs, ``halted``
            runs that are unfinished or failed, and ``inexact`` finished ones that were
            resumed statistically.
        mean: Per arm with ``n > 0`` and grid point: ``label``, ``game``, ``frames``,
            ``mean`` and ``sd`` of the game return; NaN where undefined.
        runs: Per run and grid point: ``run_id``, ``label``, ``game``, ``status``,
            ``frames``, ``game_return``.
        newest: The newest numerics version that there are data of, in any study.
        frame_skips: How many frames an action lasts, of every family of games in it.
    """

    study: str
    arms: pd.DataFrame
    mean: pd.DataFrame
    runs: pd.DataFrame
    newest: int = FIRST_NUMERICS
    frame_skips: frozenset[int] = frozenset()


@once
def learning_curves(
    study: Study, points: int = POINTS, newest: int = FIRST_NUMERICS
) -> Curves:
    """Every curve of a study.

    Args:
        study: Its labels must not mix settings, see ``with_distinct_labels``.
        points: Grid points, evenly spaced up to the frames that a run is to reach.
        newest: The newest numerics version that there are data of, in any study.
    """
    runs = _run_curves(study, points)
    mean = _mean_curves(runs)
    skips = {config["environment"]["frame_skip"] for config in study.configs.values()}
    arms = arms_of(study)
    return Curves(study.name, arms, mean, runs, newest, frozenset(skips))


def trailing_mean(values: Floats, window: int) -> Floats:
    """The mean of each value and up to ``window - 1`` before it."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - window, 0)
    return (sums[ends] - sums[starts]) / (ends - starts)


def run_curve(
    episodes: pd.DataFrame, grid: Floats, reached: float, window: int = WINDOW_GAMES
) -> Floats:
    """One run's curve.

    Args:
        episodes: Columns ``frames`` (never falling) and ``game_return``.
        grid: Emulator frames at which to evaluate the curve.
        reached: Emulator frames beyond which nothing is known.
        window: Games in the trailing mean.

    Returns:
        Game returns; NaN before the first finished game and beyond ``reached``.
    """
    means = trailing_mean(episodes["game_return"].to_numpy(dtype=float), window)
    finished = np.searchsorted(episodes["frames"].to_numpy(), grid, side="right")
    curve = np.concatenate([[np.nan], means])[finished]
    return np.where(grid <= reached, curve, np.nan)


def frame_grid(target_frames: int, points: int = POINTS) -> Floats:
    """``points`` evenly spaced frames; the last is ``target_frames``."""
    return target_frames * np.arange(1, points + 1) / points


def _run_curves(study: Study, points: int) -> pd.DataFrame:
    episodes = by_run(study.episodes, EPISODES)
    columns = ["run_id", "label", "game", "status", "frames", "game_return"]
    parts, no_games = [pd.DataFrame(columns=columns)], EPISODES.empty()
    for run in study.runs.to_dict("records"):
        grid = frame_grid(run["target_frames"], points)
        # A finished run has reached its target, whatever its last rows say.
        reached = run["target_frames" if run["status"] == "done" else "frames"]
        played = episodes.get(run["run_id"], no_games)
        curve = run_curve(played, grid, reached)
        part = pd.DataFrame({"frames": grid, "game_return": curve})
        parts.append(part.assign(**{name: run[name] for name in columns[:4]}))
    return pd.concat(parts[1:] or parts, ignore_index=True)[columns]


def _mean_curves(runs: pd.DataFrame) -> pd.DataFrame:
    parts = [pd.DataFrame(columns=["label", "game", "frames", "mean", "sd"])]
    done = runs[runs["status"] == "done"]
    for key, arm in done.groupby(["label", "game"]):
        label, game = map(str, key)
        table = arm.pivot(index="frames", columns="run_id", values="game_return")
        # ``skipna=False``: a mean over those that have a value would change its n.
        mean = table.mean(axis=1, skipna=False)
        sd = table.std(axis=1, ddof=1, skipna=False)
        part = pd.DataFrame({"mean": mean, "sd": sd}).reset_index()
        parts.append(part.assign(label=label, game=game))
    columns = list(parts[0])
    return pd.concat(parts[1:] or parts, ignore_index=True)[columns]
