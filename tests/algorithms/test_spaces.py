"""Kinds of observations: as in stock Stable-Baselines3, or refused with a reason."""

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium import spaces
from gymnasium.wrappers import FlattenObservation
from stable_baselines3 import A2C, DQN
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.sb2_compat.rmsprop_tf_like import RMSpropTFLike
from stable_baselines3.common.utils import LinearSchedule
from stable_baselines3.common.vec_env import VecNormalize

from algorithms import HardDQN, NaiveA2C, QLearningA2C, SoftKLDQN
from tests.algorithms.stock import differing, stored_by_ours, stored_by_stock


class Random(gym.Env):
    """Observations drawn from a space; episodes that end and ones that are cut."""

    action_space = spaces.Discrete(3)

    def __init__(self, space: spaces.Space) -> None:
        self.observation_space = space

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        if seed is not None:
            self.observation_space.seed(seed)
        self.steps = 0
        return self.observation_space.sample(), {}

    def step(self, action):
        self.steps += 1
        obs, reward = self.observation_space.sample(), float(action)
        return obs, reward, self.steps == 7, self.steps > 5 and action == 0, {}


DICT = spaces.Dict({"place": spaces.Box(-1, 1, (2,)), "kind": spaces.Discrete(3)})
REAL = ("CartPole-v1", "Acrobot-v1", "FrozenLake-v1", "Taxi-v4")
MADE = {
    "MultiDiscrete": spaces.MultiDiscrete([3, 4]),
    "MultiBinary": spaces.MultiBinary((2, 3)),
    "float64": spaces.Box(-1, 1, (2, 3), np.float64),
}


def make_env(kind, n_envs=1):
    if kind in REAL:
        return make_vec_env(kind, n_envs, seed=0)
    if kind == "VecNormalize":
        # Statistics that move, and clip, so that when they are applied can be seen.
        made = make_vec_env("CartPole-v1", n_envs, seed=0)
        return VecNormalize(made, clip_obs=1.5, gamma=0.9)
    space = DICT if kind == "Dict" else MADE[kind]
    return make_vec_env(lambda: Random(space), n_envs, seed=0)


def parameters(model):
    return torch.nn.utils.parameters_to_vector(model.policy.parameters()).detach()


@pytest.mark.parametrize("kind", [*REAL, "VecNormalize", *MADE, "Dict"])
def test_a2c_learns_as_stable_baselines3s_does(kind):
    policy = "MultiInputPolicy" if kind == "Dict" else "MlpPolicy"
    common = {"seed": 0, "device": "cpu"}
    ours = NaiveA2C(policy, make_env(kind, 2), **common)
    theirs = A2C(
        policy,
        make_env(kind, 2),
        learning_rate=LinearSchedule(7e-4, 0.0, 1.0),
        ent_coef=0.01,
        vf_coef=0.25,
        use_rms_prop=False,
        policy_kwargs={
            "optimizer_class": RMSpropTFLike,
            "optimizer_kwargs": {"alpha": 0.99, "eps": 1e-5},
        },
        **common,
    )
    theirs.policy.load_state_dict(ours.policy.state_dict())
    before = parameters(ours)
    for model in (ours, theirs):
        torch.manual_seed(1)
        model.learn(150)
    moved = (parameters(ours) - before).abs().max()
    assert moved > 1e-4
    assert (parameters(ours) - parameters(theirs)).abs().max() < 1e-3 * moved


@pytest.mark.parametrize("kind", [*REAL, "VecNormalize", *MADE])
def test_dqn_stores_and_values_what_stable_baselines3s_does(kind):
    common = {"seed": 0, "device": "cpu", "buffer_size": 1000}
    random = common | {"learning_starts": 10_000}
    ours = HardDQN("MlpPolicy", make_env(kind), **random).learn(300)
    theirs = DQN("MlpPolicy", make_env(kind), **random).learn(300)
    normalize = ours.get_vec_normalize_env()
    batch = stored_by_ours(ours, normalize)
    stock = stored_by_stock(theirs, theirs.get_vec_normalize_env())
    assert len(stock.actions) == 300
    assert differing(batch, stock) == 0
    theirs.policy.load_state_dict(ours.policy.state_dict())
    with torch.no_grad():
        q = ours.q_net(batch.observations)
        assert torch.equal(q, theirs.q_net(stock.observations))
        assert q.std(0).min() > 0


