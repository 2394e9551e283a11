"""What is compared of a run, and the scales of games."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.claims.scales import (
    SCALES_FILE,
    read_scales,
    scales_for,
    scales_of,
)
from analysis.claims.scores import area, curves, diverged, final
from analysis.records.csvs import csv_bytes
from analysis.records.errors import RecordError
from analysis.tables.scoring import final_scores
from tests.analysis.claims.planted import SHAPE, planted_study, run_of, study_with

RANDOM = {"Pong": -2.0}
RISING = list(range(10))
NONE = float("nan")


def table_of(*runs):
    return curves(study_with(list(runs)), RANDOM)


def test_a_curve_is_the_mean_return_in_each_tenth():
    table = table_of(run_of("q-a2c", "Pong", 0, RISING))
    assert table[list(range(10))].to_numpy().tolist() == [RISING]
    assert final(table) == [9]
    assert area(table) == [4.5]


def test_a_final_score_is_that_of_every_table():
    """At the borders of a tenth too: frame 900 is of the ninth, 901 of the last."""
    run = run_of("q-a2c", "Pong", 0, RISING)
    run.episodes["frames"] = [1, 100, 101, 800, 899, 900, 901, 950, 999, 1000]
    study = study_with([run])
    table = curves(study, RANDOM)
    assert final(table) == final_scores(study)["score"].to_numpy() == [7.5]
    assert table[[0, 1, 7, 8]].to_numpy().tolist() == [[0.5, 2, 3, 4.5]]


def test_where_the_tables_have_no_final_score_the_claims_may():
    """As both docstrings say."""
    silent = run_of("q-a2c", "Pong", 0, [*RISING[:6], *[NONE] * 4])
    failed = run_of("q-a2c", "Pong", 1, RISING[:6], "failed")
    unfinished = run_of("q-a2c", "Pong", 2, RISING, "unfinished")
    study = study_with([silent, failed, unfinished])
    assert final_scores(study)["score"].isna().all()
    assert final(curves(study, RANDOM))[:2].tolist() == [5, RANDOM["Pong"]]
    assert np.isnan(final(curves(study, RANDOM))[2])


@pytest.mark.parametrize("frames", [301, 350, 400])
def test_a_failed_run_plays_at_random_from_where_it_failed(frames):
    failed = run_of("q-a2c", "Pong", 0, [*RISING[:4]], "failed")
    table = table_of(replace(failed, frames=frames - 1))  # in the fourth tenth
    assert table[list(range(10))].to_numpy().tolist() == [[0, 1, 2, *[-2] * 7]]
    assert final(table) == [-2]


def test_an_unfinished_run_has_no_score():
    table = table_of(run_of("q-a2c", "Pong", 0, RISING, "unfinished"))
    assert np.isnan([final(table)[0], area(table)[0]]).all()


def test_a_tenth_in_which_no_game_ends_counts_as_the_one_before():
    lives = [*RISING[:4], NONE, NONE, RISING[6], NONE, NONE, NONE]
    table = table_of(run_of("q-a2c", "Pong", 0, lives))
    seen = [0, 1, 2, 3, 3, 3, 6, 6, 6, 6]
    assert table[list(range(10))].to_numpy().tolist() == [seen]
    assert (final(table), area(table)) == ([6], [np.mean(seen)])


def test_a_first_tenth_without_a_game_leaves_no_area():
    table = table_of(run_of("q-a2c", "Pong", 0, [NONE, *RISING[1:]]))
    assert final(table) == [9]
    assert np.isnan(area(table)).all()


@pytest.mark.parametrize(
    ("curve", "status", "fell"),
    [
        (SHAPE * 10, "done", False),
        ([*SHAPE[:9] * 10, 3.4], "done", True),  # over half lost of 11 above random
        ([*SHAPE[:9] * 10, 3.6], "done", False),
        ([0.4] * 9 + [-2.0], "done", False),  # under a quarter was ever learned
        ([0.6] * 9 + [-2.0], "done", True),
        (SHAPE[:3] * 10, "failed", True),
        ([-2.0] * 3, "failed", True),
    ],
)
def test_a_run_diverges_if_it_fails_or_loses_what_it_learned(curve, status, fell):
    table = table_of(run_of("q-a2c", "Pong", 0, curve, status))
    assert diverged(table, np.array([-2.0]), np.array([10.0])).tolist() == [fell]


@pytest.fixture
def tuning():
    finals = {"a2c-naive": 20.0, "dqn-hard": 10.0}
    return planted_study(finals, ["Pong"], 3, 1.0, 1000, "tuning")


LABELS = {"a2c": "a2c-naive", "dqn": "dqn-hard"}


def test_a_scale_is_what_the_baseline_learned_beyond_random(tuning):
    table = scales_of(tuning, "minatar", RANDOM, LABELS)
    scores = final_scores(tuning).groupby("label")["score"]
    rows = table.set_index(["family", "estimand"])
    for family, label in LABELS.items():
        row = rows.loc[(family, "final")]
        assert row["baseline"] == pytest.approx(scores.mean()[label])
        assert row["scale"] == pytest.approx(scores.mean()[label] + 2)
        assert row["sd"] == pytest.approx(scores.std()[label])
        areas = rows.loc[(family, "area")]
        assert areas["baseline"] == pytest.approx(0.55 * scores.mean()[label])
        assert (row["runs"], row["usable"], row["frames"]) == (3, True, 1000)


@pytest.mark.parametrize(
    ("finals", "seeds", "sd", "usable"),
    [
        (20.0, 3, 1.0, True),
        (-1.0, 3, 1.0, False),
        (-30.0, 3, 1.0, False),
        (20.0, 1, 1.0, False),
        (-2.0, 3, 0.0, False),
    ],
)
def test_a_game_counts_if_its_baseline_learns(finals, seeds, sd, usable):
    tuning = planted_study({"a2c-naive": finals}, ["Pong"], seeds, sd, 1000, "tuning")
    table = scales_of(tuning, "minatar", RANDOM, {"a2c": "a2c-naive"})
    by = table.set_index("estimand")["usable"]
    assert by["final"] == usable


def test_scales_are_read_as_they_were_written(tuning, tmp_path):
    table = scales_of(tuning, "minatar", RANDOM, LABELS)
    path = tmp_path / SCALES_FILE
    path.parent.mkdir()
    path.write_bytes(csv_bytes(table))
    pd.testing.assert_frame_equal(read_scales(tmp_path), table, check_exact=True)
    found = scales_for(read_scales(tmp_path), "minatar", "dqn", "area")
    assert (
        found["Pong"].scale
        == table.set_index(["family", "estimand"]).loc[("dqn", "area"), "scale"]
    )
    assert scales_for(table, "atari", "dqn", "final") == {}
    assert read_scales(tmp_path / "elsewhere").empty


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.drop(columns="sd"), "has columns"),
        (lambda t: t.assign(scale="much"), "wrong type"),
        (lambda t: pd.concat([t, t]), "two scales for one game"),
    ],
)
def test_mangled_scales_are_said(tuning, tmp_path, change, said):
    path = tmp_path / SCALES_FILE
    path.parent.mkdir()
    table = change(scales_of(tuning, "minatar", RANDOM, LABELS))
    path.write_bytes(csv_bytes(table))
    with pytest.raises(RecordError, match=said):
        read_scales(tmp_path)


@pytest.mark.parametrize(
    ("labels", "random", "said"),
    [
        ({"a2c": "a2c-naiv"}, RANDOM, "has no label 'a2c-naiv'; it has: a2c-naive; d"),
        (LABELS, {}, "no score of random play for Pong"),
    ],
)
def test_what_scales_cannot_be_made_of_is_said(tuning, labels, random, said):
    with pytest.raises(RecordError, match=said):
        scales_of(tuning, "minatar", random, labels)


def test_a_studys_own_seeds_make_no_scales():
    study = planted_study({"a2c-naive": 20.0}, ["Pong"], 3, name="tuning")
    with pytest.raises(RecordError, match="a seed below 1000"):
        scales_of(study, "minatar", RANDOM, {"a2c": "a2c-naive"})
