"""What the table of calibration is made of: rates of simulated studies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import skew

from analysis.claims import calibration, simulation
from analysis.claims.simulation import Border, curve_rates, divergence_rates


def test_rates_of_simulated_studies_are_found_and_seldom_wrong() -> None:
    uniform = np.random.default_rng(3).random((400, simulation.BLOCKS, 5))
    of_games = {times: np.full(5, times * 0.05) for times in (0.2, 1.0, 2.0)}
    found = divergence_rates(uniform, 0.05, of_games)
    assert found.false_for <= 0.05 and found.false_against <= 0.05
    assert found.found_for > 0.6 and found.found_against > 0.5
    assert 15 <= found.n_for <= 40


def test_the_worst_border_counts() -> None:
    def said(effect: float) -> tuple[np.ndarray, np.ndarray]:
        return np.full((4, 3), effect > 0), np.full((4, 3), effect < 0)

    border = Border((-1, 1), (-1, 1), 1, -1)
    found = simulation._rates(said, border, np.arange(3.0, 6))
    assert (found.false_for, found.false_against) == (1.0, 1.0)


def test_the_mirror_image_is_skewed_to_the_other_side(tmp_path: Path) -> None:
    kinds = calibration._kinds_of_blocks(tmp_path, 500, np.random.default_rng(0))
    skews = {name: skew(z, axis=None) for name, z, _ in kinds}
    assert skews["exponential"] > 1.5 and skews["exponential, mirrored"] < -1.5
    assert skews["normal"] == pytest.approx(0, abs=0.1)


def test_curves_that_are_equivalent_are_found_and_others_are_told() -> None:
    draws = np.random.default_rng(2).normal(size=(60, 20, 5, 2, 2, 10))
    found, _ = curve_rates(draws, 0.25, np.ones(10))
    assert found.found_for > 0.5 and found.found_against > 0.5
