"""Learning curves against values worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.figures.curves import (
    frame_grid,
    learning_curves,
    run_curve,
    trailing_mean,
)
from analysis.records.exchange import export_study
from analysis.records.study import load_study
from tests.analysis.claims.planted import SHAPE, run_of, study_with
from tests.analysis.records_on_disk import config_of, write_run

returns = st.lists(st.floats(-1e5, 1e5), min_size=1, max_size=60)


@given(values=returns, window=st.integers(1, 70))
def test_the_trailing_mean_is_what_its_definition_says(
    values: list[float], window: int
) -> None:
    expected = [
        np.mean(values[max(0, end - window) : end]) for end in range(1, len(values) + 1)
    ]
    np.testing.assert_allclose(
        trailing_mean(np.array(values), window), expected, rtol=1e-9, atol=1e-7
    )


def test_a_curve_by_hand() -> None:
    games = pd.DataFrame({"frames": [10, 20, 20, 40], "game_return": [2.0, 4, 6, 8]})
    grid = np.array([5.0, 10, 15, 20, 30, 40, 50])
    curve = run_curve(games, grid, reached=45, window=3)
    # Before the first game and beyond the last known frame there is nothing.
    np.testing.assert_array_equal(curve, [np.nan, 2, 2, 4, 4, 6, np.nan])


def test_the_grid_ends_at_the_target() -> None:
    np.testing.assert_array_equal(frame_grid(1000, 4), [250, 500, 750, 1000])


def curves_of(
    tmp_path: Path, runs: list[tuple[list[tuple[int, float]], str]]
) -> pd.DataFrame:
    for seed, (games, status) in enumerate(runs):
        write_run(tmp_path / "runs", config_of(seed=seed), games, status)
    export_study(tmp_path / "runs", "atari", tmp_path / "data")
    study = load_study(tmp_path / "data", "atari")
    return learning_curves(study, points=4).mean.set_index("frames")


def test_mean_and_sd_over_seeds_by_hand(tmp_path: Path) -> None:
    early, late = [(200, 2.0), (700, 4.0)], [(400, 5.0), (700, 9.0)]
    mean = curves_of(tmp_path, [(early, "done"), (late, "done")])
    # At 250 only one seed has finished a game: a mean of one would not be of n = 2.
    np.testing.assert_array_equal(mean["mean"], [np.nan, 3.5, 5.0, 5.0])
    np.testing.assert_allclose(mean["sd"], [np.nan, 3 / 2**0.5, 8**0.5, 8**0.5])


def test_one_seed_has_no_sd(tmp_path: Path) -> None:
    mean = curves_of(tmp_path, [([(200, 2.0)], "done")])
    assert mean["mean"].tolist() == [2.0] * 4
    assert mean["sd"].isna().all()


@pytest.mark.parametrize("status", ["unfinished", "failed"])
def test_a_halted_run_is_in_no_mean(tmp_path: Path, status: str) -> None:
    runs = [([(200, 2.0)], "done"), ([(200, 1e6), (999, 1e6)], status)]
    assert curves_of(tmp_path, runs)["mean"].tolist() == [2.0] * 4


def test_a_study_of_halted_runs_has_no_mean_but_has_lines(tmp_path: Path) -> None:
    write_run(tmp_path / "runs", config_of(), [(600, 3.0)], "unfinished")
    export_study(tmp_path / "runs", "atari", tmp_path / "data")
    curves = learning_curves(load_study(tmp_path / "data", "atari"), points=5)
    assert curves.mean.empty
    assert curves.arms[["n", "halted"]].to_numpy().tolist() == [[0, 1]]
    line = curves.runs["game_return"].tolist()
    np.testing.assert_array_equal(line, [np.nan, np.nan, 3.0, np.nan, np.nan])


def test_a_finished_run_has_a_curve_to_its_target() -> None:
    """Its last row may be a few frames before: a step is of several games."""
    done = replace(run_of("q-a2c", "Pong", 0, SHAPE), frames=998)
    halted = replace(done, status="unfinished")
    whole, part = (
        learning_curves(study_with([run]), points=4).runs["game_return"].notna()
        for run in (done, halted)
    )
    assert whole.tolist() == [True] * 4
    assert part.tolist() == [True, True, True, False]
