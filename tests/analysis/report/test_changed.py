"""An arm with a setting changed stands beside itself as it is, and the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import pytest

from analysis.records.record import RunRecord
from analysis.report.changed import Changed, Mean, changed, steps_told, told
from tests.analysis.claims.planted import FRAMES, run_of, study_with

GAME, OTHER = "MinAtar/Freeway", "MinAtar/Seaquest"
NAME, CONTROLS = "minatar", "minatar-controls"


def run(arm: str, score: float, game: str = GAME, seed: int = 0) -> RunRecord:
    return run_of(arm, game, seed, [0.0] * 9 + [score])


def control(arm: str, setting: str, score: float, game: str = GAME) -> RunRecord:
    label = f"{arm} ({setting})" if setting else arm
    return run_of(arm, game, 0, [0.0] * 9 + [score], study=CONTROLS, label=label)


def longer(record: RunRecord) -> RunRecord:
    """The run with three times the frames, its last game at their end."""
    last = record.episodes.iloc[-1:].assign(frames=3 * FRAMES)
    episodes = pd.concat([record.episodes.iloc[:-1], last], ignore_index=True)
    config = record.config | {"frames": 3 * FRAMES}
    return replace(record, config=config, frames=3 * FRAMES, episodes=episodes)


MAIN = [
    run("dqn-hard", 40.0),
    run("dqn-hard", 44.0, seed=1),
    run("dqn-soft-entropy", 19.0),
    run("a2c-naive", 7.0),
]


def test_a_changed_arm_has_itself_and_the_baseline_beside_it() -> None:
    runs = [control("dqn-soft-entropy", "temperature=0.01", 41.0)]
    (found,) = changed([study_with(runs, CONTROLS), study_with(MAIN, NAME)])
    assert found == Changed(
        "dqn-soft-entropy",
        GAME,
        "temperature=0.01",
        Mean(41.0, 1, FRAMES),
        Mean(19.0, 1, FRAMES),
        Mean(42.0, 2, FRAMES),
        "dqn-hard",
    )


def test_more_frames_are_a_change_without_a_setting() -> None:
    runs = [longer(control("dqn-soft-entropy", "", 36.0))]
    (found,) = changed([study_with(MAIN, NAME), study_with(runs, CONTROLS)])
    assert (found.setting, found.changed) == ("", Mean(36.0, 1, 3 * FRAMES))
    assert found.plain == Mean(19.0, 1, FRAMES)


def test_what_the_study_itself_lacks_is_left_out() -> None:
    runs = [
        control("dqn-soft-entropy", "temperature=0.01", 41.0, game=OTHER),
        control("dqn-soft-kl", "temperature=0.01", 41.0),
    ]
    assert changed([study_with(MAIN, NAME), study_with(runs, CONTROLS)]) == []
    assert changed([study_with(runs, CONTROLS)]) == []
    assert changed([study_with(MAIN, NAME)]) == []


def row(arm: str, game: str, setting: str, now: float, was: float) -> Changed:
    """A row beside a baseline of 10."""
    scores = (Mean(score, 1, FRAMES) for score in (now, was, 10.0))
    return Changed(arm, game, setting, *scores, "baseline")


RATE = "learning_rate=0.0002"
ENTROPY, PLAIN, WEIGHTED = "dqn-soft-entropy", "q-a2c", "q-a2c-c100"
TOLD = (
    row(ENTROPY, GAME, "temperature=0.01", 9.5, 2.0),
    row(ENTROPY, GAME, "", 5.0, 2.0),
    row(PLAIN, GAME, RATE, 4.0, 9.0),
    row(PLAIN, OTHER, RATE, 4.0, 3.0),
    row(WEIGHTED, GAME, RATE, 1.0, 1.0),
    row(WEIGHTED, OTHER, RATE, 1.0, 1.0),
)
NOT_TOLD = {
    "a cooler one is worse": row(ENTROPY, OTHER, "temperature=0.01", 8.5, 2.0),
    "more frames are enough": row(ENTROPY, OTHER, "", 7.0, 2.0),
    "the weight does no harm": row(WEIGHTED, GAME, RATE, 4.5, 1.0),
    "the rate alone does no harm": row(PLAIN, GAME, RATE, 9.5, 9.0),
    "the rate alone does harm on Seaquest": row(PLAIN, OTHER, RATE, 2.0, 3.0),
}


def test_words_are_told_where_the_scores_bear_them_out() -> None:
    assert told(TOLD, {GAME: 6.0})
    assert not told(TOLD, {})


@pytest.mark.parametrize("wrong", NOT_TOLD.values(), ids=NOT_TOLD)
def test_words_are_not_told_of_other_scores(wrong: Changed) -> None:
    others = [x for x in TOLD if (x.arm, x.game) != (wrong.arm, wrong.game)]
    rows: Sequence[Changed] = [*others, wrong]
    assert not told(rows, {GAME: 6.0, OTHER: 6.0})


@pytest.mark.parametrize("arm", [ENTROPY, PLAIN, WEIGHTED])
def test_words_are_not_told_without_one_of_the_controls(arm: str) -> None:
    assert not told([x for x in TOLD if x.arm != arm], {GAME: 6.0})


FIVE, ASTERIX = "dqn-hard-5step", "MinAtar/Asterix"
LOWER, SMALLER, GREEDIER = "learning_rate=6e-05", "buffer_size=1", "exploration=0:1"
STEPS_TOLD = (
    row(FIVE, ASTERIX, LOWER, 3.0, 1.0),
    row(FIVE, GAME, LOWER, 9.5, 4.0),
    row(FIVE, ASTERIX, SMALLER, 0.5, 1.0),
    row(FIVE, GAME, SMALLER, 2.0, 4.0),
    row(FIVE, GAME, GREEDIER, 5.0, 4.0),
)
STEPS_NOT_TOLD = {
    "a lower rate is not enough": row(FIVE, GAME, LOWER, 8.5, 4.0),
    "a lower rate is worse on Asterix": row(FIVE, ASTERIX, LOWER, 0.5, 1.0),
    "a lower rate is half of it on Asterix": row(FIVE, ASTERIX, LOWER, 6.0, 1.0),
    "a lower rate is enough on Asterix": row(FIVE, ASTERIX, LOWER, 9.5, 1.0),
    "a smaller memory is better": row(FIVE, GAME, SMALLER, 4.5, 4.0),
    "fewer random actions do as much": row(FIVE, GAME, GREEDIER, 9.5, 4.0),
    "fewer random actions do nothing": row(FIVE, GAME, GREEDIER, 4.0, 4.0),
    "no lower rate to compare with": row(FIVE, OTHER, GREEDIER, 5.0, 4.0),
}


def test_words_on_five_steps_are_told_where_the_scores_bear_them_out() -> None:
    assert steps_told([*STEPS_TOLD, row("dqn-hard", GAME, SMALLER, 9.0, 1.0)])


@pytest.mark.parametrize("wrong", STEPS_NOT_TOLD.values(), ids=STEPS_NOT_TOLD)
def test_words_on_five_steps_are_not_told_of_other_scores(wrong: Changed) -> None:
    key = wrong.game, wrong.setting
    assert not steps_told(
        [*(x for x in STEPS_TOLD if (x.game, x.setting) != key), wrong]
    )


@pytest.mark.parametrize("setting", [LOWER, SMALLER, GREEDIER])
def test_words_on_five_steps_are_not_told_without_a_control(setting: str) -> None:
    assert not steps_told([x for x in STEPS_TOLD if x.setting != setting])
