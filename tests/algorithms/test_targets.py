"""Targets: hand values, the constant between KL and entropy, limits, the misprints."""

import math

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given

from algorithms.entropy import (
    boltzmann_log_policy,
    regularizer,
    soft_value,
    uniform_log_reference,
)
from algorithms.targets import (
    discounted_path_return,
    expected_penalty,
    hard_value,
    n_step_returns,
    printed_soft_entropy_target,
    printed_soft_kl_target,
    q_target,
    regularized_rewards,
    sampled_penalty,
)

GAMMA = 0.99


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


def test_n_step_returns_by_hand():
    rewards = tensor([[1.0, 1.0], [2.0, 2.0], [4.0, 4.0]])
    dones = tensor([[0.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    returns = n_step_returns(rewards, dones, tensor([8.0, 8.0]), 0.5)
    assert returns[:, 0].tolist() == [1 + 1 + 1 + 1, 2 + 2 + 2, 4 + 4]
    assert returns[:, 1].tolist() == [1 + 1, 2, 4 + 4]  # nothing crosses the end


def test_regularized_rewards_pay_the_penalty():
    rewarded = regularized_rewards(tensor([1.0]), tensor([-0.5]), 0.1)
    assert rewarded.item() == pytest.approx(1.05)  # entropy 0.5 at tau 0.1 earns 0.05


@given(
    st.lists(st.floats(-3, 3), min_size=2, max_size=18),
    st.sampled_from([0.01, 0.1, 1.0]),
    st.floats(-1, 1),
)
def test_kl_and_entropy_targets_differ_by_gamma_tau_log_n(values, tau, reward):
    q = tensor([values, values])
    rewards, terminated = tensor([reward, reward]), tensor([0.0, 1.0])
    uniform = uniform_log_reference(len(values))
    by_entropy = q_target(rewards, terminated, soft_value(q, tau), GAMMA)
    by_kl = q_target(rewards, terminated, soft_value(q, tau, uniform), GAMMA)
    gap = (by_entropy - by_kl).tolist()
    assert gap[0] == pytest.approx(GAMMA * tau * math.log(len(values)), abs=1e-10)
    assert gap[1] == 0.0


@pytest.mark.parametrize(
    ("n_actions", "constant"), [(4, 0.137), (6, 0.177), (9, 0.218), (18, 0.286)]
)
def test_the_constant_of_figure_2(n_actions, constant):
    plus = hard_value(torch.zeros(n_actions), 0.1 * math.log(n_actions))
    assert GAMMA * plus.item() == pytest.approx(constant, abs=5e-4)


def test_cold_soft_targets_are_hard():
    q = torch.randn(5, 6, dtype=torch.float64)
    hard = q_target(tensor([1.0] * 5), tensor([0.0] * 5), hard_value(q), GAMMA)
    for reference in (None, uniform_log_reference(6)):
        value = soft_value(q, 1e-9, reference)
        soft = q_target(tensor([1.0] * 5), tensor([0.0] * 5), value, GAMMA)
        assert torch.allclose(soft, hard, atol=1e-7)


@pytest.mark.parametrize("tau", [0.1, 0.01])
@pytest.mark.parametrize(
    "printed", [printed_soft_entropy_target, printed_soft_kl_target]
)
def test_printed_targets_diverge_and_corrected_ones_do_not(printed, tau):
    def iterate(target, times):
        q = torch.ones(1, 6, dtype=torch.float64)
        for _ in range(times):
            q = target(tensor([1.0]), tensor([0.0]), q).expand(1, 6)
        return q.abs().max().item()

    def as_printed(rewards, terminated, q):
        return printed(rewards, terminated, q, GAMMA, tau)

    def corrected(rewards, terminated, q):
        return q_target(rewards, terminated, soft_value(q, tau), GAMMA)

    growth = (GAMMA / tau) ** 10  # the modulus of the printed backup
    assert iterate(as_printed, 20) / iterate(as_printed, 10) == pytest.approx(
        growth, rel=0.5
    )
    assert iterate(corrected, 4000) < (1 + tau * math.log(6)) / (1 - GAMMA)


def test_printed_targets_read_literally():
    q, zero = tensor([[0.0, 0.0]]), tensor([0.0])
    entropy = printed_soft_entropy_target(tensor([1.0]), zero, q, 0.9, 0.5)
    assert entropy.item() == pytest.approx(1 + 0.9 * math.log(2))
    kl = printed_soft_kl_target(tensor([1.0]), zero, q, 0.9, 0.5)
    assert kl.item() == pytest.approx(1 + 0.9 * math.log(2) - math.log(2))


def test_path_return_by_hand():
    rewards = tensor([[1.0, 2.0, 4.0], [1.0, 2.0, 4.0]])
    penalties = tensor([[10.0, 100.0], [10.0, 100.0]])
    alive = tensor([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0]])
    returns = discounted_path_return(rewards, penalties, alive, 0.5)
    assert returns.tolist() == [1 + (2 - 10) / 2 + (4 - 100) / 4, 1 + (2 - 10) / 2]


@given(st.sampled_from([0.01, 0.1, 1.0]), st.integers(2, 18), st.integers(0, 99))
def test_penalties_are_tau_times_the_log_ratio(tau, n_actions, seed):
    generator = torch.Generator().manual_seed(seed)
    q = torch.randn(7, n_actions, generator=generator, dtype=torch.float64)
    actions = torch.randint(n_actions, (7,), generator=generator)
    for reference in (None, uniform_log_reference(n_actions)):
        value = soft_value(q, tau, reference)
        log_policy = boltzmann_log_policy(q, tau, reference)
        expected = tau * regularizer(log_policy, reference)
        assert torch.allclose(expected_penalty(q, value, log_policy), expected)
        log_ratio = log_policy - (0.0 if reference is None else reference)
        taken = tau * log_ratio.gather(-1, actions[:, None]).squeeze(-1)
        assert torch.allclose(sampled_penalty(q, value, actions), taken)
        # The sampled form averages to the expected one under the policy itself.
        every = torch.stack(
            [sampled_penalty(q, value, torch.full((7,), a)) for a in range(n_actions)]
        )
        assert torch.allclose((log_policy.exp().T * every).sum(0), expected)
