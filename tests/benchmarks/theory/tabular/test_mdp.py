"""Tables that are no MDP are refused, with the index of what is wrong."""

import dataclasses

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.theory.tabular.mdp import (
    LOTTERY_STATES,
    TabularMDP,
    chain_mdp,
    check_reference,
    episodic_mdp,
    lottery_mdp,
    random_mdp,
)
from benchmarks.theory.tabular.solvers import evaluate, hard_optimum, soft_optimum

torch.set_num_threads(1)


def changed(mdp: TabularMDP, **tables: object) -> TabularMDP:
    return dataclasses.replace(mdp, **tables)


def test_probabilities_that_do_not_sum_to_one() -> None:
    mdp = random_mdp(0)
    transitions = mdp.transitions.clone()
    transitions[2, 1, 0] += 0.1
    with pytest.raises(ValueError, match=r"transitions\[2, 1\] sums to 1.1, not to 1"):
        changed(mdp, transitions=transitions)


def test_in_a_batch_the_index_has_the_batch_first() -> None:
    mdp = random_mdp(0, batch=(3,))
    start = mdp.start.clone()
    start[1] *= 0.5
    with pytest.raises(ValueError, match=r"start\[1\] sums to 0.5"):
        changed(mdp, start=start)


@pytest.mark.parametrize("bad", [float("nan"), -0.25])
def test_numbers_that_are_no_probabilities(bad: float) -> None:
    mdp = random_mdp(0)
    transitions = mdp.transitions.clone()
    transitions[3, 2, 0] = bad
    with pytest.raises(ValueError, match=r"transitions\[3, 2"):
        changed(mdp, transitions=transitions)


@pytest.mark.parametrize("gamma", [-0.1, 1.1, float("nan")])
def test_gamma_out_of_range(gamma: float) -> None:
    with pytest.raises(ValueError, match="gamma="):
        changed(random_mdp(0), gamma=gamma)


def test_shapes_that_disagree() -> None:
    with pytest.raises(ValueError, match=r"not \(..., S, A, S\)"):
        changed(random_mdp(0), rewards=torch.zeros(4, 2))
    with pytest.raises(ValueError, match="4 states"):
        changed(random_mdp(0), start=torch.ones(1))


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf")])
def test_temperatures_that_are_none(temperature: float) -> None:
    mdp = random_mdp(0)
    with pytest.raises(ValueError, match="temperature="):
        soft_optimum(mdp, temperature)
    with pytest.raises(ValueError, match="temperature="):
        evaluate(mdp, soft_optimum(mdp, 1.0).log_policy, temperature)


def test_a_reference_with_a_zero_where_the_policy_acts() -> None:
    mdp = random_mdp(0, n_actions=2)
    reference = torch.tensor([[0.5, 0.5]] * 4, dtype=torch.float64)
    reference[2] = torch.tensor([0.0, 1.0])
    policy = torch.full((4, 2), 0.5, dtype=torch.float64)
    with pytest.raises(ValueError, match=r"policy\[2, 0\] is 0 where"):
        evaluate(mdp, policy.log(), 0.1, reference.log())
    policy[2] = reference[2]
    assert evaluate(mdp, policy.log(), 0.1, reference.log()).isfinite().all()


def test_a_reference_that_is_no_policy() -> None:
    with pytest.raises(ValueError, match=r"reference policy\[0\] sums to 2"):
        check_reference(torch.zeros(1, 2), torch.zeros(1, 2))


@given(st.integers(0, 2**32), st.integers(1, 5))
def test_random_mdps_are_valid_and_repeatable(seed: int, branching: int) -> None:
    mdp = random_mdp(seed, n_states=5, branching=branching)
    assert ((mdp.transitions > 0).sum(-1) == branching).all()
    assert torch.equal(
        mdp.transitions, random_mdp(seed, n_states=5, branching=branching).transitions
    )
    episodic = episodic_mdp(seed, hazard=0.1, rewards=(-1, 0, 1))
    assert episodic.terminal.tolist() == [False, False, False, True]
    assert episodic.transitions[:-1, :, -1].max() <= 0.2
    assert set(episodic.rewards.flatten().tolist()) <= {-1.0, 0.0, 1.0}


def test_one_of_a_batch() -> None:
    mdp = episodic_mdp(1, batch=(2,))
    assert torch.equal(mdp[1].rewards, mdp.rewards[1])


def test_the_lottery_pays_what_it_says() -> None:
    mdp = lottery_mdp(safe=-2, good=0, bad=-8, chance=0.1)
    values = hard_optimum(mdp).values
    assert dict(zip(LOTTERY_STATES, values.tolist(), strict=True)) == {
        "start": -2,
        "safe": -2,
        "good": 0,
        "bad": -8,
        "over": 0,
    }


def test_the_corridor_is_worth_walking() -> None:
    best = hard_optimum(chain_mdp())
    assert best.log_policy[:, 1].tolist() == [0.0] * 5
