"""learn() that is called again: no transition joins a game to another."""

import numpy as np
import pytest
from stable_baselines3 import DQN
from stable_baselines3.common.env_util import make_vec_env

from algorithms import HardDQN, SoftKLDQN
from algorithms.replay import PathReplayBuffer
from tests.algorithms.stock import differing, stored_by_ours, stored_by_stock

# Random play alone: ours and SB3's own then see the same games.
RANDOM = {"seed": 0, "device": "cpu", "learning_starts": 10_000, "buffer_size": 1000}


def model_of(algorithm, n_envs=1, **settings):
    env = make_vec_env("CartPole-v1", n_envs, seed=0)
    return algorithm("MlpPolicy", env, **RANDOM, **settings)


def goes_on(model):
    model.learn(52).learn(52, reset_num_timesteps=False)


def begins_again(model):
    model.learn(52).learn(52)


def other_environment(model):
    model.learn(52).set_env(make_vec_env("CartPole-v1", model.n_envs, seed=7))
    model.learn(52, reset_num_timesteps=False)


@pytest.mark.parametrize("n_envs", [1, 2])
@pytest.mark.parametrize("way", [goes_on, begins_again, other_environment])
def test_the_memory_is_stable_baselines3s(way, n_envs):
    ours, theirs = model_of(HardDQN, n_envs), model_of(DQN, n_envs)
    way(ours)
    way(theirs)
    stored = stored_by_stock(theirs)
    assert len(stored.actions) >= 104
    assert differing(stored_by_ours(ours), stored) == 0


def test_going_on_writes_what_one_learn_would_have_written():
    at_once, in_parts = model_of(HardDQN).learn(104), model_of(HardDQN)
    goes_on(in_parts)
    a, b = (m.replay_buffer.get_state() for m in (at_once, in_parts))
    assert a["head"].tolist() == b["head"].tolist()
    for name in PathReplayBuffer.ARRAYS:
        assert a[name].tolist() == b[name].tolist()


def test_a_path_is_cut_where_its_game_was_given_up():
    model = model_of(SoftKLDQN, n_steps=5, intermediate="sampled").learn(52)
    memory = model.replay_buffer
    given_up, last_obs = int(memory.head[0]) - 1, model._last_obs[0]
    assert memory.in_episode[0]
    model.learn(52)
    paths = memory.paths(np.zeros(3, int), given_up - 1 - np.arange(3))
    assert paths.alive.sum(1).tolist() == [1, 2, 3]
    assert np.array_equal(paths.next_observations, [last_obs] * 3)
    assert paths.terminated.tolist() == [0, 0, 0]
    assert paths.discounts.tolist() == pytest.approx([0.99, 0.99**2, 0.99**3])
    # Nothing starts at the observation that was not acted upon.
    assert not memory._startable(np.zeros(1, int), np.array([given_up]))


def test_what_follows_a_loaded_memory_begins_anew(tmp_path):
    model = model_of(HardDQN).learn(52)
    model.save_replay_buffer(tmp_path / "memory")
    model.learn(10, reset_num_timesteps=False)
    model.load_replay_buffer(tmp_path / "memory")
    model.learn(1, reset_num_timesteps=False)
    before, after = model.replay_buffer.acted[0].nonzero()[0][51:53]
    assert after > before + 1
