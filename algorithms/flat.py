"""A small network's parameters as one tensor, to be clipped and stepped in one go.

On a network of MinAtar's size an optimiser spends most of its time between the layers.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

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
