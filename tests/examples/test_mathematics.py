"""The examples' equations, by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from stable_baselines3.common.env_util import make_vec_env

from algorithms import SoftEntropyDQN
from algorithms.entropy import regularizer
from algorithms.paths import PathSamples
from algorithms.rollout import Rollout
from benchmarks.suites.own_modules import load
from tests.algorithms.catch import Catch
from tests.benchmarks.own_suites import EXAMPLES, _forgets

__all__ = ["_forgets"]
TAU, ALPHA = 0.03, 0.9
LIKELY = TAU * math.log1p(math.exp(-1 / TAU))


@pytest.fixture
def munchausen() -> Any:
    suite = EXAMPLES / "munchausen/munchausen-breakout.toml"
    load(suite, "munchausen:MunchausenDQN")
    return __import__("sys").modules["munchausen"]


@pytest.fixture
def zero_mean() -> Any:
    suite = EXAMPLES / "zero_mean_entropy/zero-mean.toml"
    load(suite, "zero_mean:ZeroMeanA2C")
    return __import__("sys").modules["zero_mean"]


@pytest.mark.parametrize(
    ("q", "action", "bonus"),
    [
        ([0.0, 0.0], 0, -ALPHA * TAU * math.log(2)),
        ([0.0, 0.0, 5.0 - 5.0, 0.0], 3, -ALPHA * TAU * math.log(4)),
        ([1.0, 0.0], 0, -ALPHA * LIKELY),  # as good as certain: nothing
        ([0.5, 0.0], 1, -ALPHA * 0.5),  # its gap
        ([7.0, 0.0], 1, -ALPHA * 1.0),  # cut off
    ],
)
def test_the_bonus_by_hand(munchausen, q, action, bonus):
    values = torch.tensor([q], dtype=torch.float64)
    found = munchausen.munchausen_bonus(
        values, torch.tensor([action]), TAU, ALPHA, -1.0
    )
    assert found.item() == pytest.approx(bonus, abs=1e-7)


def model_of(kind: Any, **settings: Any) -> Any:
    env = make_vec_env(Catch, n_envs=1, seed=0)
    return kind("MlpPolicy", env, buffer_size=100, seed=0, device="cpu", **settings)


def batch_of(model: Any) -> PathSamples:
    """Two transitions, the second of which ends its episode."""
    torch.manual_seed(0)
    size = model.observation_space.shape
    return PathSamples(
        observations=torch.rand(2, *size),
        actions=torch.tensor([2, 0]),
        rewards=torch.tensor([[1.0], [-1.0]]),
        alive=torch.ones(2, 1),
        next_observations=torch.rand(2, *size),
        terminated=torch.tensor([0.0, 1.0]),
        discounts=torch.full((2,), model.gamma),
        path_observations=None,
        path_actions=None,
    )


def test_targets_by_hand(munchausen, monkeypatch):
    model = model_of(munchausen.MunchausenDQN, gamma=0.5)
    batch = batch_of(model)
    of_now, of_next = torch.tensor([[0.0, 0.0, 0.1]] * 2), torch.zeros(2, 3)

    def q(observations: torch.Tensor) -> torch.Tensor:
        return of_now if observations is batch.observations else of_next

    monkeypatch.setattr(model.q_net_target, "forward", q)
    likely, unlikely = of_now[0, 2] / TAU, of_now[0, 0] / TAU
    log_sum = torch.logsumexp(of_now[0] / TAU, 0)
    expected = [
        1 + ALPHA * TAU * (likely - log_sum) + 0.5 * TAU * math.log(3),
        -1 + ALPHA * TAU * (unlikely - log_sum),
    ]
    assert model.targets(batch).tolist() == pytest.approx(
        [float(each) for each in expected], abs=1e-6
    )


def test_without_its_bonus_it_is_soft_q_learning(munchausen):
    plain = model_of(SoftEntropyDQN, temperature=TAU)
    without = model_of(munchausen.MunchausenDQN, alpha=0.0)
    with_it = model_of(munchausen.MunchausenDQN)
    batch = batch_of(plain)
    assert torch.equal(plain.targets(batch), without.targets(batch))
    assert (with_it.targets(batch) < plain.targets(batch)).all()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"alpha": 1.5}, "alpha=1.5 must be from 0 to 1"),
        ({"clip": 0.5}, "clip=0.5 must be 0 or below"),
        ({"n_steps": 5}, "n_steps: its bonus is that of one step"),
        ({"temperature": 0}, "temperature=0 must be"),
    ],
)
def test_settings_of_munchausen_have_ranges(munchausen, settings, said):
    with pytest.raises(ValueError, match=said):
        munchausen.MunchausenDQN.check_settings(
            **{"n_steps": 1, "double_q": False, "printed": False, **settings}
        )


def test_rewards_of_mean_zero_by_hand(zero_mean):
    rewards = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    penalty = torch.tensor([[-1.0, -0.5], [-0.5, 0.0]])
    found = zero_mean.zero_mean_rewards(rewards, penalty, 0.1)
    assert found.flatten().tolist() == pytest.approx([1.05, 0.0, 0.0, 1.95])
    assert found.mean().item() == pytest.approx(rewards.mean().item())


def test_entropy_and_kl_of_mean_zero_are_one(zero_mean):
    """They differ by log A a step, which the mean takes away."""
    torch.manual_seed(0)
    log_policy = torch.log_softmax(torch.randn(5, 2, 3), -1)
    values, dones = torch.randn(5, 2), torch.zeros(5, 2)
    rollout = Rollout(
        log_policy, values, dones.long(), values + 1, dones, torch.randn(2)
    )
    found = {}
    for kind in ("entropy", "kl"):
        env = make_vec_env(Catch, n_envs=2, seed=0)
        model = zero_mean.ZeroMeanA2C(
            "MlpPolicy", env, regularizer=kind, temperature=1.0, device="cpu"
        )
        found[kind] = model.returns(rollout, log_policy)
    assert torch.allclose(found["entropy"], found["kl"], atol=1e-5)
    bonus = -regularizer(log_policy)
    assert not torch.allclose(bonus, bonus.mean())
    # The last step's return by hand: its reward, its entropy less the mean.
    last = rollout.rewards[-1] + bonus[-1] - bonus.mean() + 0.99 * rollout.last_values
    assert torch.allclose(found["entropy"][-1], last, atol=1e-5)
