"""What comes between a gradient and the optimiser's step."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn
from torch.nn.utils import clip_grads_with_norm_, get_total_norm


def clip_gradients(parameters: Iterable[nn.Parameter], max_norm: float) -> float:
    """Scale gradients down to a global norm of ``max_norm``; return what it was."""
    clipped = list(parameters)
    total = get_total_norm([p.grad for p in clipped if p.grad is not None])
    norm = total.item()
    if norm > max_norm:
        clip_grads_with_norm_(clipped, max_norm, total)
    return norm
