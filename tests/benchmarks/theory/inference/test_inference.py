"""Control as inference: every row, random cases of the theorems, and mistakes seen."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.theory.checks import CHECKS, _table_name
from benchmarks.theory.inference import (
    actor_critics,
    inverse_rl,
    lqr,
    maxent_gradient,
    optimism,
    twin_minimum,
    variational,
)
from benchmarks.theory.inference import messages as inference
from benchmarks.theory.tabular.mdp import lottery_mdp, random_mdp
from benchmarks.theory.tabular.paths import enumerate_paths

MODULES = (
    inference,
    variational,
    optimism,
    maxent_gradient,
    inverse_rl,
    actor_critics,
    twin_minimum,
    lqr,
)
SEEDS = st.integers(0, 10_000)
TEMPERATURES = st.floats(0.05, 10.0)


def checks_of(module):
    name = _table_name(module.__name__)
    return [check for key, check in CHECKS.items() if key.startswith(f"{name}.")]


def failed(module):
    return [row for check in checks_of(module) for row in check() if not row.passed]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_row_comes_as_expected(module):
    assert checks_of(module) and not failed(module)


def scaled(function, factor):
    return lambda *args, **kwargs: factor * function(*args, **kwargs)


def twice_the_temperature(function):
    return lambda q, temperature, *rest: function(q, 2 * temperature, *rest)


MISTAKES = [
    (inference, "hopeful_lookahead", lambda _: inference.expected_lookahead),
    (inference, "soft_value", twice_the_temperature),
    (inference, "log_evidence", lambda f: scaled(f, 1.001)),
    (variational, "expected_lookahead", lambda _: inference.hopeful_lookahead),
    (variational, "hopeful_lookahead", lambda _: inference.expected_lookahead),
    (variational, "soft_optimum", lambda f: lambda mdp, tau, *_: f(mdp, tau)),
    (optimism, "hopeful_lookahead", lambda _: inference.expected_lookahead),
    (optimism, "expected_lookahead", lambda _: inference.hopeful_lookahead),
    (maxent_gradient, "score_gradient", lambda f: lambda p, n, t, c: f(p, n, 2 * t, c)),
    (maxent_gradient, "raw_q_learning_loss", lambda f: scaled(f, 2.0)),
    (inverse_rl, "causal_potential", lambda _: inverse_rl.messages_potential),
    (inverse_rl, "messages_potential", lambda _: inverse_rl.causal_potential),
    (actor_critics, "soft_value", twice_the_temperature),
    (actor_critics, "boltzmann_log_policy", twice_the_temperature),
    (twin_minimum, "largest", lambda f: lambda n: f(n + 1)),
    (twin_minimum, "ndtr", lambda f: scaled(f, 1.01)),
    (lqr, "constant", lambda f: lambda *args: f(*args) + 1e-3),
    (lqr, "hopeful", lambda _: lambda plant, cost, tau: cost),
]


@pytest.mark.parametrize(
    ("module", "name", "mistake"),
    MISTAKES,
    ids=[
        f"{module.__name__.rpartition('.')[2]}.{name}" for module, name, _ in MISTAKES
    ],
)
def test_a_mistake_turns_a_row_red(monkeypatch, module, name, mistake):
    monkeypatch.setattr(module, name, mistake(getattr(module, name)))
    assert failed(module)


def small(seed, branching=2):
    return random_mdp(seed, n_states=3, n_actions=2, gamma=1.0, branching=branching)


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, tau=TEMPERATURES)
def test_messages_sum_over_every_path(seed, tau):
    mdp = small(seed)
    paths = enumerate_paths(mdp, 3)
    prior = torch.zeros_like(mdp.rewards)
    brute = inference.path_log_weights(mdp, paths, prior, tau).logsumexp(0)
    messages = inference.plan(mdp, inference.hopeful_lookahead, 3, tau)
    torch.testing.assert_close(inference.log_evidence(mdp, messages, tau), brute)


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, tau=TEMPERATURES, branching=st.integers(1, 3))
def test_soft_values_never_exceed_the_evidence(seed, tau, branching):
    mdp = small(seed, branching)
    best, messages = (
        inference.plan(mdp, lookahead, 4, tau)
        for lookahead in (inference.expected_lookahead, inference.hopeful_lookahead)
    )
    gaps = (messages.values - best.values) / tau
    assert gaps.min() > -1e-11
    if branching == 1:
        assert gaps.max() < 1e-11
    elif tau < 1:
        assert gaps.max() > 1e-9


@settings(max_examples=25, deadline=None)
@given(chance=st.floats(0.01, 0.99), tau=TEMPERATURES)
def test_the_posterior_always_gambles_more(chance, tau):
    mdp = lottery_mdp(-2.0, 0.0, -8.0, chance)
    hopeful, sober = (
        optimism.chance_of_risk(mdp, lookahead, tau)
        for lookahead in (inference.hopeful_lookahead, inference.expected_lookahead)
    )
    assert hopeful >= sober - 1e-12


def test_a_sure_lottery_is_no_gamble():
    mdp = lottery_mdp(-2.0, 0.0, -8.0, chance=1.0)
    exact = 1 / (1 + math.exp(-2.0))
    for lookahead in (inference.hopeful_lookahead, inference.expected_lookahead):
        assert float(optimism.chance_of_risk(mdp, lookahead)) == pytest.approx(exact)


@settings(max_examples=4, deadline=None)
@given(seed=SEEDS)
def test_inverse_rl_recovers_any_experts_policy(seed):
    # Where an expert hardly ever comes, its visits say nothing: all are near here.
    mdp = random_mdp(seed, n_states=3, n_actions=2, gamma=1.0, branching=3)
    expert = inverse_rl.soft_plan(mdp, mdp.rewards)
    observed = inverse_rl.visits(mdp, expert.log_policies)
    fitted = inverse_rl.fit(lambda x: inverse_rl.causal_potential(mdp, x), observed)
    assert inverse_rl.policy_gap(mdp, fitted, expert) < 1e-8


@pytest.mark.parametrize("n", [1, 2, 5, 18])
def test_quadrature_agrees_with_samples(n):
    first, second = np.random.default_rng(n).standard_normal((2, 200_000, n))
    twins, rows = np.minimum(first, second), np.arange(len(first))
    best = first.argmax(-1)
    for exact, sampled in (
        (twin_minimum.largest(n), first.max(-1)),
        (twin_minimum.largest_minimum(n), twins.max(-1)),
        (twin_minimum.clipped_double(n), twins[rows, best]),
        (twin_minimum.twin_minimum(), twins[:, 0]),
    ):
        assert exact == pytest.approx(sampled.mean(), abs=5 * 200_000**-0.5)


@settings(max_examples=20, deadline=None)
@given(correlation=st.floats(-0.9, 0.9))
def test_like_errors_need_no_twin(correlation):
    exact = -math.sqrt((1 - correlation) / math.pi)
    assert twin_minimum.twin_minimum(correlation) == pytest.approx(exact, rel=1e-9)


@settings(max_examples=20, deadline=None)
@given(
    a=st.floats(0.5, 1.5),
    b=st.floats(0.2, 2.0),
    r=st.floats(0.05, 5.0),
    tau=st.floats(0.05, 5.0),
    x=st.floats(-2.0, 2.0),
)
def test_any_scalar_plant_has_a_gaussian_policy(a, b, r, tau, x):
    one = np.eye(1)
    plant = lqr.Plant(a * one, b * one, one, r * one, 0.1 * one, 0.9)
    controller = lqr.riccati(plant)
    c = lqr.constant(plant, controller, tau)
    found = lqr.on_grid(plant, controller, c, tau, np.array([x]))
    gain, precision = float(controller.gain[0, 0]), float(controller.precision[0, 0])
    assert found.mean == pytest.approx(-gain * x, abs=1e-9)
    assert found.variance == pytest.approx(tau / precision, rel=1e-9)
    exact = float(lqr.value(controller, c, np.array([x])))
    assert found.value == pytest.approx(exact, rel=1e-9, abs=1e-9)


def test_a_plant_that_needs_no_control_gets_none():
    one = np.eye(1)
    plant = lqr.Plant(0 * one, one, one, one, 0 * one, 0.9)
    assert float(lqr.riccati(plant).gain[0, 0]) == 0.0


@pytest.mark.parametrize("picture", [optimism.optimism, twin_minimum.twin_bias])
def test_figures_have_axes_with_units_and_say_what_to_see(picture):
    figure = picture.sketched().sketch.figure()
    assert "should see" in picture.caption
    assert all(axis.get_xlabel() and axis.get_ylabel() for axis in figure.axes)
