"""What is logged: means over all updates of an interval, each under its own name."""

import math
from collections import defaultdict

import pytest
import torch
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.logger import Logger

from algorithms import (
    ALGORITHMS,
    HardDQN,
    NaiveA2C,
    NaivePlusA2C,
    QLearningA2C,
    SoftEntropyDQN,
)
from algorithms.losses import q_learning_error
from algorithms.rollout import Rollout
from tests.algorithms.catch import Catch
from tests.algorithms.test_contract import make


def silent(model):
    model.set_logger(Logger(folder=None, output_formats=[]))
    return model


class Heard(Logger):
    """Keeps every value that is recorded into a mean."""

    def __init__(self):
        super().__init__(folder=None, output_formats=[])
        self.values = defaultdict(list)

    def record_mean(self, key, value, exclude=None):
        self.values[key].append(value)
        super().record_mean(key, value, exclude)


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("a2c-proper", ("loss", "policy_loss", "value_loss", "entropy", "grad_norm")),
        ("q-a2c", ("loss", "q_error", "value_loss", "value")),
        ("dqn-hard", ("loss", "q_value", "grad_norm")),
    ],
)
def test_a_logged_value_is_the_mean_of_every_update(name, keys):
    model = make(name)
    model.set_logger(Heard())
    model.learn(400, log_interval=None)
    for key in (f"train/{key}" for key in keys):
        each = model.logger.values[key]
        assert len(each) == model._n_updates
        assert len(set(each)) > 5
        assert model.logger.name_to_value[key] == pytest.approx(sum(each) / len(each))


def test_the_q_error_and_the_value_error_of_q_learning_have_names_of_their_own():
    model = silent(make("q-a2c"))
    generator = torch.Generator().manual_seed(3)
    log_policy = torch.randn(5, 2, 3, generator=generator).log_softmax(-1)
    values, returns = torch.randn(2, 5, 2, generator=generator)
    actions = torch.randint(3, (5, 2), generator=generator)
    model._losses(log_policy, values, actions, returns)
    error = q_learning_error(log_policy, values, actions, returns, temperature=0.01)
    logged = model.logger.name_to_value
    assert logged["train/q_error"] == pytest.approx((error**2).mean().item() / 2)
    value_loss = ((values - returns) ** 2).mean().item() / 2
    assert logged["train/value_loss"] == pytest.approx(value_loss)
    assert isinstance(model, QLearningA2C)


def test_kept_share_and_entropy_of_targets_by_hand(monkeypatch):
    env = make_vec_env(Catch, n_envs=1, seed=0)
    model = silent(SoftEntropyDQN("MlpPolicy", env, temperature=0.5, buffer_size=200))
    q = torch.tensor([[1.0, 1.0, 1.0], [4.0, -50.0, -50.0]])
    monkeypatch.setattr(model, "q_net_target", lambda observations: q)

    class Batch:
        next_observations = None

    model._record_softness(Batch)
    logged = model.logger.name_to_value
    # All alike: the whole of tau log 3, entropy log 3. One far above: nothing, 0.
    assert logged["train/kept_share"] == pytest.approx(0.5)
    assert logged["train/target_entropy"] == pytest.approx(math.log(3) / 2)


def test_softness_is_logged_for_hard_targets_too():
    logged = silent(make("dqn-hard")).learn(400, log_interval=None).logger
    assert 0 < logged.name_to_value["train/kept_share"] <= 1.0 + 1e-6
    assert 0 < logged.name_to_value["train/target_entropy"] <= math.log(3) + 1e-6


def test_naive_plus_is_naive_with_a_constant_in_every_reward():
    naive, plus = (
        make("a2c-naive", temperature=0.1),
        make("a2c-naive-plus", temperature=0.1),
    )
    assert type(naive) is NaiveA2C and type(plus) is NaivePlusA2C
    for model in (naive, plus):
        model.learn(10)
    rollout = naive_rollout(naive)
    log_policy = rollout.log_policy.detach()
    raised = rollout._replace(rewards=rollout.rewards + 0.1 * math.log(3))
    assert torch.equal(
        plus.returns(rollout, log_policy), naive.returns(raised, log_policy)
    )
    assert not torch.equal(
        plus.returns(rollout, log_policy), naive.returns(rollout, log_policy)
    )


def naive_rollout(model):
    generator = torch.Generator().manual_seed(1)
    log_policy = torch.randn(5, 2, 3, generator=generator).log_softmax(-1)
    return Rollout(
        log_policy,
        torch.zeros(5, 2),
        torch.zeros(5, 2, dtype=torch.int64),
        torch.randn(5, 2, generator=generator),
        torch.zeros(5, 2),
        torch.ones(2),
    )


def test_arms_of_figure_1_and_3_are_what_their_names_say():
    def of(name):
        return make(name)

    assert of("a2c-proper-kl").regularizer == "kl"
    assert of("a2c-proper").regularizer == "entropy"
    assert of("q-a2c-raw").scaled is False and of("q-a2c").scaled is True
    for name in ("a2c-proper-t0.1", "q-a2c-t0.1"):
        assert of(name).temperature == 0.1
        assert ALGORITHMS[name].source("temperature") == "ours"
    assert ALGORITHMS["q-a2c-t0.1"].source("scaled") == "paper"


def test_softness_is_that_of_the_next_states(monkeypatch):
    """Of which targets are made."""
    sizes = {"buffer_size": 500, "learning_starts": 50}
    env = make_vec_env(Catch, 1, seed=0)
    model = HardDQN("MlpPolicy", env, seed=0, device="cpu", **sizes)
    model.learn(80)
    batch = model.replay_buffer.sample(32)
    seen = []
    monkeypatch.setattr(model.replay_buffer, "sample", lambda *_, **__: batch)
    monkeypatch.setattr(model, "_record_softness", seen.append)
    model._n_updates = 0
    model.train(1, 32)
    assert torch.equal(seen[0], batch.next_observations)
    assert not torch.equal(batch.observations, batch.next_observations)
