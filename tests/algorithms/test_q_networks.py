"""A Q-network's update written out is autograd's, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3.common.torch_layers import NatureCNN

from algorithms.networks import GridCNN
from algorithms.q_networks import QCnnPolicy, TrunkQNetwork

GRID = spaces.Box(0, 1, (4, 10, 10), np.uint8)
IMAGE = spaces.Box(0, 255, (2, 36, 36), np.uint8)
BATCH, N_ACTIONS = 32, 5


def policy(space: spaces.Box, extractor: type, precision: str) -> QCnnPolicy:
    torch.manual_seed(0)
    made = QCnnPolicy(
        space,
        spaces.Discrete(N_ACTIONS),
        lambda _: 1e-3,
        net_arch=[],
        features_extractor_class=extractor,
        precision=precision,
        optimizer_kwargs={"fused": True},
    )
    made.pack()
    return made


def batches(space: spaces.Box, number: int):
    rng = np.random.default_rng(1)
    for _ in range(number):
        seen = rng.integers(
            0, int(space.high.max()) + 1, (BATCH, *space.shape), np.uint8
        )
        targets = torch.from_numpy(rng.normal(0, 2, BATCH).astype(np.float32))
        actions = torch.from_numpy(rng.integers(0, N_ACTIONS, BATCH))
        yield torch.from_numpy(seen), actions, targets


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize(
    ("space", "extractor"), [(GRID, GridCNN), (IMAGE, NatureCNN)], ids=["grid", "image"]
)
def test_a_linear_head_learns_what_autograd_does(
    space, extractor, precision, monkeypatch
):
    """Update after update: no gradient of an earlier one is left in a later one."""
    by_hand, by_autograd = (policy(space, extractor, precision) for _ in range(2))
    assert by_hand.q_net.has_linear_head
    for batch in batches(space, 3):
        found = by_hand.learn(*batch)
        with monkeypatch.context() as patch:
            patch.setattr(TrunkQNetwork, "has_linear_head", False)
            expected = by_autograd.learn(*batch)
        assert all(map(torch.equal, found, expected))
        both = (p.q_net.named_parameters() for p in (by_hand, by_autograd))
        for (name, ours), (_, theirs) in zip(*both, strict=True):
            assert torch.equal(ours.grad, theirs.grad), name
            assert ours.grad.any(), name
        by_hand.optimizer.step()
        by_autograd.optimizer.step()


def test_a_head_of_several_layers_is_left_to_autograd():
    torch.manual_seed(0)
    made = QCnnPolicy(
        GRID,
        spaces.Discrete(N_ACTIONS),
        lambda _: 1e-3,
        net_arch=[8],
        features_extractor_class=GridCNN,
    )
    ((seen, actions, targets),) = batches(GRID, 1)
    values, loss = made.learn(seen, actions, targets)
    assert not made.q_net.has_linear_head
    assert values.shape == (BATCH,)
    assert loss.item() > 0
    assert all(p.grad.any() for p in made.q_net.q_net.parameters())
