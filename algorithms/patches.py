"""The quick passes of MinAtar's network."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from algorithms.gradients import gradient_of
from algorithms.networks import GridCNN
from algorithms.trunk import DeferredTrunk, whole


class PatchTrunk(DeferredTrunk):
    """A trunk for :class:`GridCNN`, whose convolution is a product of small matrices.

    On images this small most of a convolution's time goes into what libraries do around
    it. Here each place's patch is picked out, the product leaves features in the order
    in which the linear layer takes them, and one product over all patches is the
    gradient.
    """

    def __init__(
        self, extractor: GridCNN, precision: str = "float32", scale: float = 1.0
    ) -> None:
        super().__init__(extractor, precision, scale)
        (layer,) = self.convolutions
        numbers = torch.arange(math.prod(extractor.grid)).view(extractor.grid)
        # Where a patch is in an image's memory, channels first or last.
        self.picks = [
            _patches(places[None], layer.kernel_size[0]).flatten()
            for places in (numbers, _channels_first(numbers))
        ]

    @property
    def is_plain(self) -> bool:
        """Whether it computes with the parameters themselves, not with copies."""
        own = {self.own_type}
        is_own = {self.forward_type, self.backward_type} == own
        return is_own and self.copies[0].scale == 1

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        """Return the features ``(B, F)`` of observations ``(B, C, H, W)``; keep all."""
        return super().forward(images)

    @torch.no_grad()
    def features(self, images: Tensor) -> Tensor:
        """Return the features ``(B, F)``; nothing is kept."""
        return self._linear_forward(self._convolved(images)[-1:]).to(self.own_type)

    def _convolved(self, images: Tensor) -> list[Tensor]:
        """Return the patches ``(B P, K)`` and what becomes of them, ``(B, P O)``."""
        weight, bias = self.copies[0].of(self.forward_type)
        is_channels_last = not images.is_contiguous()
        if is_channels_last:
            images = images.permute(0, 2, 3, 1)
        flat = images.flatten(1).to(self.forward_type)
        if self.picks[0].device != flat.device:
            self.picks = [pick.to(flat.device) for pick in self.picks]
        pick = self.picks[is_channels_last]
        patches = flat.index_select(1, pick).view(-1, weight[0].numel())
        filters = weight.permute(0, 2, 3, 1).flatten(1)
        found = torch.addmm(bias, patches, filters.T).relu_()
        return [patches, found.view(len(images), -1)]

    def _linear_forward(self, parts: Sequence[Tensor]) -> Tensor:
        (inputs,) = parts
        weights = self.copies[-1].of(self.forward_type)
        return functional.linear(inputs, *weights).relu_()

    @torch.no_grad()
    def backward(self) -> None:
        """Set the parameters' gradients from that of the recalled features."""
        gradient, kept = self._into_linear(), self.steps
        self.steps, self.recalled = [], None
        patches, hidden, _ = map(whole, zip(*kept, strict=True))
        patches, hidden = (x.to(self.backward_type) for x in (patches, hidden))
        gradient_of(self.linear.bias).copy_(gradient.sum(0))
        gradient = gradient.to(self.backward_type)
        _multiply(gradient.T, hidden, gradient_of(self.linear.weight))
        gradient = gradient @ self.copies[-1].of(self.backward_type)[0]
        gradient = torch.ops.aten.threshold_backward(gradient, hidden, 0)
        (layer,) = self.convolutions
        gradient = gradient.view(-1, layer.out_channels)
        gradient_of(layer.bias).copy_(gradient.sum(0))
        channels, *size = layer.weight.shape[1:]
        filters = (gradient.T @ patches).view(-1, *size, channels).permute(0, 3, 1, 2)
        filters, scale = filters.to(self.own_type), self.copies[0].scale
        torch.mul(filters, scale, out=gradient_of(layer.weight))


def _patches(images: Tensor, size: int) -> Tensor:
    """Return all patches of ``(B, C, H, W)``: ``(B, P, size, size, C)``."""
    patches = images.unfold(2, size, 1).unfold(3, size, 1)
    return patches.permute(0, 2, 3, 4, 5, 1).flatten(1, 2)


def _channels_first(numbers: Tensor) -> Tensor:
    """Give numbers ``(C, H, W)`` to places in the order of ``(H, W, C)``."""
    channels, *size = numbers.shape
    return numbers.view(*size, channels).permute(2, 0, 1)


def _multiply(a: Tensor, b: Tensor, out: Tensor) -> None:
    """Write ``a @ b`` to a tensor that may be of another type."""
    if a.dtype == out.dtype:
        torch.mm(a, b, out=out)
    else:
        out.copy_(a @ b)
