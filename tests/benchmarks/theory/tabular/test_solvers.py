"""The exact solvers against each other, on random MDPs."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from algorithms.entropy import regularizer, soft_value
from benchmarks.theory.tabular.mdp import (
    TabularMDP,
    episodic_mdp,
    random_log_policy,
    random_mdp,
)
from benchmarks.theory.tabular.paths import enumerate_paths
from benchmarks.theory.tabular.solvers import (
    evaluate,
    expected_length,
    hard_optimum,
    objective,
    occupancy,
    policy_values,
    q_values,
    soft_optimum,
    state_transitions,
    value_iteration,
)

torch.set_num_threads(1)

S, A = 4, 3
seeds = st.integers(0, 2**32)
temperatures = st.floats(0.01, 10.0)


@st.composite
def mdps(draw: st.DrawFn) -> TabularMDP:
    gamma = draw(st.floats(0.0, 0.95))
    make = draw(st.sampled_from([random_mdp, episodic_mdp]))
    return make(draw(seeds), n_states=S, n_actions=A, gamma=gamma)


@st.composite
def log_policies(draw: st.DrawFn) -> Tensor:
    return random_log_policy(draw(seeds), S, A, scale=draw(st.floats(0.0, 3.0)))


references = st.none() | log_policies()


def close(ours: Tensor, theirs: Tensor) -> bool:
    return torch.allclose(ours, theirs, rtol=1e-10, atol=1e-10)


@settings(max_examples=40, deadline=None)
@given(mdps(), log_policies())
def test_states_follow_each_other_as_actions_are_drawn_until_it_is_over(
    mdp: TabularMDP, log_policy: Tensor
) -> None:
    found = state_transitions(mdp, log_policy)
    follow = torch.einsum("sa,sat->st", log_policy.exp(), mdp.transitions)
    for s in range(S):
        for t in range(S):
            lives = bool(mdp.alive[s] and mdp.alive[t])
            assert close(found[s, t], follow[s, t] * lives)


@settings(max_examples=40, deadline=None)
@given(mdps(), temperatures, references)
def test_the_soft_optimum_earns_its_value(
    mdp: TabularMDP, tau: float, reference: Tensor | None
) -> None:
    best = soft_optimum(mdp, tau, reference)
    assert close(evaluate(mdp, best.log_policy, tau, reference), best.values)
    assert close(q_values(mdp, best.values), best.q)


@settings(max_examples=40, deadline=None)
@given(mdps(), temperatures, references, log_policies())
def test_no_policy_earns_more(
    mdp: TabularMDP, tau: float, reference: Tensor | None, other: Tensor
) -> None:
    best = soft_optimum(mdp, tau, reference).values
    assert (evaluate(mdp, other, tau, reference) <= best + 1e-9).all()
    assert (evaluate(mdp, other) <= hard_optimum(mdp).values + 1e-9).all()


@settings(max_examples=40, deadline=None)
@given(mdps(), temperatures, references, log_policies())
def test_visits_times_rewards_are_the_return(
    mdp: TabularMDP, tau: float, reference: Tensor | None, policy: Tensor
) -> None:
    earned = policy_values(mdp.rewards, policy, tau, reference)
    total = (occupancy(mdp, policy) * earned).sum()
    assert close(total, objective(mdp, policy, tau, reference))


@settings(max_examples=40, deadline=None)
@given(mdps(), temperatures)
def test_uniform_kl_is_entropy_and_a_constant(mdp: TabularMDP, tau: float) -> None:
    uniform = torch.full((A,), 1 / A, dtype=torch.float64).log()
    entropy, kl = soft_optimum(mdp, tau), soft_optimum(mdp, tau, uniform)
    if mdp.terminal.any():
        return
    shift = mdp.gamma * tau * torch.log(torch.tensor(float(A))) / (1 - mdp.gamma)
    assert torch.allclose(entropy.q - kl.q, shift.double(), rtol=1e-6, atol=1e-8)
    assert close(entropy.log_policy.exp(), kl.log_policy.exp())


@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(1, 4), log_policies())
def test_probabilities_of_paths_sum_to_one(seed: int, n: int, policy: Tensor) -> None:
    mdp = episodic_mdp(seed, n_states=S, n_actions=A, branching=2, hazard=0.4)
    paths = enumerate_paths(mdp, n)
    assert abs(float(paths.probabilities(policy).sum()) - 1) < 1e-12
    assert (paths.alive[1:] <= paths.alive[:-1]).all()
    assert torch.equal(paths.rewards * (1 - paths.alive), 0 * paths.rewards)


def test_a_batch_is_its_members() -> None:
    mdps = episodic_mdp(3, batch=(5,))
    together = soft_optimum(mdps, 0.1)
    lengths = expected_length(mdps, together.log_policy)
    for index in range(5):
        alone = soft_optimum(mdps[index], 0.1)
        assert close(alone.q, together.q[index])
        assert close(expected_length(mdps[index], alone.log_policy), lengths[index])


def test_the_temperature_goes_to_zero() -> None:
    mdp = random_mdp(2)
    assert torch.allclose(
        soft_optimum(mdp, 1e-6).values, hard_optimum(mdp).values, atol=1e-3
    )


def test_a_constant_hazard_gives_a_geometric_length() -> None:
    mdp = episodic_mdp(0, hazard=0.0)
    transitions = mdp.transitions.clone()
    transitions[:-1] *= 0.9
    transitions[:-1, :, -1] = 0.1
    mdp = TabularMDP(transitions, mdp.rewards, mdp.start, mdp.terminal, mdp.gamma)
    assert expected_length(mdp, random_log_policy(0, 4, 3)) == pytest.approx(10)


def test_values_that_expand_have_no_fixed_point() -> None:
    mdp = random_mdp(0, gamma=0.99)
    with pytest.raises(ArithmeticError):
        value_iteration(mdp, lambda q: 2 * soft_value(q, 1.0) + 1)


def test_evaluation_is_differentiable() -> None:
    mdp, tau = random_mdp(4), 0.3
    logits = random_log_policy(1, 4, 3).requires_grad_()

    def value(logits: Tensor) -> Tensor:
        return objective(mdp, torch.log_softmax(logits, -1), tau)

    assert torch.autograd.gradcheck(value, (logits,))
    assert regularizer(logits).requires_grad
