"""The losses: hand values, stop-gradients, and how per-sample gradients differ."""

import numpy as np
import pytest
import torch
from stable_baselines3.common.env_util import make_vec_env

from algorithms import ProperA2C, QLearningA2C, losses, q_a2c
from algorithms.entropy import regularizer, uniform_log_reference
from algorithms.losses import (
    actor_critic_loss,
    huber,
    q_learning_error,
    q_learning_loss,
    raw_q_learning_loss,
)

TAU, C = 0.3, 0.5


def random_batch(n=7, n_actions=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(n, n_actions, generator=generator, dtype=torch.float64)
    values = torch.randn(n, generator=generator, dtype=torch.float64)
    actions = torch.randint(n_actions, (n,), generator=generator)
    returns = torch.randn(n, generator=generator, dtype=torch.float64)
    return logits.requires_grad_(), values.requires_grad_(), actions, returns


def test_actor_critic_loss_by_hand():
    log_policy = torch.tensor([[0.25, 0.75]], dtype=torch.float64).log()
    values = torch.tensor([1.0], dtype=torch.float64)
    returns = torch.tensor([3.0], dtype=torch.float64)
    loss = actor_critic_loss(
        log_policy, values, torch.tensor([1]), returns, temperature=0.1, value_coef=0.5
    )
    log = log_policy[0].tolist()
    assert loss.policy.item() == pytest.approx(-2 * log[1])
    assert loss.regularization.item() == pytest.approx(0.25 * log[0] + 0.75 * log[1])
    assert loss.value.item() == pytest.approx(2.0)  # half of the square
    parts = loss.policy + 0.1 * loss.regularization + 0.5 * loss.value
    assert loss.total.item() == pytest.approx(parts.item())


def test_returns_are_constants_of_every_loss():
    logits, values, actions, returns = random_batch()
    returns.requires_grad_()
    log_policy = torch.log_softmax(logits, -1)
    a2c = actor_critic_loss(
        log_policy, values, actions, returns, temperature=TAU, value_coef=C
    ).total
    scaled = q_learning_loss(
        log_policy, values, actions, returns, temperature=TAU, value_coef=C
    )
    raw = raw_q_learning_loss(log_policy, values, actions, returns, temperature=TAU)
    for loss in (a2c, scaled, raw):
        (gradient,) = torch.autograd.grad(
            loss.sum(), returns, retain_graph=True, allow_unused=True
        )
        assert gradient is None


@pytest.mark.parametrize("log_reference", [None, uniform_log_reference(3)])
def test_q_error_is_minus_the_advantage_plus_tau_xi(log_reference):
    logits, values, actions, returns = random_batch()
    log_policy = torch.log_softmax(logits, -1)
    error = q_learning_error(
        log_policy,
        values,
        actions,
        returns,
        temperature=TAU,
        log_reference=log_reference,
    )
    taken = log_policy.gather(1, actions[:, None]).squeeze(1)
    xi = taken - regularizer(log_policy)  # log pi(a) + H
    assert torch.allclose(error, values - returns + TAU * xi)


def test_scaled_loss_is_the_squared_error_with_scaled_streams():
    logits, values, actions, returns = random_batch()
    keys = {"temperature": TAU}

    def gradients(loss):
        return torch.autograd.grad(loss.sum(), [logits, values])

    log_policy = torch.log_softmax(logits, -1)
    raw = gradients(raw_q_learning_loss(log_policy, values, actions, returns, **keys))
    log_policy = torch.log_softmax(logits, -1)
    scaled = gradients(
        q_learning_loss(log_policy, values, actions, returns, value_coef=C, **keys)
    )
    assert torch.allclose(scaled[0], raw[0] / TAU)
    assert torch.allclose(scaled[1], raw[1] * C)


# ------------------------------------------------------------ the classes themselves


def sgd_model(algorithm, mode):
    """A model whose update is minus the gradient, in float64, unclipped."""
    return algorithm(
        "MlpPolicy",
        make_vec_env("Acrobot-v1", n_envs=4, seed=0),
        temperature=TAU,
        regularizer=mode,
        learning_rate=1.0,
        max_grad_norm=float("inf"),
        seed=0,
        device="cpu",
        policy_kwargs={"optimizer_class": torch.optim.SGD, "optimizer_kwargs": {}},
    )


def in_float64(policy):
    """Compute in float64 throughout; SB3 casts observations to float32."""
    policy.double()
    policy.extract_features = lambda obs: obs
    return policy


def update_of(model):
    """Train once on the model's rollout; return the change of the parameters."""
    before = torch.nn.utils.parameters_to_vector(model.policy.parameters()).detach()
    model.train()
    after = torch.nn.utils.parameters_to_vector(model.policy.parameters()).detach()
    return after - before


def collect(model):
    """Let the model act; return the observations and what came of them."""
    _, callback = model._setup_learn(10**6)
    obs = []
    callback.on_step = lambda: obs.append(model._last_obs) or True
    model.collect_rollouts(model.env, callback, model.rollout_buffer, model.n_steps)
    return torch.as_tensor(np.concatenate(obs)).double(), model.rollout


def replayed(rollout, policy, obs):
    """The same steps as seen by a policy, in float64."""
    log_policy, values = policy.log_policy_and_value(obs)
    return rollout._replace(
        log_policy=log_policy.view(rollout.log_policy.shape),
        values=values.view(rollout.values.shape),
        rewards=rollout.rewards.double(),
        dones=rollout.dones.double(),
        last_values=rollout.last_values.double(),
    )


@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("mode", ["entropy", "kl"])
def test_q_a2c_trains_with_the_losses_of_one_error(mode, scaled, monkeypatch):
    model = QLearningA2C(
        "MlpPolicy", "Acrobot-v1", temperature=TAU, regularizer=mode, scaled=scaled
    )
    model._setup_learn(1)
    logits, values, actions, returns = random_batch()
    batch = (torch.log_softmax(logits, -1), values, actions, returns)
    keys = {"temperature": TAU, "log_reference": model.log_reference}
    if scaled:
        expected = q_learning_loss(*batch, value_coef=model.value_coef, **keys)
    else:
        expected = raw_q_learning_loss(*batch, **keys)
    computed = []

    def counted(*args, **kwargs):
        computed.append(args)
        return q_learning_error(*args, **kwargs)

    for module in (losses, q_a2c):
        monkeypatch.setattr(module, "q_learning_error", counted, raising=False)
    found = model._losses(*batch)
    assert len(computed) == 1
    assert torch.equal(found, expected)
    into = [
        torch.autograd.grad(loss.sum(), [logits, values], retain_graph=True)
        for loss in (found, expected)
    ]
    assert all(map(torch.equal, *into))


@pytest.mark.parametrize("mode", ["entropy", "kl"])
def test_one_update_of_q_a2c_and_of_a2c_differ_by_the_per_sample_terms(mode):
    a2c, q_a2c = sgd_model(ProperA2C, mode), sgd_model(QLearningA2C, mode)
    obs, rollout = collect(a2c)
    policy = in_float64(sgd_model(ProperA2C, mode).policy)
    policy.load_state_dict(a2c.policy.state_dict())
    for model in (a2c, q_a2c):
        in_float64(model.policy).load_state_dict(policy.state_dict())
        model._setup_learn(1)
        model.rollout = replayed(rollout, model.policy, obs)

    # tau [grad log pi(a) xi - grad REG] + c tau grad V xi, averaged over the samples.
    log_policy, values = policy.log_policy_and_value(obs)
    actions = rollout.actions.flatten()
    taken = log_policy.gather(1, actions[:, None]).squeeze(1)
    xi = (taken - regularizer(log_policy)).detach()
    extra = TAU * (taken * xi - regularizer(log_policy)) + C * TAU * values * xi
    gradients = torch.autograd.grad(extra.mean(), list(policy.parameters()))
    expected = -torch.cat([g.flatten() for g in gradients])

    difference = update_of(q_a2c) - update_of(a2c)
    assert expected.abs().max() > 1e-3  # the terms are there
    assert torch.allclose(difference, expected, rtol=1e-9, atol=1e-12)


def test_the_mean_of_xi_over_actions_is_zero():
    logits, *_ = random_batch()
    log_policy = torch.log_softmax(logits, -1)
    xi = log_policy - regularizer(log_policy)[:, None]
    mean = (log_policy.exp() * xi).sum(1)
    assert torch.allclose(mean, torch.zeros(7, dtype=torch.float64), atol=1e-14)


@pytest.mark.parametrize("number", [1, 7, 32, 100])
def test_huber_is_torchs_smooth_l1_loss_to_the_bit(number):
    values = (3 * torch.randn(number)).requires_grad_()
    targets = torch.randn(number)
    expected = torch.nn.functional.smooth_l1_loss(values, targets, reduction="none")
    (slope,) = torch.autograd.grad(expected.sum(), values)
    found = huber(values.detach(), targets)
    assert all(map(torch.equal, found, (expected, slope)))


def test_huber_of_what_is_not_finite_is_not_finite():
    losses, _ = huber(torch.tensor([torch.inf, -torch.inf, torch.nan]), torch.zeros(3))
    assert not losses.isfinite().any()
