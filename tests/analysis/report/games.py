"""Runs with as many games as one likes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.records.record import RunRecord

FRAMES_A_GAME = 10


def games_of(run: RunRecord, levels: Iterable[tuple[int, float]]) -> RunRecord:
    """The run with these games: so many of each return, one after the other."""
    returns = np.concatenate([np.full(n, value) for n, value in levels])
    ends = FRAMES_A_GAME * np.arange(1, len(returns) + 1)
    games = {"frames": ends, "env": 0, "game_return": returns}
    episodes = pd.DataFrame(games | {"length_frames": FRAMES_A_GAME})
    reached = int(ends[-1])
    config = run.config | {"frames": reached}
    return replace(run, config=config, frames=reached, episodes=episodes)
