"""Which differences of two configurations are differences of settings."""

from __future__ import annotations

from dataclasses import replace

from analysis.records.configs import digest
from analysis.records.joining import contradiction
from analysis.records.labels import with_distinct_labels
from tests.analysis.claims.planted import SHAPE, run_of, study_with
from tests.analysis.records.test_joining import record


def test_another_budget_is_another_setting() -> None:
    ours = record("unfinished", 500)
    other = ours.config | {"frames": 2000}
    assert digest(ours.config) != digest(other)
    found = contradiction(ours, replace(ours, config=other))
    assert found is not None and found.where == "frames"


def test_settings_of_one_game_alone_need_no_mark() -> None:
    pong = run_of("q-a2c", "Pong", 0, SHAPE, environment={"frame_skip": 3})
    study = study_with([pong, run_of("q-a2c", "Breakout", 0, SHAPE)])
    assert set(with_distinct_labels(study).runs["label"]) == {"q-a2c"}
