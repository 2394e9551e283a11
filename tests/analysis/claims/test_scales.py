"""What is one, and what is nothing, in blocks: scales and random play."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.claims.judging import judge
from analysis.claims.scales import SCALES_FILE, scales_for, scales_of
from analysis.records.csvs import csv_bytes
from analysis.records.files import write_atomically
from analysis.records.study import save_study
from tests.analysis.claims.planted import SHAPE, run_of, study_with
from tests.analysis.claims.test_judging import CLAIMS, GAMES, scales_of_ten


@pytest.mark.parametrize(("ratio", "usable"), [(1.9, False), (2.1, True)])
def test_a_scale_is_two_deviations_at_least(ratio: float, usable: bool) -> None:
    """Two tuning seeds with a deviation of 1, and random play at -2."""
    made = [
        run_of("a2c-naive", "Pong", 1000 + i, SHAPE * (ratio - 2 + off))
        for i, off in enumerate((-(0.5**0.5), 0.5**0.5))
    ]
    study = study_with(made, "tuning")
    table = scales_of(study, "minatar", {"Pong": -2.0}, {"a2c": "a2c-naive"})
    row = table.set_index("estimand").loc["final"]
    assert (row["sd"], row["scale"]) == pytest.approx((1.0, ratio))
    assert row["usable"] == usable


def test_curves_have_the_scale_of_areas() -> None:
    table = scales_of_ten()
    table["usable"] = table["estimand"] == "area"
    of_curves, of_areas, of_finals = (
        scales_for(table, "minatar", "a2c", kind)
        for kind in ("curves", "area", "final")
    )
    assert of_curves == of_areas != of_finals


def test_a_failed_run_scores_as_random_play_of_its_own_study(tmp_path: Path) -> None:
    made = [
        run_of(arm, game, seed, SHAPE * (9 + seed))
        for seed in range(6)
        for game in GAMES
        for arm in ("a2c-naive", "a2c-proper")
    ]
    failed = {"status": "failed", "frames": 500}
    made = [
        replace(run, **failed)
        if (run.config["variant"], run.config["seed"]) == ("a2c-proper", 0)
        else run
        for run in made
    ]
    save_study(tmp_path / "data", study_with(made))
    other = scales_of_ten().assign(study="another", random=-500.0)
    both = pd.concat([other, scales_of_ten()], ignore_index=True)
    write_atomically({tmp_path / SCALES_FILE: csv_bytes(both)})
    found = judge(tmp_path, [CLAIMS["C1"]], ["minatar"]).answers["minatar", "C1.final"]
    assert (found.blocks.arms["a2c-proper"].loc[0] == 0).all()
