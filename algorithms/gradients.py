"""What comes between a gradient and the optimiser's step."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grads_with_norm_, get_total_norm
from torch.optim import Optimizer

from algorithms.flat import FlatParameter


def learned_by(optimizer: Optimizer) -> list[nn.Parameter]:
    """Return the parameters that an optimiser steps."""
    return [p for group in optimizer.param_groups for p in group["params"]]


def gradient_of(parameter: Tensor | None) -> Tensor:
    """Return a parameter's gradient, to be written over."""
    assert parameter is not None
    if parameter.grad is None:
        parameter.grad = torch.empty_like(parameter, requires_grad=False)
    return parameter.grad


def clear_gradients(optimizer: Optimizer) -> None:
    """Forget all gradients; those of a flat parameter are zero then."""
    first = learned_by(optimizer)[0]
    if isinstance(first, FlatParameter) and first.grad is not None:
        first.grad.zero_()
    else:
        optimizer.zero_grad()


def clip_gradients(optimizer: Optimizer, max_norm: float) -> float:
    """Scale gradients down to a global norm of ``max_norm``; return what it was."""
    parameters = learned_by(optimizer)
    gradients = [p.grad for p in parameters if p.grad is not None]
    if isinstance(parameters[0], FlatParameter):
        norm = torch.linalg.vector_norm(gradients[0]).item()
        if norm > max_norm:
            gradients[0].mul_(max_norm / norm)
        return norm
    total = get_total_norm(gradients)
    norm = total.item()
    if norm > max_norm:
        clip_grads_with_norm_(parameters, max_norm, total)
    return norm
