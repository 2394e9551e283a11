"""What a step of training does around its update, counted and by hand."""

from copy import deepcopy

import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.logger import Logger

from algorithms import (
    ALGORITHMS,
    DivergenceError,
    HardDQN,
    NaiveA2C,
    ProperA2C,
    QLearningA2C,
)
from algorithms.dqn import EXPLORATION_2017, PiecewiseSchedule
from benchmarks.games.atari import make_atari_env
from tests.algorithms.catch import COLUMNS, ROWS, Catch

A2C_CLASSES = (NaiveA2C, ProperA2C, QLearningA2C)
SHORT = {"buffer_size": 4_000, "learning_starts": 32, "batch_size": 4}


def dqn(n_envs=1, **settings):
    env = make_vec_env(Catch, n_envs, seed=0)
    return HardDQN("MlpPolicy", env, seed=0, device="cpu", **SHORT | settings)


# ------------------------------------------------------------------------- DQN


def act(model):
    """One step of every game, as training takes it; the games stay where they are."""
    actions, stored = model._sample_action(model.learning_starts, None, model.n_envs)
    assert np.array_equal(actions, stored)
    return actions


def begun(model, steps, epsilon):
    model._setup_learn(10**6)
    model.num_timesteps, model.exploration_rate = steps, epsilon
    return model


def greedy(model):
    with torch.no_grad():
        return model.q_net(torch.as_tensor(model._last_obs)).argmax(1).numpy()


def test_every_game_throws_a_coin_of_its_own():
    """A third of those that explore happens to take the greedy action."""
    model = begun(dqn(n_envs=300), steps=10**5, epsilon=0.5)
    for _ in range(5):
        other = (act(model) != greedy(model)).mean()
        assert 0.5 * 2 / 3 - 0.12 < other < 0.5 * 2 / 3 + 0.12
        shown = model.predict(model._last_obs)[0]
        assert 0.5 * 2 / 3 - 0.12 < (shown != greedy(model)).mean() < 0.5 * 2 / 3 + 0.12


def test_random_actions_are_those_of_as_many_samples_one_by_one():
    """The same ones, from the same state to the same state."""
    model = begun(dqn(n_envs=3), steps=10**5, epsilon=1.0)
    other = deepcopy(model.action_space)
    for _ in range(5):
        assert act(model).tolist() == [other.sample() for _ in range(3)]
    states = [s.np_random.bit_generator.state for s in (model.action_space, other)]
    assert states[0] == states[1]


@pytest.mark.parametrize(("epsilon", "share"), [(0.0, 0.0), (1.0, 2 / 3)])
def test_epsilon_is_the_share_that_explores(epsilon, share):
    model = begun(dqn(n_envs=300), steps=10**5, epsilon=epsilon)
    assert (act(model) != greedy(model)).mean() == pytest.approx(share, abs=0.12)
    determined = model.predict(model._last_obs, deterministic=True)[0]
    assert np.array_equal(determined, greedy(model))


def test_until_learning_starts_every_action_is_random():
    model = begun(dqn(n_envs=300), steps=0, epsilon=0.0)
    counts = np.bincount(act(model), minlength=3)
    assert counts == pytest.approx(100, abs=40)
    model.num_timesteps = model.learning_starts
    assert np.array_equal(act(model), greedy(model))


@pytest.mark.parametrize("n_envs", [1, 2, 4])
def test_the_target_network_is_copied_by_agent_steps(n_envs, monkeypatch):
    model, copied = dqn(n_envs, target_update_interval=60), []

    def copy(parameters):
        assert all(
            torch.equal(value, parameters[name])
            for name, value in model.q_net.state_dict().items()
        )
        copied.append(model.num_timesteps)

    monkeypatch.setattr(model.q_net_target, "load_state_dict", copy)
    model.learn(360)
    assert copied == [60, 120, 180, 240, 300, 360]


