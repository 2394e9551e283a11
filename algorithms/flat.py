"""A small network's parameters as one tensor, to be clipped and stepped in one go.

On a network of MinAtar's size an optimiser spends most of its time between the layers,
and on what PyTorch does around each step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from stable_baselines3.common.sb2_compat.rmsprop_tf_like import RMSpropTFLike
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

_ALIGNED = 16  # numbers, so that each part begins where vector instructions like it


class FlatParameter(nn.Parameter):
    """Several parameters in one; it keeps its gradient, which is never None."""


def flatten(parts: Sequence[nn.Parameter]) -> FlatParameter:
    """Move parameters, each in its memory layout, into one tensor; return that.

    What is written to them or to their gradients is written to it and its gradient, and
    the other way round. The padding between them stays zero.

    Args:
        parts: All of one type, on one device.
    """
    sizes = [-(-part.numel() // _ALIGNED) * _ALIGNED for part in parts]
    flat = FlatParameter(parts[0].detach().new_zeros(sum(sizes)))
    flat.grad = torch.zeros_like(flat, requires_grad=False)
    offset = 0
    for part, size in zip(parts, sizes, strict=True):
        part.data = _view(flat.data, part, offset).copy_(part.data)
        part.grad = _view(flat.grad, part, offset)
        offset += size
    return flat


def _view(flat: Tensor, part: Tensor, offset: int) -> Tensor:
    return flat.as_strided(part.shape, part.stride(), offset)


def flat_optimizer(
    kind: type[Optimizer], flat: FlatParameter, **settings: Any
) -> Optimizer:
    """Build an optimiser of one parameter, the quick one if it does the same.

    Args:
        kind: A class of PyTorch's or SB3's.
        flat: What it steps.
        **settings: What it is built with.
    """
    quick = _QUICK.get(kind)
    if quick is not None and quick.is_same(flat, settings):
        return quick([flat], **settings)
    build: Any = kind
    optimizer: Optimizer = build([flat], **settings)
    return optimizer


class FlatRMSprop(RMSpropTFLike):
    """TensorFlow's RMSProp of one flat parameter, without momentum or centring.

    The same numbers as :class:`RMSpropTFLike`.
    """

    @staticmethod
    def is_same(flat: FlatParameter, settings: Mapping[str, Any]) -> bool:
        """Whether it honours all settings."""
        return settings.keys() <= {"lr", "alpha", "eps"}

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Step once."""
        group, parameter, state = _only(self)
        if not state:
            state["square_avg"] = torch.ones_like(parameter)
        mean, gradient, decay = state["square_avg"], parameter.grad, group["alpha"]
        mean.mul_(decay).addcmul_(gradient, gradient, value=1 - decay)
        root = mean.add(group["eps"]).sqrt_()
        parameter.addcdiv_(gradient, root, value=-group["lr"])

    step.hooked = True  # type: ignore[attr-defined]  # PyTorch then adds nothing to it


class FlatAdam(Adam):
    """Adam of one flat parameter on a CPU; the same numbers as fused :class:`Adam`."""

    @staticmethod
    def is_same(flat: FlatParameter, settings: Mapping[str, Any]) -> bool:
        """Whether it honours all settings, where the parameter is."""
        honoured = {"lr", "betas", "eps", "weight_decay", "fused"}
        is_fused = settings.get("fused", False) and flat.device.type == "cpu"
        return is_fused and settings.keys() <= honoured

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Step once."""
        group, parameter, state = _only(self)
        if not state:
            state["step"] = torch.zeros((), dtype=torch.float32)
            state["exp_avg"] = torch.zeros_like(parameter)
            state["exp_avg_sq"] = torch.zeros_like(parameter)
        state["step"] += 1
        first, second = group["betas"]
        torch._fused_adam_(
            [parameter],
            [parameter.grad],
            [state["exp_avg"]],
            [state["exp_avg_sq"]],
            [],
            [state["step"]],
            lr=group["lr"],
            beta1=first,
            beta2=second,
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            amsgrad=False,
            maximize=False,
        )

    step.hooked = True  # type: ignore[attr-defined]


def _only(optimizer: Optimizer) -> tuple[dict[str, Any], Any, dict[str, Any]]:
    """Return the settings, the parameter and the state of an optimiser of one."""
    (group,) = optimizer.param_groups
    (parameter,) = group["params"]
    return group, parameter, optimizer.state[parameter]


_QUICK: Mapping[type[Optimizer], type[FlatRMSprop] | type[FlatAdam]] = {
    RMSpropTFLike: FlatRMSprop,
    Adam: FlatAdam,
}