@pytest.mark.parametrize("kind", [*REAL, "VecNormalize", *MADE])
def test_dqn_learns_from_paths(kind):
    """On two environments, with intermediate observations; SB3 has nothing like it."""
    settings = {"n_steps": 3, "intermediate": "sampled", "learning_starts": 50}
    model = SoftKLDQN("MlpPolicy", make_env(kind, 2), buffer_size=500, **settings)
    before = parameters(model)
    model.learn(80)
    assert (parameters(model) - before).abs().max() > 1e-4
    actions, _ = model.predict(model.env.reset())
    assert actions.shape == (2,)


def test_what_is_drawn_is_normalised_by_the_statistics_of_then():
    settings = {"n_steps": 3, "intermediate": "sampled", "buffer_size": 1000}
    model = SoftKLDQN("MlpPolicy", make_env("VecNormalize"), seed=0, **settings)
    model.learn(300)
    memory, env = model.replay_buffer, model.get_vec_normalize_env()
    memory.rng, rng = np.random.default_rng(3), np.random.default_rng(3)
    drawn = memory.sample(32, env=env)
    memory.rng = rng
    plain = memory.sample(32)
    for name in ("observations", "next_observations", "path_observations"):
        stored = getattr(plain, name).numpy()
        assert np.array_equal(getattr(drawn, name), env.normalize_obs(stored))
        assert not np.array_equal(getattr(drawn, name), stored)
    assert np.allclose(drawn.rewards, env.normalize_reward(plain.rewards.numpy()))
    assert not torch.equal(drawn.rewards, plain.rewards)


ODD = {
    "Tuple": spaces.Tuple([spaces.Discrete(2)]),
    "Text": spaces.Text(4),
    "Discrete(3, start=1)": spaces.Discrete(3, start=1),
    "start=[1 0]": spaces.MultiDiscrete([2, 3], start=[1, 0]),
    "2 2": spaces.MultiDiscrete([[2, 3], [2, 2]]),
    "()": spaces.Box(-1, 1, ()),
}


@pytest.mark.parametrize("algorithm", [QLearningA2C, SoftKLDQN])
@pytest.mark.parametrize("named", ODD)
def test_observations_without_an_encoding_are_refused(algorithm, named):
    with pytest.raises(ValueError, match="observations") as refused:
        algorithm("MlpPolicy", Random(ODD[named]))
    assert algorithm.__name__ in str(refused.value) and named in str(refused.value)


@pytest.mark.parametrize("algorithm", [QLearningA2C, SoftKLDQN])
def test_actions_that_start_elsewhere_are_refused(algorithm):
    env = Random(spaces.Discrete(2))
    env.action_space = spaces.Discrete(3, start=1)
    with pytest.raises(ValueError, match="counts actions from 0"):
        algorithm("MlpPolicy", env)


def test_dict_observations_are_for_a2c_unless_they_are_flat():
    with pytest.raises(ValueError, match="FlattenObservation"):
        HardDQN("MlpPolicy", Random(DICT))
    flat = FlattenObservation(Random(DICT))
    HardDQN("MlpPolicy", flat, buffer_size=500, learning_starts=50).learn(80)
    nested = Random(spaces.Dict({"inner": DICT}))
    with pytest.raises(ValueError, match="not inside another Dict"):
        QLearningA2C("MultiInputPolicy", nested)


def test_a_normalised_discrete_observation_is_for_a2c():
    env = VecNormalize(make_env("FrozenLake-v1"), norm_obs=False)
    QLearningA2C("MlpPolicy", env).learn(50)
    with pytest.raises(ValueError, match="NormalizeReward"):
        HardDQN("MlpPolicy", env)
