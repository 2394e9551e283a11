"""Scores of games that end: a game by hand, and mistakes that turn each row red."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.entropy import uniform_log_reference
from benchmarks.theory.paper import episodic_optima, episodic_scores
from benchmarks.theory.paper.episodic_optima import Outcome, policies
from benchmarks.theory.paper.episodic_scores import counts
from benchmarks.theory.paper.structures import STRUCTURES, games
from benchmarks.theory.tabular.mdp import TabularMDP, episodic_mdp
from benchmarks.theory.tabular.policy_iteration import (
    hard_policy_iteration,
    soft_policy_iteration,
)
from benchmarks.theory.tabular.solvers import hard_optimum, occupancy, soft_optimum

FEW = {"3 twice": STRUCTURES["3 twice"], "4": STRUCTURES["4"]}


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Two structures are enough to see a mistake."""
    monkeypatch.setattr(episodic_scores, "STRUCTURES", FEW)


def red(check):
    """How many rows of a check fail, and of how many."""
    rows = check()
    return sum(not row.passed for row in rows), len(rows)


def test_counts_have_two_sides_and_a_tolerance():
    gains = torch.tensor([0.2, 0.05, 0.0, -0.05, -0.3, -0.4])
    assert counts(gains, 0.1) == (1, 2)
    assert counts(gains, torch.tensor([0.3, 0.01, 0.1, 0.01, 0.1, 0.5])) == (1, 2)


def stay_or_quit(pays):
    """One state: stay for ``pays`` a step, which ends all in one of five; or quit."""
    transitions = torch.zeros(2, 2, 2, dtype=torch.float64)
    transitions[0, 0] = torch.tensor([0.8, 0.2], dtype=torch.float64)
    transitions[0, 1, 1] = transitions[1, :, 1] = 1.0
    rewards = torch.tensor([[pays, 0.0], [0.0, 0.0]], dtype=torch.float64)
    start = torch.tensor([1.0, 0.0], dtype=torch.float64)
    return TabularMDP(transitions, rewards, start, torch.tensor([False, True]), 0.99)


@pytest.mark.parametrize(("pays", "sign"), [(0.1, 1), (-0.1, -1)])
def test_the_forms_pull_apart_in_a_game_by_hand(pays, sign):
    """Stay for ever or quit at once: a bonus for living makes staying likelier."""
    found = policies(stay_or_quit(pays), 0.1)
    stays = {arm: float(policy[0, 0].exp()) for arm, policy in found.items()}
    assert stays["KL"] < stays["naive"] < stays["entropy"] < stays["bonus"]
    scores = {arm: pays * p / (1 - 0.8 * p) for arm, p in stays.items()}  # geometric
    assert sign * (scores["entropy"] - scores["naive"]) > 0
    assert sign * (scores["KL"] - scores["naive"]) < 0


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), tau=st.floats(0.03, 10.0))
def test_entropy_never_lives_shorter_than_kl(seed, tau):
    mdp = episodic_mdp(seed)
    found = policies(mdp, tau)
    lives = {arm: float(occupancy(mdp, found[arm]).sum()) for arm in ("entropy", "KL")}
    assert lives["entropy"] >= lives["KL"] - 1e-9


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), tau=st.floats(0.03, 10.0), kl=st.booleans())
def test_policy_iteration_finds_the_soft_optimum(seed, tau, kl):
    mdp = episodic_mdp(seed, gamma=0.9)
    reference = uniform_log_reference(3) if kl else None
    ours, theirs = (
        solve(mdp, tau, reference) for solve in (soft_policy_iteration, soft_optimum)
    )
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-10, atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), bonus=st.sampled_from((0.0, 0.3, -0.3)))
def test_policy_iteration_finds_the_hard_optimum(seed, bonus):
    mdp = episodic_mdp(seed, gamma=0.9)
    ours, theirs = hard_policy_iteration(mdp, bonus), hard_optimum(mdp, bonus)
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-10, atol=1e-9)