def test_the_target_network_stays_behind_and_catches_up():
    model = dqn(target_update_interval=100, learning_starts=8)
    first = {name: p.clone() for name, p in model.q_net.state_dict().items()}
    model.learn(96)
    for name, parameter in model.q_net_target.state_dict().items():
        assert torch.equal(parameter, first[name])
    assert not same(model.q_net, model.q_net_target)
    model.learn(4, reset_num_timesteps=False)
    assert model.num_timesteps == 100
    assert not same(model.q_net_target, first)


def same(network, other):
    theirs = other if isinstance(other, dict) else other.state_dict()
    return all(torch.equal(p, theirs[name]) for name, p in network.state_dict().items())


@pytest.mark.parametrize("n_envs", [1, 2, 4])
def test_there_is_an_update_for_every_four_agent_steps(n_envs):
    model = dqn(n_envs).learn(400)
    assert model._n_updates == (400 - SHORT["learning_starts"]) // 4


def test_the_exploration_of_2017_at_its_points():
    schedule = PiecewiseSchedule(EXPLORATION_2017)
    for done, epsilon in {0: 1, 0.01: 0.55, 0.02: 0.1, 0.2: 0.01, 1: 0.01}.items():
        assert schedule(1 - done) == pytest.approx(epsilon)


def test_epsilon_follows_the_progress_of_training():
    model = dqn(exploration=((0, 1), (0.5, 0.2), (1, 0))).learn(100)
    assert model.exploration_rate == pytest.approx(0.0, abs=0.01)
    model = dqn(exploration=((0, 1), (0.5, 0.2), (1, 0)))
    model.learn(50, callback=lambda *_: True)
    model._current_progress_remaining = 0.75
    model._on_step()
    assert model.exploration_rate == pytest.approx(0.6)


# ------------------------------------------------------------------------- A2C


class Cut(gym.Wrapper):
    """Catch with a reward of 1 a step, cut after its third of five."""

    def __init__(self, limit):
        super().__init__(gym.wrappers.TimeLimit(Catch(), limit))

    def step(self, action):
        obs, _, terminated, truncated, info = self.env.step(action)
        return obs, 1.0, terminated, truncated, info


@pytest.mark.parametrize(("limit", "is_cut"), [(3, True), (5, False), (9, False)])
def test_the_value_at_a_time_limit_is_discounted_once(limit, is_cut, monkeypatch):
    """``r + gamma V(last)`` where a limit ends a game, r where it ends by itself.

    At the limit of 5 both happen in one step: then the game is over.
    """
    env = make_vec_env(lambda: Cut(limit), n_envs=2, seed=0)
    model = NaiveA2C("MlpPolicy", env, seed=0, device="cpu", n_steps=5, gamma=0.5)
    asked, real = [], model.policy.log_policy_and_value

    def valued(obs):
        asked.append(obs)
        return real(obs)[0], torch.full((len(obs),), 6.0)

    monkeypatch.setattr(model.policy, "log_policy_and_value", valued)
    _, callback = model._setup_learn(10**6)
    model.collect_rollouts(model.env, callback, model.rollout_buffer, 5)
    rewards = torch.ones(5, 2)
    if is_cut:
        rewards[2] += 0.5 * 6
        acted, lasts = asked[:3], asked[3:5]  # both games are cut in one step
        assert [row_of(obs) for obs in (*acted, *lasts)] == [0, 1, 2, 3, 3]
    assert torch.equal(model.rollout.rewards, rewards)
    dones = torch.zeros(5, 2)
    dones[2 if is_cut else 4] = 1
    assert torch.equal(model.rollout.dones, dones)
    assert model.rollout.last_values.tolist() == [6.0, 6.0]
    assert row_of(asked[-1]) == (2 if is_cut else 0)


def row_of(obs):
    """The row of the ball; the last one has the paddle."""
    boards = np.asarray(obs).reshape(-1, ROWS, COLUMNS)[:, :-1]
    (row,) = np.flatnonzero(boards.any(axis=(0, 2)))
    return row


