"""Studies with planted scores, as the reader of results/data gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.records.record import EPISODES, METRICS, TIMING, RunRecord
from analysis.records.study import Study, study_of
from tests.analysis.records_on_disk import config_of

FRAMES = 1000
SHAPE = (1 + np.arange(10)) / 10  # of a curve that rises to its final score


def run_of(
    arm: str,
    game: str,
    seed: int,
    curve: Sequence[float],
    status: str = "done",
    study: str = "minatar",
    **settings: object,
) -> RunRecord:
    """A run that finishes a game in the middle of each tenth; NaN: none there."""
    config = config_of(arm, game, seed, FRAMES, study) | settings
    config["run_id"] = f"{arm}-{game.lower().replace('/', '-')}-s{seed}"
    config["hyperparameters"]["gamma"] = 0.99
    config["sources"]["gamma"] = "baselines-2017"
    ends = [(50 + 100 * k, score) for k, score in enumerate(curve) if score == score]
    frames, returns = zip(*ends, strict=True) if ends else ((), ())
    episodes = pd.DataFrame(
        {
            "frames": np.array(frames, int),
            "env": np.zeros(len(frames), int),
            "game_return": np.array(returns, float),
            "length_frames": np.full(len(frames), 40),
        }
    )
    reached = FRAMES if status == "done" else max([*frames, 1])
    empty = METRICS.empty(), TIMING.empty()
    return RunRecord(config, status, reached, 1.0, 1.0, episodes, *empty)


def study_with(runs: Sequence[RunRecord], name: str = "minatar") -> Study:
    assert EPISODES.dtypes  # the columns of `run_of`
    return study_of(name, {run.config["run_id"]: run for run in runs})


def planted_study(
    finals: Mapping[str, float],
    games: Sequence[str],
    seeds: int,
    sd: float = 1.0,
    first_seed: int = 0,
    name: str = "minatar",
) -> Study:
    """Arms whose final scores are normal about what is planted; curves rise to them."""
    draw = np.random.default_rng(len(games) * 1000 + seeds)
    return study_with(
        [
            run_of(arm, game, seed, SHAPE * (mean + sd * draw.normal()), study=name)
            for seed in range(first_seed, first_seed + seeds)
            for game in games
            for arm, mean in finals.items()
        ],
        name,
    )
