"""The deferred backward pass against autograd."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.torch_layers import NatureCNN

from algorithms import HardDQN, NaiveA2C
from algorithms.policies import QCnnPolicy, TwoHeadCnnPolicy, channels_last
from algorithms.trunk import PRECISIONS, DeferredTrunk, linear
from benchmarks.atari import make_atari_env
from tests.algorithms.catch import Catch


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


def without_trunk(network):
    """Have everything go through autograd, in the precision of the parameters."""
    network.trunk = None
    network.extract_features = lambda obs, extractor=None: (
        extractor or network.features_extractor
    )(obs.double() / 255)


class PlainTwoHead(TwoHeadCnnPolicy):
    """Everything through autograd."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        without_trunk(self)


class PlainQ(QCnnPolicy):
    """Everything through autograd."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        without_trunk(self.q_net)
        without_trunk(self.q_net_target)


class DoubleCNN(NatureCNN):
    """The same in float64; Stable-Baselines3 tries its own out in float32."""

    def __init__(self, *args, **kwargs):
        torch.set_default_dtype(torch.float32)
        super().__init__(*args, **kwargs)
        torch.set_default_dtype(torch.float64)
        self.double()


@pytest.fixture
def float64():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def flat(policy):
    return torch.cat([p.detach().reshape(-1).clone() for p in policy.parameters()])


DQN_SETTINGS = {
    "learning_starts": 16,
    "target_update_interval": 100,
    "buffer_size": 2_000,
    "frame_stack": 4,
    "exploration": [(0, 0.5)],
}


@pytest.mark.parametrize(
    ("algorithm", "plain", "settings", "steps"),
    [
        (NaiveA2C, PlainTwoHead, {"learning_rate": 7e-4}, 2_000),
        (HardDQN, PlainQ, DQN_SETTINGS, 816),
    ],
)
def test_updates_are_those_of_plain_autograd(
    algorithm, plain, settings, steps, float64
):
    """Two hundred updates on Atari, with and without the quick passes.

    In float64: rounding in float32 soon tips a ReLU or a greedy action over, and from
    there two correct computations part.
    """

    def trained(policy):
        env = make_atari_env("Pong", n_envs=2, seed=0)
        wide = {"features_extractor_class": DoubleCNN}
        model = algorithm(
            policy, env, seed=0, device="cpu", policy_kwargs=wide, **settings
        )
        start = flat(model.policy)
        assert start.dtype == torch.float64
        model.learn(steps)
        assert model._n_updates == 200
        return flat(model.policy) - start

    moved, expected = trained("CnnPolicy"), trained(plain)
    assert moved.norm() > 1e-3
    assert (moved - expected).norm() < 1e-9 * moved.norm()
