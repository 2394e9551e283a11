"""Soft values and Boltzmann policies: hand values, invariances and limits."""

import math

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given

from algorithms.entropy import (
    boltzmann_log_policy,
    entropy,
    q_from_policy,
    regularizer,
    soft_value,
    uniform_log_reference,
)

TEMPERATURES = st.sampled_from([0.01, 0.1, 1.0, 10.0])
ACTION_VALUES = st.lists(st.floats(-5, 5), min_size=2, max_size=18)


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


def random_log_reference(n_actions, seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(n_actions, generator=generator, dtype=torch.float64)
    return torch.log_softmax(logits, -1)


def references(n_actions):
    yield None
    yield uniform_log_reference(n_actions)
    yield random_log_reference(n_actions)


def test_hand_values_of_two_actions():
    q = tensor([0.0, math.log(3)])
    assert soft_value(q, 1.0).item() == pytest.approx(math.log(4))
    assert soft_value(q, 1.0, uniform_log_reference(2)).item() == pytest.approx(
        math.log(2)
    )
    assert boltzmann_log_policy(q, 1.0).exp().tolist() == pytest.approx([0.25, 0.75])
    log_policy = tensor([0.25, 0.75]).log()
    expected = -(0.25 * math.log(0.25) + 0.75 * math.log(0.75))
    assert entropy(log_policy).item() == pytest.approx(expected)


@given(ACTION_VALUES, TEMPERATURES)
def test_policy_maximises_value_less_penalty(values, tau):
    q = tensor(values)
    for log_reference in references(len(values)):
        log_policy = boltzmann_log_policy(q, tau, log_reference)
        achieved = (log_policy.exp() * q).sum() - tau * regularizer(
            log_policy, log_reference
        )
        assert torch.allclose(achieved, soft_value(q, tau, log_reference), atol=1e-10)
        other = random_log_reference(len(values), seed=1)
        lower = (other.exp() * q).sum() - tau * regularizer(other, log_reference)
        assert lower <= achieved + 1e-10


@given(ACTION_VALUES, TEMPERATURES, st.floats(-3, 3))
def test_shifting_all_actions_shifts_the_value_alone(values, tau, shift):
    q = tensor(values)
    assert torch.allclose(
        soft_value(q + shift, tau), soft_value(q, tau) + shift, atol=1e-10
    )
    assert torch.allclose(
        boltzmann_log_policy(q + shift, tau), boltzmann_log_policy(q, tau), atol=1e-8
    )


@given(ACTION_VALUES, TEMPERATURES)
def test_kl_and_entropy_differ_by_log_n_actions(values, tau):
    q, uniform = tensor(values), uniform_log_reference(len(values))
    log_n = math.log(len(values))
    gap = soft_value(q, tau) - soft_value(q, tau, uniform)
    assert gap.item() == pytest.approx(tau * log_n, abs=1e-10)
    log_policy = boltzmann_log_policy(q, tau)
    assert regularizer(log_policy, uniform).item() == pytest.approx(
        log_n - entropy(log_policy).item(), abs=1e-10
    )


@given(ACTION_VALUES)
def test_cold_soft_value_is_the_maximum(values):
    q = tensor(values)
    for log_reference in references(len(values)):
        cold = soft_value(q, 1e-9, log_reference)
        assert cold.item() == pytest.approx(max(values), abs=1e-7)


@given(ACTION_VALUES, TEMPERATURES, st.floats(-3, 3))
def test_q_of_two_heads_has_their_value_and_policy(values, tau, v):
    for log_reference in references(len(values)):
        log_policy = boltzmann_log_policy(tensor(values), tau, log_reference)
        q = q_from_policy(tensor(v), log_policy, tau, log_reference)
        assert soft_value(q, tau, log_reference).item() == pytest.approx(v, abs=1e-8)
        back = boltzmann_log_policy(q, tau, log_reference)
        assert torch.allclose(back.exp(), log_policy.exp(), atol=1e-10)


def test_an_action_of_probability_zero_adds_nothing():
    log_policy = tensor([1.0, 0.0]).log()
    assert entropy(log_policy).item() == 0.0


def test_gradients_are_those_of_the_definitions():
    q = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    for log_reference in references(4):
        for function in (soft_value, boltzmann_log_policy):
            torch.autograd.gradcheck(
                lambda x, f=function, ref=log_reference: f(x, 0.3, ref), q
            )
        torch.autograd.gradcheck(
            lambda x, ref=log_reference: regularizer(torch.log_softmax(x, -1), ref), q
        )
