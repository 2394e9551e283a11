"""Blocks of questions: their values, and what can be in none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.claims.blocks import NoVerdictError, blocks_of, scored
from analysis.claims.claim import Question
from analysis.claims.distances import apart
from analysis.claims.scales import Scale
from tests.analysis.claims.planted import SHAPE, planted_study, run_of, study_with

GAMES = ("MinAtar/Breakout", "MinAtar/Asterix")
SCALES = {GAMES[0]: Scale(10.0, 1.0, True), GAMES[1]: Scale(4.0, 0.5, True)}
RANDOM = {game: scale.random for game, scale in SCALES.items()}
A, B = "q-a2c", "a2c-proper"


def question(estimand="final", kind="equivalence", arms=(A, B), games=GAMES):
    return Question(
        "C0.x", "?", arms, kind, estimand, 0.1, "", 0.95, {"minatar": 20},
        {"minatar": games},
    )  # fmt: skip


def runs(seeds=4, arms=(A, B)):
    """Arm A is 2 better than B on one game, and 1 worse on the other."""
    better = {GAMES[0]: 2.0, GAMES[1]: -1.0}
    return [
        run_of(arm, game, seed, SHAPE * (5 + seed) + (arm == A) * better[game])
        for seed in range(seeds)
        for game in GAMES
        for arm in arms
    ]


def blocks(study, asked, scales=SCALES):
    return blocks_of(scored(study, RANDOM), asked, "minatar", scales)


def test_a_block_is_the_mean_over_games_of_differences_over_scales():
    found = blocks(study_with(runs()), question())
    assert found.effects[GAMES[0]].tolist() == pytest.approx([0.2] * 4)
    assert found.effects[GAMES[1]].tolist() == pytest.approx([-0.25] * 4)
    assert found.pooled == pytest.approx([-0.025] * 4)
    assert found.arms[B].loc[0, GAMES[0]] == pytest.approx((5 - 1) / 10)
    assert found.notes == ()


def test_a_block_without_a_run_is_left_out_and_said():
    every = runs()
    study = study_with(every[:1] + every[2:])  # of seed 0, arm B's first game
    found = blocks(study, question())
    assert list(found.effects.index) == [1, 2, 3]
    assert found.notes == (
        f"blocks left out, 1, of seeds: 0 (no score of {B} on {GAMES[0]})",
    )


def test_an_unfinished_run_has_no_block():
    every = runs()
    every[-1] = replace(every[-1], status="unfinished")
    for estimand, left in (("final", 3), ("area", 3), ("curves", 1)):
        assert len(blocks(study_with(every), question(estimand)).effects) == left


def test_a_game_that_the_baseline_did_not_learn_is_left_out_and_said():
    scales = {**SCALES, GAMES[1]: Scale(0.1, 0.5, False)}
    found = blocks(study_with(runs()), question(), scales)
    assert list(found.effects) == [GAMES[0]]
    (note,) = found.notes
    assert GAMES[1] in note


@pytest.mark.parametrize(
    ("made", "asked", "scales", "said"),
    [
        (runs(), question(arms=("q-a2", B)), SCALES,
         "has no runs of 'q-a2'; it has: a2c-proper, q-a2c"),
        (runs()[::1][:2], question(), SCALES, "no runs of 'q-a2c' on MinAtar/Asterix"),
        (runs(), question(), {}, "no scale for MinAtar/Breakout, MinAtar/Asterix"),
        (runs(), question(), {g: Scale(1, 0, False) for g in GAMES}, "can be used"),
        ([*runs(), run_of(A, GAMES[0], 7, SHAPE, numerics=2)], question(), SCALES,
         "mixes numerics versions: 1, 2"),
        ([*runs(), run_of(A, GAMES[0], 7, SHAPE, hyperparameters={"gamma": 1})],
         question(), SCALES, "mixes settings of 'q-a2c'"),
        ([replace(r, config={**r.config, "frames": 2000}) if r.config["label"] == A
          else r for r in runs()], question(), SCALES, "different frames"),
        ([*runs(), run_of(A, GAMES[0], 7, [*SHAPE[:9], np.inf])], question(), SCALES,
         "is infinite"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("estimand", ["final", "curves"])
def test_what_gives_no_verdict_is_said_in_a_line(made, asked, scales, said, estimand):
    with pytest.raises(NoVerdictError, match=said) as error:
        blocks(study_with(made), replace(asked, estimand=estimand), scales)
    assert "\n" not in str(error.value)


def test_the_value_of_curves_by_hand():
    """Across, with other seeds: 16 and 0; within: 4 and 4; all four: 24 / 4."""
    a, b = np.array([[0.0] * 10, [2.0] * 10]), np.array([[2.0] * 10, [4.0] * 10])
    assert apart(a, b) == pytest.approx((8 - 4) / 6)


def test_curves_of_one_algorithm_are_no_further_apart_on_average():
    draw = np.random.default_rng(0).exponential(size=(2, 20_000, 2, 10)).cumsum(-1)
    values = apart(*draw)
    assert abs(values.mean()) < 3 * values.std() / np.sqrt(len(values))
    shifted = apart(draw[0] + draw.std((1, 2)).mean(0), draw[1])
    assert 0.3 < shifted.mean() < 0.4  # what the claim's margin is about


@pytest.mark.parametrize("shared", [0.8, 1.0])
def test_arms_that_share_their_seeds_look_no_closer_for_it(shared):
    """With one seed two arms play the same games at first, so that curves go along."""
    draw = np.random.default_rng(1).normal(size=(2, 20_000, 2, 10)).cumsum(-1)
    values = apart(draw[0], shared * draw[0] + np.sqrt(1 - shared**2) * draw[1])
    assert abs(values.mean()) <= 3 * values.std() / np.sqrt(len(values))


def test_blocks_of_curves_are_pairs_of_seeds():
    study = planted_study({A: 5.0, B: 5.0}, GAMES, 7)
    found = blocks(study, question("curves"))
    assert list(found.effects.index) == [0, 1, 2]  # seed 6 is alone
    table = scored(study, RANDOM).set_index(["label", "game", "seed"])[list(range(10))]
    a, b = (
        np.stack([table.loc[arm, GAMES[0], seed] for seed in (2, 3)]) for arm in (A, B)
    )
    assert found.effects.loc[1, GAMES[0]] == pytest.approx(apart(a, b))


def test_a_rate_counts_runs_that_diverged():
    fell = [run_of(A, game, s, SHAPE[:3] * 5, "failed" if s == 1 else "done")
            for s in range(2) for game in GAMES]  # fmt: skip
    asked = question("divergence", "rate", (A,))
    fell[0] = run_of(A, GAMES[0], 0, SHAPE * 9)
    fell[1] = run_of(A, GAMES[1], 0, SHAPE * 9)
    fell.append(run_of(A, GAMES[0], 2, SHAPE[:5], "unfinished"))
    fell.append(run_of(A, GAMES[1], 2, SHAPE))
    found = blocks(study_with(fell), asked)
    assert found.effects.to_numpy().tolist() == [[0, 0], [1, 1]]
    assert "of seeds: 2" in found.notes[0]


def test_a_curve_without_a_beginning_is_in_no_block():
    lost = run_of(A, GAMES[0], 0, [np.nan, *SHAPE[1:]])
    every = [
        lost if run.config["run_id"] == lost.config["run_id"] else run for run in runs()
    ]
    found = blocks(study_with(every), question("curves"))
    assert list(found.effects.index) == [1]
    assert found.effects.notna().all(axis=None)
    assert "of seeds: 0" in found.notes[0]


def test_two_runs_of_an_arm_with_one_seed_give_no_verdict():
    every = runs()
    again = replace(every[0], config=every[0].config | {"run_id": "made-again-s0"})
    with pytest.raises(NoVerdictError, match=r"two runs of .* with one seed"):
        blocks(study_with([*every, again]), question())
