"""Of two records of one run nothing is lost, and nothing false is put together."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pandas as pd
import pytest

from analysis.records.joining import (
    before_continuation,
    contradiction,
    join,
    same_content,
)
from analysis.records.record import EPISODES, METRICS, TIMING, RunRecord
from tests.analysis.records_on_disk import config_of


def table(kind: Any, **columns: Any) -> pd.DataFrame:
    rows = pd.DataFrame(columns).reindex(columns=list(kind.dtypes))
    return rows.astype(kind.dtypes)


EPISODES_OF_IT = table(
    EPISODES,
    frames=[400, 800, 1000],
    env=[0, 1, 0],
    game_return=[1.0, 2.5, 0.3],
    length_frames=[400, 800, 600],
)
METRICS_OF_IT = table(METRICS, frames=[250, 500, 750, 1000], loss=[4.0, 3, 2, 1])
TIMING_OF_IT = table(
    TIMING, frames=[250, 500, 750, 1000], seconds=[1.0, 2, 3, 4], steps_per_second=9.0
)


def record(status: str, frames: int, without: tuple[str, ...] = ()) -> RunRecord:
    """A record of one and the same run, as far as it goes, some tables deleted."""
    whole = {
        "episodes": EPISODES_OF_IT,
        "metrics": METRICS_OF_IT,
        "timing": TIMING_OF_IT,
    }
    kept = {
        name: rows[rows["frames"] <= (-1 if name in without else frames)]
        for name, rows in whole.items()
    }
    timed = bool(len(kept["timing"])) or status == "done"
    times = (frames / 250, 250.0) if timed else (float("nan"), float("nan"))
    return RunRecord(config_of(), status, frames, *times, **kept)


WITHOUT = [(), ("metrics",), ("timing",), ("metrics", "timing")]
ENDS = [
    ("done", 1000),
    ("unfinished", 800),
    ("failed", 800),
    ("unfinished", 500),
    ("failed", 500),
    ("unfinished", 0),
]
RECORDS = [record(*end, without) for end in ENDS for without in WITHOUT]
RANK = {"unfinished": 0, "failed": 1, "done": 2}


def sizes(run: RunRecord) -> list[int]:
    return [len(rows) for rows in (run.episodes, run.metrics, run.timing)]


def progress(run: RunRecord) -> tuple[bool, int, int]:
    return run.status == "done", run.frames, RANK[run.status]


@pytest.mark.parametrize("ours", RECORDS, ids=lambda run: f"{run.status}-{sizes(run)}")
def test_two_records_hold_together_what_either_holds(ours: RunRecord) -> None:
    """For every pair of status, length, with and without metrics and timing."""
    for theirs in RECORDS:
        assert contradiction(ours, theirs) is None
        both = join(ours, theirs)
        assert progress(both) == max(progress(ours), progress(theirs))
        assert sizes(both) == list(map(max, sizes(ours), sizes(theirs)))
        assert (both.seconds == both.seconds) == any(
            run.seconds == run.seconds for run in (ours, theirs)
        )
        assert same_content(both, join(theirs, ours))
        assert join(both, theirs).same_as(both)


def altered(run: RunRecord, name: str, row: int, column: str, value: Any) -> RunRecord:
    rows = getattr(run, name).copy()
    rows.loc[row, column] = value
    return replace(run, **{name: rows})


@pytest.mark.parametrize(
    ("ours", "theirs"), list(product([("done", 1000), ("unfinished", 800)], repeat=2))
)
@pytest.mark.parametrize(
    ("where", "change", "said"),
    [
        ("episodes.csv row 2", ("episodes", 1, "game_return", 448.0), "448.0"),
        ("episodes.csv row 1", ("episodes", 0, "env", 3), "env 3"),
        ("metrics.csv row 3", ("metrics", 2, "loss", 9.0), "loss 9.0"),
        ("metrics.csv row 1", ("metrics", 0, "loss", None), "loss nan"),
        ("metrics.csv row 1", ("metrics", 0, "frames", 100), "frames 100"),
    ],
)
def test_a_row_that_differs_is_a_contradiction_whoever_is_longer(
    ours: Any, theirs: Any, where: str, change: Any, said: str
) -> None:
    found = contradiction(record(*ours), altered(record(*theirs), *change))
    assert found is not None
    assert (found.where, said in found.theirs) == (where, True)
    assert said not in found.ours


def test_times_are_no_contradiction_and_ours_stay() -> None:
    ours = record("done", 1000)
    theirs = altered(record("done", 1000), "timing", 0, "seconds", 0.1)
    theirs = replace(theirs, seconds=8.0, frames_per_second=125.0)
    assert contradiction(ours, theirs) is None
    assert same_content(ours, theirs)
    assert join(ours, theirs).same_as(ours)


def test_a_finished_record_has_all_games() -> None:
    ours, more = record("done", 1000), pd.concat([EPISODES_OF_IT, EPISODES_OF_IT[-1:]])
    for status in ("done", "unfinished"):
        theirs = replace(record(status, 1000), episodes=more.reset_index(drop=True))
        for pair in ((ours, theirs), (theirs, ours)):
            found = contradiction(*pair)
            assert found is not None and found.where == "episodes.csv row 4"
            assert "finished after 3 games" in (found.ours, found.theirs)


@pytest.mark.parametrize("status", ["done", "unfinished", "failed"])
def test_nothing_goes_beyond_the_end_of_a_finished_record(status: str) -> None:
    ours, theirs = record("done", 1000), replace(record(status, 1000), frames=1001)
    found = contradiction(ours, theirs)
    assert found is not None and "frames" in found.where
    assert ("1000" in found.ours, "1001" in found.theirs) == (True, True)


def test_columns_that_one_side_does_not_know_are_filled_in() -> None:
    older, newer = record("done", 1000), record("unfinished", 500)
    newer = replace(newer, metrics=newer.metrics.assign(q_error=0.0))
    assert contradiction(older, newer) is None
    q_error = join(older, newer).metrics["q_error"]
    assert q_error.tolist()[:2] == [0.0, 0.0] and q_error[2:].isna().all()
    other = replace(older, metrics=older.metrics.assign(q_error=0.25))
    found = contradiction(other, newer)
    assert found is not None and found.ours == "q_error 0.25"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"hyperparameters": {"temperature": 0.5}}, "temperature"),
        ({"seed": 1}, "seed"),
        ({"threads": 2}, "threads"),
        ({"numerics": 2}, "numerics"),
    ],
)
def test_other_settings_are_a_contradiction(change: dict, where: str) -> None:
    ours = record("unfinished", 500)
    found = contradiction(ours, replace(ours, config=ours.config | change))
    assert found is not None and found.where == where


def test_a_setting_that_was_no_choice_yet_is_none() -> None:
    ours = record("unfinished", 500)
    environment = ours.config["environment"] | {"precision": "float32"}
    config = ours.config | {"environment": environment, "versions": {}, "numerics": 1}
    assert contradiction(ours, replace(ours, config=config)) is None


def resumed(run: RunRecord, *steps: int) -> RunRecord:
    notes = [f"statistical resume at step {step}: why" for step in steps]
    return replace(run, config=run.config | {"resumes": notes})


def test_a_run_that_went_on_inexactly_is_held_to_what_it_shares() -> None:
    """At step 150, frame 600; our record, made before, goes on to 800."""
    ours = record("unfinished", 800)
    theirs = altered(record("done", 1000), "episodes", 1, "game_return", 7.0)
    theirs = altered(theirs, "metrics", 2, "loss", 7.0)
    assert contradiction(ours, theirs)
    shared = before_continuation(ours, resumed(theirs, 150))
    assert contradiction(shared, theirs) is None
    both = join(shared, resumed(theirs, 150))
    assert same_content(both, theirs)
    assert both.config["resumes"]
    # What differs before that is a contradiction still.
    early = resumed(altered(theirs, "episodes", 0, "game_return", 9.0), 150)
    assert contradiction(before_continuation(ours, early), early)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (record("done", 1000), resumed(record("done", 1004), 150)),
        (record("unfinished", 800), resumed(record("unfinished", 500), 150)),
        (resumed(record("unfinished", 500), 150), record("done", 1000)),
        (record("unfinished", 500), record("done", 1000)),
        (resumed(record("unfinished", 500), 9), resumed(record("done", 1000), 9)),
    ],
    ids=["ours is done", "ours is longer", "ours is inexact", "exact", "the same"],
)
def test_nothing_else_shortens_what_is_compared(
    ours: RunRecord, theirs: RunRecord
) -> None:
    assert before_continuation(ours, theirs) is ours


def test_two_that_went_on_apart_share_what_was_before() -> None:
    ours, theirs = record("unfinished", 500), record("done", 1000)
    shared = before_continuation(resumed(ours, 9, 110), resumed(theirs, 9, 120))
    assert shared.frames == 440
    assert sizes(shared)[:2] == [1, 1]


def test_a_row_at_the_step_of_a_resume_is_of_the_run_as_it_went_on() -> None:
    """At step 200, frame 800, where a game ends and there is no row of metrics."""
    shared = before_continuation(
        record("unfinished", 800), resumed(record("done", 1000), 200)
    )
    assert (shared.frames, sizes(shared)[:2]) == (800, [1, 3])


def test_what_is_shared_goes_no_further_than_ours() -> None:
    shared = before_continuation(
        record("unfinished", 500), resumed(record("done", 1000), 200)
    )
    assert (shared.frames, shared.status) == (500, "unfinished")
