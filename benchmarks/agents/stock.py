"""A trained policy as a model of Stable-Baselines3's own, without a class of ours."""

from __future__ import annotations

from typing import Any

import torch
from stable_baselines3 import A2C, DQN
from stable_baselines3.common.torch_layers import (
    BaseFeaturesExtractor,
    FlattenExtractor,
)
from torch import Tensor, nn

from algorithms import HardDQN, RegularizedA2C
from algorithms.networks import GridCNN
from benchmarks.errors import UsageError

Weights = dict[str, Tensor]
_STOCK = "stable_baselines3."


def stock_model(model: RegularizedA2C | HardDQN) -> A2C | DQN:
    """Return a model of Stable-Baselines3's with the same network.

    A network of its layers is taken as it is. MinAtar's is not among them: its
    convolution becomes the linear layer that does the same, with zeros where a filter
    does not look; sums are then added up in another order.

    Raises:
        UsageError: Its network can't be made of Stable-Baselines3's layers; why.
    """
    extractor = _extractor(model)
    if isinstance(extractor, GridCNN):
        return _of_grid(model, extractor)
    if not type(extractor).__module__.startswith(_STOCK):
        name = type(extractor).__qualname__
        raise UsageError(f"its network has a {name}, which Stable-Baselines3 has not")
    policy = model.policy
    kwargs = {
        "net_arch": policy.net_arch,
        "activation_fn": policy.activation_fn,
        "features_extractor_class": policy.features_extractor_class,
        "features_extractor_kwargs": policy.features_extractor_kwargs,
        "normalize_images": policy.normalize_images,
    }
    stock = _empty(model, kwargs)
    stock.policy.load_state_dict(policy.state_dict())
    return stock


def _extractor(model: RegularizedA2C | HardDQN) -> BaseFeaturesExtractor:
    if isinstance(model, HardDQN):
        return model.q_net.features_extractor
    if not model.policy.share_features_extractor:
        raise UsageError("its network has two extractors of features; one can be had")
    found: BaseFeaturesExtractor = model.policy.features_extractor
    return found


def _empty(model: RegularizedA2C | HardDQN, policy_kwargs: dict) -> A2C | DQN:
    """A model of Stable-Baselines3's on the same spaces, with other weights."""
    env, settings = model.env, {"gamma": model.gamma, "device": "cpu"}
    assert env is not None
    kwargs = {"policy_kwargs": policy_kwargs, **settings}
    if isinstance(model, HardDQN):
        stock = DQN("MlpPolicy", env, buffer_size=env.num_envs, **kwargs)  # type: ignore[arg-type]
        stock.exploration_rate = model.exploration_rate
        return stock
    return A2C("MlpPolicy", env, n_steps=model.n_steps, **kwargs)  # type: ignore[arg-type]


def _of_grid(model: RegularizedA2C | HardDQN, extractor: GridCNN) -> A2C | DQN:
    convolution: Any = extractor.cnn[0]
    hidden = [dense(convolution, extractor.grid), _of(extractor.linear[0])]
    if model.policy.net_arch not in ([], {"pi": [], "vf": []}):
        raise UsageError("its network has layers between a GridCNN and its heads")
    kwargs = {
        "net_arch": [len(bias) for _, bias in hidden],
        "activation_fn": nn.ReLU,
        "features_extractor_class": FlattenExtractor,
    }
    stock = _empty(model, kwargs)
    if isinstance(model, HardDQN):
        layers = [*hidden, _of(model.q_net.q_net[-1])]
        weights = _numbered("q_net.q_net", layers) | _numbered(
            "q_net_target.q_net", layers
        )
    else:
        weights = _numbered("mlp_extractor.policy_net", hidden)
        weights |= _numbered("mlp_extractor.value_net", hidden)
        for head in ("action_net", "value_net"):
            weights |= _layer(head, _of(getattr(model.policy, head)))
    stock.policy.load_state_dict(weights)
    return stock


@torch.no_grad()
def dense(layer: nn.Conv2d, grid: tuple[int, int, int]) -> tuple[Tensor, Tensor]:
    """Return the linear layer that a convolution is, as :class:`GridCNN` flattens it.

    Args:
        layer: With bias.
        grid: Channels, height and width of what it is applied to.

    Returns:
        Weights ``(P O, C H W)`` and biases ``(P O,)``, of ``P`` places and ``O``
        filters.
    """
    channels, height, width = grid
    each = torch.eye(channels * height * width).view(-1, channels, height, width)
    found = nn.functional.conv2d(each, layer.weight).permute(0, 2, 3, 1)
    places = found.shape[1] * found.shape[2]
    assert layer.bias is not None
    return found.flatten(1).T.contiguous(), layer.bias.repeat(places)


def _numbered(prefix: str, layers: list[tuple[Tensor, Tensor]]) -> Weights:
    """Layers of a network in which every second module is an activation."""
    named = [_layer(f"{prefix}.{2 * i}", layer) for i, layer in enumerate(layers)]
    return {key: value for each in named for key, value in each.items()}


def _layer(name: str, layer: tuple[Tensor, Tensor]) -> Weights:
    return {f"{name}.weight": layer[0], f"{name}.bias": layer[1]}


def _of(layer: Any) -> tuple[Tensor, Tensor]:
    return layer.weight, layer.bias
