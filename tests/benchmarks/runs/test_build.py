"""The model that a configuration builds has what the configuration says."""

from __future__ import annotations

import pytest
import torch
from stable_baselines3.common.sb2_compat.rmsprop_tf_like import RMSpropTFLike

from benchmarks.runs.build import ENV_SEEDS_APART, make_model
from benchmarks.runs.replicates import random_streams
from benchmarks.suites.suite import Selection, load_suite


@pytest.mark.parametrize(
    ("schedule", "rates"), [("linear", (7e-4, 1.75e-4, 0)), ("constant", (7e-4,) * 3)]
)
def test_a_linear_rate_ends_at_nothing(schedule, rates, tiny):
    values = {"learning_rate": 7e-4, "learning_rate_schedule": schedule}
    model = make_model(tiny("a2c-naive", **values))
    assert [model.lr_schedule(p) for p in (1, 0.25, 0)] == pytest.approx(rates)
    assert model.lr_schedule(0) == rates[-1]


def test_exploration_in_frames_is_of_the_frames_of_training(tiny):
    model = make_model(tiny("dqn-hard", frames=2_000, exploration="0:1 500:0.2 1000:0"))
    for done, epsilon in {0: 1, 0.125: 0.6, 0.25: 0.2, 0.5: 0, 1: 0}.items():
        assert model.exploration_schedule(1 - done) == pytest.approx(epsilon)


def test_an_a2c_has_the_settings_of_its_configuration(tiny):
    values = {"temperature": 0.03, "value_coef": 0.7, "n_steps": 3, "gamma": 0.9}
    values |= {"max_grad_norm": 0.4, "rms_prop_eps": 1e-6, "rms_prop_decay": 0.98}
    config = tiny("a2c-proper", regularizer="kl", precision="bfloat16", **values)
    model = make_model(config)
    for name in ("temperature", "value_coef", "n_steps", "gamma", "max_grad_norm"):
        assert getattr(model, name) == values[name], name
    assert model.regularizer == "kl"
    assert model.policy.trunk.forward_type == torch.bfloat16
    optimizer = model.policy.optimizer
    (group,) = optimizer.param_groups
    assert isinstance(optimizer, RMSpropTFLike)  # epsilon inside the root, slots at 1
    assert (group["eps"], group["alpha"]) == (1e-6, 0.98)
    assert model.n_envs == config.environment["n_envs"]


def test_a_dqn_has_the_settings_of_its_configuration(tiny):
    values = {"temperature": 0.3, "gamma": 0.9, "batch_size": 7, "train_freq": 3}
    values |= {"learning_starts": 50, "target_update_interval": 30, "n_envs": 2}
    values |= {"max_grad_norm": 0.4, "learning_rate": 2e-4, "adam_eps": 1e-3}
    values |= {"n_steps": 3, "intermediate": "sampled"}
    model = make_model(tiny("dqn-soft-kl", buffer_size=300, **values))
    loop = ("batch_size", "learning_starts", "target_update_interval", "max_grad_norm")
    for name in ("temperature", "gamma", "intermediate", *loop):
        assert getattr(model, name) == values[name], name
    memory, (group,) = model.replay_buffer, model.policy.optimizer.param_groups
    assert (memory.n_steps, memory.gamma, memory.frame_stack) == (3, 0.9, 4)
    assert (memory.rows, memory.with_path) == (150, True)
    assert (group["lr"], group["eps"], model.train_freq[0]) == (2e-4, 1e-3, 3)
    assert model.gradient_steps == 2


def test_the_games_of_a_run_are_seeded_by_its_seed():
    only = {"only": ["a2c-naive"], "games": ["MinAtar/Breakout"]}
    chosen = Selection(**only, first_seed=3, seeds=1)
    (config,) = load_suite("minatar-smoke", chosen)
    model, again = make_model(config), make_model(config)
    for each in (model, again):
        each._setup_learn(1)
    again.env.seed(3 * ENV_SEEDS_APART)
    again.env.reset()
    same = random_streams(model) == random_streams(again)
    assert same  # and no page of what differs
