"""The deferred backward pass against autograd."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3 import A2C, DQN
from stable_baselines3.common import policies
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.sb2_compat.rmsprop_tf_like import RMSpropTFLike
from stable_baselines3.common.torch_layers import NatureCNN

from algorithms import HardDQN, NaiveA2C
from algorithms.policies import channels_last
from algorithms.trunk import PRECISIONS, DeferredTrunk, linear
from benchmarks.games.atari import make_atari_env
from tests.algorithms.catch import Catch
from tests.algorithms.test_reference import draw_alike, learn_alike


def extractor(features=512):
    torch.manual_seed(0)
    return NatureCNN(spaces.Box(0, 255, (4, 84, 84), np.uint8), features)


def gradients(network):
    return torch.cat([p.grad.flatten() for p in network.parameters()])


def deferred_gradients(trunk, network, images, weights):
    """Gradient of the weighted sum of the features of all steps."""
    for step in images:
        trunk.forward(step)
    (trunk.recall() * weights.flatten(0, 1)).sum().backward()
    trunk.backward()
    return gradients(network)


@pytest.mark.parametrize("channels_are_last", [False, True])
def test_gradients_are_autograds_in_float64(channels_are_last):
    network = extractor(64).double()
    if channels_are_last:
        channels_last(network)
    images = torch.randint(0, 256, (3, 2, 4, 84, 84)).double()
    weights = torch.randn(3, 2, 64, dtype=torch.float64)
    (network(images.flatten(0, 1) / 255) * weights.flatten(0, 1)).sum().backward()
    expected = gradients(network)
    network.zero_grad()
    found = deferred_gradients(DeferredTrunk(network), network, images, weights)
    assert torch.allclose(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("precision", "least", "most"),
    [("float32", 0, 1e-5), ("mixed", 1e-4, 0.02), ("bfloat16", 1e-3, 0.2)],
)
def test_precision_is_what_it_says(precision, least, most):
    """Relative error of the gradient; of the features, where forward is rounded."""
    network = channels_last(extractor())
    images = torch.randint(0, 256, (5, 16, 4, 84, 84), dtype=torch.uint8)
    weights = torch.randn(5, 16, 512)
    exact = deepcopy(network).double()
    truth = DeferredTrunk(exact)
    expected = deferred_gradients(truth, exact, images, weights.double())
    trunk = DeferredTrunk(network, precision)
    found = deferred_gradients(trunk, network, images, weights)
    assert found.dtype == torch.float32
    assert least <= (found - expected).norm() / expected.norm() < most
    error = (trunk.features(images[0]) - truth.features(images[0])).abs().max()
    assert (error > 1e-4) == (precision == "bfloat16")


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_changed_parameter_is_seen(precision):
    network = extractor()
    trunk = DeferredTrunk(network, precision)
    images = torch.randint(0, 256, (2, 4, 84, 84), dtype=torch.uint8)
    before = trunk.features(images)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(0.5)
    fresh = DeferredTrunk(network, precision).features(images)
    assert torch.equal(trunk.features(images), fresh)
    assert not torch.equal(before, fresh)


def test_a_changed_weight_alone_is_seen():
    network = extractor()
    trunk = DeferredTrunk(network)
    images = torch.randint(0, 256, (2, 4, 84, 84), dtype=torch.uint8)
    trunk.features(images)
    with torch.no_grad():
        network.cnn[0].weight.mul_(0.5)
    fresh = DeferredTrunk(network).features(images)
    assert torch.equal(trunk.features(images), fresh)


def test_a_rollout_that_is_broken_off_is_forgotten():
    """A callback that ends training in mid-rollout leaves nothing to the next."""
    model = NaiveA2C("CnnPolicy", make_atari_env("Pong", 2, seed=0), device="cpu")
    model.learn(10**6, callback=lambda *_: model.num_timesteps < 6)
    assert (model.num_timesteps, model._n_updates) == (6, 0)
    model.learn(10)
    assert model._n_updates == 1
    _, callback = model._setup_learn(10)
    model.collect_rollouts(model.env, callback, model.rollout_buffer, 5)
    assert model.rollout.log_policy.shape == (5, 2, 6)


@pytest.mark.parametrize("algorithm", [HardDQN, NaiveA2C])
def test_training_leaves_no_old_copy(algorithm):
    """What the networks compute with is what their parameters are now."""
    settings = {"learning_starts": 4, "target_update_interval": 9, "frame_stack": 4}
    if algorithm is NaiveA2C:
        settings = {}
    env = make_atari_env("Pong", n_envs=2, seed=0)
    model = algorithm(
        "CnnPolicy",
        env,
        seed=0,
        device="cpu",
        policy_kwargs={"precision": "bfloat16"},
        **settings | ({"buffer_size": 200} if settings else {}),
    )
    model.learn(60)
    networks = [model.policy] if not settings else [model.q_net, model.q_net_target]
    images = torch.randint(0, 256, (9, 4, 84, 84), dtype=torch.uint8)
    for network in networks:
        fresh = DeferredTrunk(network.features_extractor, "bfloat16")
        assert torch.equal(network.trunk.features(images), fresh.features(images))


def test_linear_is_torchs():
    for rows in (1, 16, 80):
        inputs, weight, bias = torch.randn(rows, 96), torch.randn(7, 96), torch.randn(7)
        expected = torch.nn.functional.linear(inputs, weight, bias)
        assert torch.allclose(linear(inputs, weight, bias), expected, atol=1e-4)
        assert torch.allclose(linear(inputs, weight), expected - bias, atol=1e-4)


def test_another_precision_needs_the_convolutions():
    env = make_vec_env(Catch, 2, seed=0)
    with pytest.raises(ValueError, match="precision=mixed needs the convolutions"):
        HardDQN("MlpPolicy", env, policy_kwargs={"precision": "mixed"})
    with pytest.raises(ValueError, match="precision='half' is none of"):
        DeferredTrunk(extractor(), "half")


class DoubleCNN(NatureCNN):
    """The same in float64; Stable-Baselines3 tries its own out in float32."""

    def __init__(self, *args, **kwargs):
        torch.set_default_dtype(torch.float32)
        super().__init__(*args, **kwargs)
        torch.set_default_dtype(torch.float64)
        self.double()


class DoubleRollouts(RolloutBuffer):
    """The same in float64."""

    def reset(self):
        super().reset()
        for name in ("values", "rewards", "advantages", "returns"):
            setattr(self, name, getattr(self, name).astype(np.float64))


@pytest.fixture
def float64(monkeypatch):
    """Have both libraries compute in float64.

    Rounding in float32 soon tips a ReLU or a greedy action over, and from there two
    correct computations part.
    """
    monkeypatch.setattr(policies, "preprocess_obs", lambda obs, *_, **__: obs / 255.0)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def flat(policy):
    return torch.cat([p.detach().reshape(-1).clone() for p in policy.parameters()])


A2C_SETTINGS = {"learning_rate": 7e-4, "n_steps": 5, "gamma": 0.99}
STOCK_A2C = {
    "rollout_buffer_class": DoubleRollouts,
    "vf_coef": 0.25,
    "ent_coef": 0.01,
    "use_rms_prop": False,
}
TF_RMS_PROP = {
    "optimizer_class": RMSpropTFLike,
    "optimizer_kwargs": {"alpha": 0.99, "eps": 1e-5},
}
DQN_SETTINGS = {
    "learning_rate": 1e-4,
    "learning_starts": 200,
    "target_update_interval": 50,
    "buffer_size": 2_000,
}
STOCK_DQN = {"gradient_steps": 2, "exploration_initial_eps": 0} | {
    "exploration_final_eps": 0
}


@pytest.mark.parametrize(
    ("ours", "theirs", "steps"),
    [
        (
            (NaiveA2C, A2C_SETTINGS, {}),
            (A2C, A2C_SETTINGS | STOCK_A2C, TF_RMS_PROP),
            250,
        ),
        (
            (HardDQN, DQN_SETTINGS | {"frame_stack": 4, "exploration": [(0, 0)]}, {}),
            (DQN, DQN_SETTINGS | STOCK_DQN, {"optimizer_kwargs": {"eps": 1e-4}}),
            300,
        ),
    ],
    ids=["a2c", "dqn"],
)
def test_training_on_atari_is_stable_baselines3s(ours, theirs, steps, float64):
    """Training with the quick passes, and with the other library's own networks."""
    models = [made(*arguments) for arguments in (ours, theirs)]
    models[1].policy.load_state_dict(models[0].policy.state_dict())
    start = flat(models[0].policy)
    assert start.dtype == torch.float64
    if ours[0] is HardDQN:
        draw_alike(*models)
    learn_alike(*models, steps)
    assert models[0]._n_updates == models[1]._n_updates > 20
    moved, expected = (flat(model.policy) - start for model in models)
    assert moved.norm() > 1e-3
    assert (moved - expected).norm() < 1e-7 * moved.norm()


def made(algorithm, settings, of_policy):
    env = make_atari_env("Breakout", n_envs=2, seed=0)
    wide = {"features_extractor_class": DoubleCNN} | of_policy
    return algorithm(
        "CnnPolicy", env, seed=0, device="cpu", policy_kwargs=wide, **settings
    )
