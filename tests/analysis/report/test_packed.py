"""Curves that scripts read are those of the study, to a level."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from analysis.figures.curve_plots import grids, seeds_of
from analysis.figures.curves import Floats, learning_curves
from analysis.records.exchange import export_study
from analysis.records.study import load_study
from analysis.report.packed import NOTHING, SIGNS, packed, points_for
from tests.analysis.records_on_disk import config_of, learning_games, write_run


def unpacked(game: dict[str, Any]) -> Floats:
    """What a script reads: ``float[run, point]``."""
    digits = np.array([SIGNS.index(sign) for sign in game["data"]]).reshape(-1, 2)
    levels = digits @ [len(SIGNS), 1]
    values = np.where(levels == NOTHING, np.nan, game["low"] + levels * game["step"])
    return values.reshape(len(game["runs"]), -1)


def test_curves_survive_packing(runs_dir: Path, data_dir: Path) -> None:
    for seed in range(3):
        for variant in ("a2c-naive", "a2c-proper"):
            games = learning_games(1000, seed, 10.0 + seed)
            config = config_of(variant, seed=seed)
            write_run(runs_dir, config, games, "done" if seed < 2 else "failed")
    export_study(runs_dir, "atari", data_dir)
    study = load_study(data_dir, "atari")
    curves = learning_curves(study)
    runs = grids(curves, seeds_of(study.runs))
    made = packed(curves, runs, 50)
    assert [arm["label"] for arm in made["arms"]] == ["a2c-naive", "a2c-proper"]
    game = made["games"]["Breakout"]
    assert game["runs"][:3] == [[0, 0, 0], [0, 1, 0], [0, 2, 1]]
    kept = runs["Breakout"].values[:, 3::4]
    span = np.nanmax(kept) - np.nanmin(kept)
    np.testing.assert_allclose(
        unpacked(game), kept, rtol=0, atol=span / (NOTHING - 1) / 2 * 1.001
    )
    assert np.isnan(kept).any()


def test_a_page_has_room_for_every_planned_run() -> None:
    """MinAtar's and Atari's studies at their planned sizes, two signs a value."""
    runs = 18 * 5 * 20 + 18 * 7 * 3
    assert 2 * runs * points_for(runs) < 120_000
    assert points_for(2) == 100
