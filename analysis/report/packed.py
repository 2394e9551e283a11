"""The curves of a study's runs, packed for the page's script.

Thousands of curves have to fit beside everything else in a megabyte: every game return
is one of 4,095 levels between the lowest and the highest of its game, two signs of
base64 each. The last level stands for no value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from analysis.figures.curve_plots import Grid, looks, thinned
from analysis.figures.curves import Curves, Floats
from analysis.figures.plot import plain

SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
NOTHING = len(SIGNS) ** 2 - 1
MOST_VALUES = 50_000  # of all curves of a page
FEWEST_POINTS, MOST_POINTS = 20, 100


def packed(curves: Curves, grids: Mapping[str, Grid], points: int) -> dict[str, Any]:
    """The arms of a study and the curves of its runs, by game.

    Args:
        curves: Of the study.
        grids: Its runs, by game.
        points: How many each curve is to have.
    """
    shown = looks(curves, list(dict.fromkeys(curves.arms["variant"])))
    arms = [
        {"label": label, "colour": colour, "dash": [float(d) for d in dash.split()]}
        for label, colour, dash in shown
    ]
    places = {label: place for place, (label, _, _) in enumerate(shown)}
    games = {game: _game(grid, places, points) for game, grid in grids.items()}
    return {"arms": arms, "games": games}


def points_for(runs: int) -> int:
    """How many points a curve has, on a page with so many."""
    return int(np.clip(MOST_VALUES // max(runs, 1), FEWEST_POINTS, MOST_POINTS))


def _game(grid: Grid, places: Mapping[str, int], points: int) -> dict[str, Any]:
    kept = thinned(len(grid.frames), points)
    runs = [
        [places[run["label"]], int(run["seed"]), int(run["status"] != "done")]
        for run in grid.runs.to_dict("records")
    ]
    return {
        "x": plain(grid.frames[kept]),
        "runs": runs,
        **_levels(grid.values[:, kept]),
    }


def _levels(table: Floats) -> dict[str, Any]:
    good = np.isfinite(table)
    low, high = (table[good].min(), table[good].max()) if good.any() else (0.0, 1.0)
    step = (high - low) / (NOTHING - 1) or 1.0
    levels = np.full(table.shape, NOTHING)
    levels[good] = np.rint((table[good] - low) / step).astype(int)
    signs = np.array(list(SIGNS))
    pairs = np.stack(np.divmod(levels.ravel(), len(SIGNS)), axis=1)
    return {"low": low, "step": step, "data": "".join(signs[pairs].ravel())}