@pytest.mark.parametrize("algorithm", A2C_CLASSES)
def test_an_a2c_acts_by_its_policy(algorithm):
    model = algorithm("MlpPolicy", make_vec_env(Catch), seed=0, device="cpu")
    model.set_random_seed(0)
    log_policy = torch.tensor([[0.2, 0.7, 0.1]]).log().expand(2_000, 3)
    shares = np.bincount(model._sample(log_policy), minlength=3) / 2_000
    assert shares == pytest.approx([0.2, 0.7, 0.1], abs=0.04)


@pytest.mark.parametrize("algorithm", A2C_CLASSES)
def test_heads_are_orthogonal_of_gain_one_and_the_body_of_root_two(algorithm):
    images = make_atari_env("Pong", 1, 0)
    for policy, env in {"MlpPolicy": make_vec_env(Catch), "CnnPolicy": images}.items():
        made = algorithm(policy, env, seed=0, device="cpu").policy
        for head in (made.action_net, made.value_net):
            assert gains(head) == pytest.approx(1.0, abs=1e-4)
            assert not head.bias.any()
    body = [*made.features_extractor.cnn, *made.features_extractor.linear]
    for layer in (layer for layer in body if hasattr(layer, "weight")):
        assert gains(layer) == pytest.approx(2**0.5, abs=1e-3)


def gains(layer):
    return torch.linalg.svdvals(layer.weight.detach().flatten(1)).numpy()


def test_the_default_rate_falls_to_nothing():
    model = NaiveA2C("MlpPolicy", make_vec_env(Catch), device="cpu")
    assert [model.lr_schedule(p) for p in (1, 0.5, 0)] == [7e-4, 3.5e-4, 0]
    rates, (group,) = [], model.policy.optimizer.param_groups
    model.policy.optimizer.register_step_post_hook(lambda *_: rates.append(group["lr"]))
    model.learn(100)
    # Twenty rollouts of five steps; each update takes the rate at its end.
    assert rates == pytest.approx([7e-4 * (1 - n / 20) for n in range(1, 21)])


@pytest.mark.parametrize("name", list(ALGORITHMS))
def test_gradients_are_clipped_before_the_step(name):
    """With plain descent at rate 1 an update is as long as its bound allows."""
    variant = ALGORITHMS[name]
    descent = {"optimizer_class": torch.optim.SGD, "optimizer_kwargs": {}}
    short = SHORT if variant.family == "dqn" else {}
    model = variant.algorithm(
        "MlpPolicy",
        make_vec_env(Catch, n_envs=4, seed=0),
        seed=0,
        device="cpu",
        learning_rate=1.0,
        max_grad_norm=1e-3,
        policy_kwargs=descent,
        **short | dict(variant.settings),
    )
    model.set_logger(Logger(folder=None, output_formats=[]))
    moved, step = [], model.policy.optimizer.step

    def measured():
        before = flat(model)
        step()
        moved.append((flat(model) - before).norm().item())

    model.policy.optimizer.step = measured
    model.learn(80)
    assert max(moved) == pytest.approx(1e-3, rel=1e-3)
    assert model.logger.name_to_value["train/grad_norm"] > 1e-3


def test_an_infinite_loss_ends_training():
    """Its gradient is one: the parameters would stay finite, and training go on."""
    env = make_vec_env(lambda: Infinite(Catch()), n_envs=1, seed=0)
    model = HardDQN("MlpPolicy", env, seed=0, device="cpu", **SHORT)
    with pytest.raises(DivergenceError, match="loss=inf"):
        model.learn(200)
    assert model._n_updates < 10


@pytest.mark.parametrize("algorithm", A2C_CLASSES)
def test_an_infinite_loss_ends_training_of_an_a2c(algorithm):
    env = make_vec_env(lambda: Infinite(Catch()), n_envs=1, seed=0)
    model = algorithm("MlpPolicy", env, seed=0, device="cpu")
    with pytest.raises(DivergenceError, match="loss="):
        model.learn(200)


class Infinite(gym.Wrapper):
    """Rewards that no number holds."""

    def step(self, action):
        obs, reward, *rest = self.env.step(action)
        return obs, reward * np.inf if reward else 0.0, *rest


def flat(model):
    return torch.nn.utils.parameters_to_vector(model.policy.parameters()).detach()
