"""What every algorithm owes its user, one test a promise, over the whole registry."""

import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3.common.callbacks import CheckpointCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy

from algorithms import ALGORITHMS, DivergenceError
from tests.algorithms.catch import Catch
from tests.algorithms.saved import assert_loaded_as_saved, parameters

SHORT = {
    "a2c": {},
    "dqn": {
        "buffer_size": 1000,
        "learning_starts": 50,
        "target_update_interval": 60,
        "intermediate": "sampled",
    },
}
STEPS = 320

pytestmark = pytest.mark.parametrize("name", list(ALGORITHMS))


def make(name, env=None, **settings):
    variant = ALGORITHMS[name]
    env = env or make_vec_env(Catch, n_envs=2, seed=0)
    settings = SHORT[variant.family] | variant.settings | settings
    return variant.algorithm("MlpPolicy", env, seed=0, device="cpu", **settings)


def test_training_changes_the_parameters(name):
    model = make(name)
    before = parameters(model)
    model.learn(STEPS)
    assert not torch.equal(before, parameters(model))


def test_evaluation_plays_what_the_network_thinks_best(name):
    """Stable-Baselines3's evaluation, and the same games played by hand."""
    model = make(name).learn(STEPS)
    returns, lengths = evaluate_policy(
        model, make_vec_env(Catch, 1, seed=1), 10, return_episode_rewards=True
    )
    env, expected = Catch(), []
    obs, _ = env.reset(seed=1)
    while len(expected) < 10:
        obs, reward, end, *_ = env.step(best_action(model, obs))
        if end:
            expected.append(reward)
            obs, _ = env.reset()
    assert returns == expected
    assert lengths == [5] * 10


def best_action(model, obs):
    obs = torch.as_tensor(obs)[None]
    with torch.no_grad():
        if hasattr(model, "q_net"):
            return model.q_net(obs).argmax().item()
        return model.policy.log_policy_and_value(obs)[0].argmax().item()


def test_what_is_saved_is_what_is_loaded(name, tmp_path):
    model = make(name, temperature=0.25, gamma=0.9).learn(STEPS)
    assert_loaded_as_saved(model, tmp_path / "model", STEPS)


def test_what_is_saved_is_loaded_without_an_environment(name, tmp_path):
    """To act on its own; or with another number of environments, to train on."""
    model = make(name).learn(STEPS)
    model.save(tmp_path / "model")
    loaded = type(model).load(tmp_path / "model", device="cpu")
    obs = model.env.reset()
    expected, _ = model.predict(obs, deterministic=True)
    assert np.array_equal(loaded.predict(obs, deterministic=True)[0], expected)
    wider = make_vec_env(Catch, n_envs=4, seed=0)
    loaded = type(model).load(tmp_path / "model", env=wider).learn(STEPS)
    assert getattr(loaded, "gradient_steps", 4) == 4


def test_callbacks_are_called(name, tmp_path):
    make(name).learn(STEPS, callback=CheckpointCallback(80, str(tmp_path)))
    assert len(list(tmp_path.glob("*.zip"))) == STEPS // 2 // 80


def test_same_seed_same_parameters(name):
    def trained():
        return parameters(make(name).learn(STEPS))

    assert torch.equal(trained(), trained())


def test_continuous_actions_are_refused_in_one_line(name):
    with pytest.raises(
        ValueError, match=r"needs a Discrete action space, not Box"
    ) as e:
        make(name, env=gym.make("Pendulum-v1"))
    assert "\n" not in str(e.value)


def test_settings_out_of_range_are_refused(name):
    with pytest.raises(ValueError, match="temperature=0"):
        make(name, temperature=0)


def test_a_nan_stops_training_at_its_step(name):
    model = make(name)
    with torch.no_grad():
        next(model.policy.parameters()).fill_(torch.nan)
    with pytest.raises((DivergenceError, ValueError)) as stopped:
        model.learn(10_000)
    assert "nan" in str(stopped.value)
    assert model.num_timesteps < 1000
