"""The quick passes of a network so small that its arithmetic costs least."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from algorithms.trunk import DeferredTrunk


class PatchTrunk(DeferredTrunk):
    """A trunk for :class:`GridCNN`, whose convolution is a product of small matrices.

    On images this small most of a convolution's time goes into what libraries do around
    it. Here each place's patch is copied out, the product leaves features in the order
    in which the linear layer takes them, and one product over all patches is the
    gradient.
    """

    convolutions: list[nn.Conv2d]

    def features(self, images: Tensor) -> Tensor:
        """Return the features ``(B, F)``; nothing is kept."""
        return self._linear_forward(self._convolved(images)[-1:]).to(self.own_type)

    @torch.no_grad()
    def _convolved(self, images: Tensor) -> list[Tensor]:
        """Return the patches ``(B P, K)`` and what becomes of them, ``(B, P O)``."""
        weight, bias = self.copies[0].of(self.forward_type)
        size = self.convolutions[0].kernel_size[0]
        patches = _patches(images.permute(0, 2, 3, 1).to(self.forward_type), size)
        filters = weight.permute(0, 2, 3, 1).flatten(1)
        found = torch.addmm(bias, patches, filters.T).relu_()
        return [patches, found.view(len(images), -1)]

    @torch.no_grad()
    def _linear_forward(self, parts: Sequence[Tensor]) -> Tensor:
        (inputs,) = parts
        weights = self.copies[-1].of(self.forward_type)
        return functional.linear(inputs, *weights).relu_()

    @torch.no_grad()
    def backward(self) -> None:
        """Set the parameters' gradients from that of the recalled features."""
        gradient, kept = self._into_linear(), self.steps
        self.steps, self.recalled = [], None
        patches, hidden, _ = (torch.cat(c) for c in zip(*kept, strict=True))
        patches, hidden = (x.to(self.backward_type) for x in (patches, hidden))
        _gradient(self.linear.bias).copy_(gradient.sum(0))
        gradient = gradient.to(self.backward_type)
        _multiply(gradient.T, hidden, _gradient(self.linear.weight))
        gradient = gradient @ self.copies[-1].of(self.backward_type)[0]
        gradient = torch.ops.aten.threshold_backward(gradient, hidden, 0)
        (layer,) = self.convolutions
        gradient = gradient.view(-1, layer.out_channels)
        _gradient(layer.bias).copy_(gradient.sum(0))
        channels, *size = layer.weight.shape[1:]
        filters = (gradient.T @ patches).view(-1, *size, channels).permute(0, 3, 1, 2)
        _gradient(layer.weight).copy_(filters).mul_(self.copies[0].scale)


def _patches(images: Tensor, size: int) -> Tensor:
    """Copy all patches of ``(B, H, W, C)`` out: ``(B P, size * size * C)``."""
    images = images.contiguous()
    (n, height, width, channels), (image, row, place, _) = images.shape, images.stride()
    shape = (n, height - size + 1, width - size + 1, size, size * channels)
    patches = images.as_strided(shape, (image, row, place, row, 1))
    return patches.reshape(-1, size * size * channels)


def _gradient(parameter: Tensor | None) -> Tensor:
    """Return a parameter's gradient, to be written over."""
    assert parameter is not None
    if parameter.grad is None:
        parameter.grad = torch.empty_like(parameter)
    return parameter.grad


def _multiply(a: Tensor, b: Tensor, out: Tensor) -> None:
    """Write ``a @ b`` to a tensor that may be of another type."""
    if a.dtype == out.dtype:
        torch.mm(a, b, out=out)
    else:
        out.copy_(a @ b)
