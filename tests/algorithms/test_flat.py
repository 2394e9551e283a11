"""The quick optimisers of flat parameters step as those that they stand for."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch
from stable_baselines3.common.sb2_compat.rmsprop_tf_like import RMSpropTFLike
from torch import nn
from torch.optim import SGD, Adam

from algorithms.flat import FlatAdam, FlatRMSprop, flat_optimizer, flatten

QUICK = {
    FlatRMSprop: (RMSpropTFLike, {"lr": 7e-4, "alpha": 0.9, "eps": 1e-5}),
    FlatAdam: (
        Adam,
        {"lr": 1e-3, "betas": (0.8, 0.99), "weight_decay": 0.1, "fused": True},
    ),
}


def parts() -> list[nn.Parameter]:
    generator = torch.Generator().manual_seed(0)
    sizes = [(16, 4, 3, 3), (16,), (5, 33)]
    return [nn.Parameter(torch.randn(size, generator=generator)) for size in sizes]


@pytest.mark.parametrize("quick", QUICK, ids=lambda kind: kind.__name__)
def test_steps_are_the_same_bits(quick):
    kind, settings = QUICK[quick]
    ours, theirs = parts(), parts()
    optimizer = flat_optimizer(kind, flatten(ours), **settings)
    assert type(optimizer) is quick
    other = kind(theirs, **settings)
    generator = torch.Generator().manual_seed(1)
    for step in range(20):
        if step == 10:  # as learning rates that fall are set
            optimizer.param_groups[0]["lr"] = other.param_groups[0]["lr"] = 1e-4
        for mine, yours in zip(ours, theirs, strict=True):
            yours.grad = torch.randn(mine.shape, generator=generator)
            mine.grad.copy_(yours.grad)
        optimizer.step()
        other.step()
    for mine, yours in zip(ours, theirs, strict=True):
        assert torch.equal(mine, yours)


@pytest.mark.parametrize("quick", QUICK, ids=lambda kind: kind.__name__)
def test_goes_on_from_a_saved_state(quick):
    kind, settings = QUICK[quick]
    both = [flatten(parts()) for _ in range(2)]
    optimizers = [flat_optimizer(kind, flat, **settings) for flat in both]
    for flat in both:
        flat.grad.fill_(0.3)
    optimizers[0].step()
    both[1].data.copy_(both[0])
    optimizers[1].load_state_dict(deepcopy(optimizers[0].state_dict()))
    for optimizer in optimizers:
        optimizer.step()
    assert torch.equal(*both)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (RMSpropTFLike, {"lr": 1e-3, "momentum": 0.9}),
        (RMSpropTFLike, {"lr": 1e-3, "weight_decay": 0.1}),
        (Adam, {"lr": 1e-3, "fused": True, "amsgrad": True}),
        (Adam, {"lr": 1e-3}),
        (SGD, {"lr": 1e-3}),
    ],
)
def test_what_the_quick_ones_do_not_honour_is_left_to_the_kind_itself(kind, settings):
    assert type(flat_optimizer(kind, flatten(parts()), **settings)) is kind