def test_games_have_the_rewards_that_they_should():
    plain, charged = games("4"), games("4", charge=2.0)
    assert set(plain.rewards[:, :-1].unique().tolist()) == {-1.0, 0.0, 1.0}
    assert set(charged.rewards[:, :-1].unique().tolist()) == {-3.0, -2.0, -1.0}
    assert (charged.rewards[:, -1] == 0).all()
    paid = games("18", density=0.03).rewards[:, :-1].ne(0).double().mean()
    assert 0.01 < paid < 0.03  # two thirds of 3 %
    copied = games("3 twice").rewards
    assert copied.shape[-1] == 6
    assert torch.equal(copied[..., ::2], copied[..., 1::2])


def outcome_of(mdp, policy):
    whole = replace(mdp, gamma=1.0)
    return Outcome(
        episodic_optima.objective(whole, policy),
        episodic_optima.expected_length(mdp, policy),
        occupancy(mdp, policy).sum(-1),
    )


def confuse(monkeypatch, name, wrong):
    """Let ``wrong`` change what ``found`` or ``outcomes`` hands to the checks."""
    genuine = getattr(episodic_optima, name)
    monkeypatch.setattr(
        episodic_scores, name, lambda *key: wrong(dict(genuine(*key)), *key)
    )


def exchanged(one, other):
    return lambda each, *_: {**each, one: each[other], other: each[one]}


@pytest.mark.parametrize(("one", "other"), [("naive", "entropy"), ("KL", "bonus")])
def test_one_fixed_point_taken_for_another_is_seen(monkeypatch, one, other):
    confuse(monkeypatch, "found", exchanged(one, other))
    rows = episodic_scores.they_stand_still()
    wrong = [row for row in rows if row.statement.startswith((one, other))]
    assert wrong and not any(row.passed for row in wrong)


def test_forms_exchanged_turn_lives_and_signs_red(monkeypatch):
    confuse(monkeypatch, "outcomes", exchanged("entropy", "KL"))
    failed, of = red(episodic_scores.entropy_lives_longest)
    assert failed == of / 2
    failed, of = red(episodic_scores.the_sign_is_that_of_living)
    assert failed == of


def test_a_bonus_that_is_forgotten_is_seen(monkeypatch):
    confuse(monkeypatch, "outcomes", lambda each, *_: {**each, "bonus": each["naive"]})
    failed, of = red(episodic_scores.entropy_lives_longest)
    assert failed == of / 2


def test_a_policy_without_its_temperature_scores_otherwise(monkeypatch):
    """``softmax(Q)`` for ``softmax(Q / tau)``: every row on nearness turns red."""

    def forgotten(each, structure, living, _):
        mdp = games(structure, charge=episodic_optima.LIVING[living])
        uniform = uniform_log_reference(mdp.n_actions)
        for form, reference in (("entropy", None), ("KL", uniform)):
            policy = soft_policy_iteration(mdp, 1.0, reference).log_policy
            each[form] = outcome_of(mdp, policy)
        return each

    confuse(monkeypatch, "outcomes", forgotten)
    failed, of = red(episodic_scores.scores_are_close_at_low_tau)
    assert failed == of


def test_worlds_exchanged_turn_every_sign_red(monkeypatch):
    genuine = episodic_optima.outcomes
    other = {"pays": "costs", "costs": "pays"}
    monkeypatch.setattr(
        episodic_scores,
        "outcomes",
        lambda structure, living, tau: genuine(structure, other[living], tau),
    )
    failed, of = red(episodic_scores.the_sign_is_that_of_living)
    assert failed == of


def test_games_in_which_no_score_differs_prove_nothing(monkeypatch):
    confuse(
        monkeypatch,
        "outcomes",
        lambda each, *_: dict.fromkeys(each, each["naive"]),
    )
    failed, of = red(episodic_scores.the_sign_is_that_of_living)
    assert failed == of
