"""The deferred backward pass against autograd."""

import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3.common.torch_layers import NatureCNN

from algorithms import NaiveA2C
from algorithms.policies import TwoHeadCnnPolicy, channels_last
from algorithms.trunk import DeferredTrunk
from benchmarks.atari import make_atari_env


@pytest.mark.parametrize("channels_are_last", [False, True])
def test_gradients_are_autograds_in_float64(channels_are_last):
    torch.manual_seed(0)
    extractor = NatureCNN(spaces.Box(0, 255, (4, 84, 84), np.uint8), 64).double()
    if channels_are_last:
        channels_last(extractor)
    images = torch.rand(3, 2, 4, 84, 84, dtype=torch.float64)
    weights = torch.randn(3, 2, 64, dtype=torch.float64)

    (extractor(images.flatten(0, 1)) * weights.flatten(0, 1)).sum().backward()
    expected = [p.grad.clone() for p in extractor.parameters()]
    extractor.zero_grad()

    trunk = DeferredTrunk(extractor)
    features = [trunk.forward(step) for step in images]
    (torch.stack(features) * weights).sum().backward()
    trunk.backward()
    for parameter, gradient in zip(extractor.parameters(), expected, strict=True):
        assert torch.allclose(parameter.grad, gradient, rtol=1e-10, atol=1e-12)


def test_updates_are_those_of_plain_autograd():
    """Two hundred updates on Atari, with and without the deferred backward pass."""

    class Plain(TwoHeadCnnPolicy):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.trunk = None

    def flat(policy):
        return torch.cat([p.detach().reshape(-1).clone() for p in policy.parameters()])

    def trained(policy, updates):
        env = make_atari_env("Pong", n_envs=2, seed=0)
        model = NaiveA2C(policy, env, seed=0, device="cpu", learning_rate=7e-4)
        start = flat(model.policy)
        model.learn(updates * 10)
        return flat(model.policy) - start, model.policy

    moved, policy = trained("CnnPolicy", 200)
    assert policy.trunk is not None
    plain, _ = trained(Plain, 200)
    assert moved.norm() > 1e-3
    assert (moved - plain).norm() < 1e-3 * moved.norm()
