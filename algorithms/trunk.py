"""Convolutions and a linear layer, run step by step and differentiated at once.

A rollout of A2C passes ``n`` small batches forward, one a step, and needs one gradient.
Autograd would keep a graph of each. Here the activations of acting are kept, the heads
get a graph over all steps' features, and a backward pass, written out, takes up their
gradient: the same sums, in another order.
It is also where the arithmetic can be done in another precision than the parameters'.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from stable_baselines3.common.torch_layers import NatureCNN
from torch import Tensor, nn
from torch.nn import functional

from algorithms.checks import check_choice
from algorithms.networks import GridCNN

PRECISIONS = ("float32", "mixed", "bfloat16")
PIXEL_SCALE = 1 / 255

# Called by its own name: torch.nn.functional.linear goes through another library,
# which on some processors has half the speed in float32.
_onednn_linear = torch.ops.mkldnn._linear_pointwise
_FEW_ROWS = 8
# Images at a time that a CPU's caches hold in float32.
_IN_CACHE = 32


def linear(inputs: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return ``inputs @ weight.T + bias`` for ``(B, I)`` and ``(O, I)``; no graph."""
    is_plain = inputs.dtype == torch.float32 and inputs.device.type == "cpu"
    if is_plain and len(inputs) >= _FEW_ROWS and torch.backends.mkldnn.is_available():
        return _onednn_linear(inputs, weight, bias, "none", [], "")
    return functional.linear(inputs, weight, bias)


class DeferredTrunk:
    """Forward passes whose backward pass waits until all of them are done.

    Args:
        extractor: Convolutions and one linear layer, each followed by a ReLU.
        precision: Of the arithmetic: "float32"; "bfloat16"; or "mixed", which acts in
            float32 and goes back in bfloat16. Parameters and their gradients stay in
            float32.
        scale: What the observations are multiplied by.
    """

    def __init__(
        self,
        extractor: NatureCNN | GridCNN,
        precision: str = "float32",
        scale: float = PIXEL_SCALE,
    ) -> None:
        check_choice(type(self).__name__, "precision", precision, PRECISIONS)
        layers = [*extractor.cnn, *extractor.linear]
        self.convolutions = [m for m in layers if isinstance(m, nn.Conv2d)]
        (self.linear,) = (m for m in layers if isinstance(m, nn.Linear))
        self.own_type = own = self.linear.weight.dtype
        self.forward_type = torch.bfloat16 if precision == "bfloat16" else own
        self.backward_type = own if precision == "float32" else torch.bfloat16
        self.copies = [*map(_Copies, self.convolutions), _Copies(self.linear)]
        self.copies[0].scale = scale
        self.steps: list[list[Tensor]] = []
        self.recalled: Tensor | None = None

    def forward(self, images: Tensor) -> Tensor:
        """Return the features ``(B, F)`` of pixels ``(B, C, H, W)`` from 0 to 255.

        No graph is kept, but all that :meth:`recall` and :meth:`backward` need.
        """
        activations = self._convolved(images)
        activations.append(self._linear_forward([activations[-1]]))
        self.steps.append(activations)
        return activations[-1].to(self.own_type)

    def features(self, images: Tensor) -> Tensor:
        """Return the same features; nothing is kept."""
        small = _small_is_quick(images.device, self.forward_type)
        parts = images.split(_IN_CACHE) if small else (images,)
        convolved = [self._convolved(part)[-1] for part in parts]
        return self._linear_forward(convolved).to(self.own_type)

    def recall(self) -> Tensor:
        """Return the features of all forward passes, ``(sum B, F)``, as a leaf.

        What is computed from them leaves its gradient there for :meth:`backward`.
        """
        found = whole([activations[-1] for activations in self.steps])
        self.recalled = found.to(self.own_type).requires_grad_()
        return self.recalled

    @torch.no_grad()
    def _convolved(self, images: Tensor) -> list[Tensor]:
        """Return the images and what comes out of each convolution."""
        # As whole numbers up to 255, pixels are exact in every precision: what
        # scales them is in the first layer's weights.
        dtype = self.forward_type
        found = [images.to(dtype, memory_format=torch.channels_last)]
        for layer, copy in zip(self.convolutions, self.copies[:-1], strict=True):
            found.append(_convolution(layer, found[-1], *copy.of(dtype)).relu_())
        return found

    @torch.no_grad()
    def _linear_forward(self, parts: Sequence[Tensor]) -> Tensor:
        """Return the features ``(B, F)`` of parts of a batch."""
        flat = [part.flatten(1) for part in parts]
        inputs = flat[0] if len(flat) == 1 else torch.cat(flat)
        return linear(inputs, *self.copies[-1].of(self.forward_type)).relu_()

    def backward(self) -> None:
        """Set the parameters' gradients from that of the recalled features."""
        with torch.no_grad():
            into = self._linear_backward()
            steps, self.steps, self.recalled = self.steps, [], None
            if not _small_is_quick(into.device, into.dtype):
                steps = [[torch.cat(column) for column in zip(*steps, strict=True)]]
            for layer in self.convolutions:
                layer.weight.grad = torch.zeros_like(layer.weight)
                assert layer.bias is not None
                layer.bias.grad = torch.zeros_like(layer.bias)
            sizes = [len(activations[0]) for activations in steps]
            for activations, gradient in zip(steps, into.split(sizes), strict=True):
                self._convolutions_backward(gradient, activations)

    def _into_linear(self) -> Tensor:
        """Return the gradient ``(B, F)`` before the last ReLU."""
        assert self.recalled is not None, "nothing was recalled"
        assert self.recalled.grad is not None, "nothing was learned from the features"
        gradient = self.recalled.grad
        return torch.ops.aten.threshold_backward(gradient, self.recalled, 0)

    def _linear_backward(self) -> Tensor:
        """Return the gradient ``(B, I)`` of what goes into the linear layer."""
        gradient = self._into_linear()
        before = torch.cat([activations[-2].flatten(1) for activations in self.steps])
        assert self.linear.bias is not None
        self.linear.bias.grad = gradient.sum(0)
        gradient = gradient.to(self.backward_type)
        before = before.to(self.backward_type)
        weight, _ = self.copies[-1].of(self.backward_type)
        into_weight = linear(gradient.T.contiguous(), before.T.contiguous())
        self.linear.weight.grad = into_weight.to(self.own_type)
        return linear(gradient, weight.T)

    def _convolutions_backward(
        self, gradient: Tensor, activations: Sequence[Tensor]
    ) -> None:
        """Add one step's share to the gradients of the convolutions."""
        kept = [a.to(self.backward_type) for a in activations[:-1]]
        gradient = gradient.view(kept[-1].shape)
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        for number in reversed(range(len(self.convolutions))):
            layer = self.convolutions[number]
            weight, _ = self.copies[number].of(self.backward_type)
            gradient = torch.ops.aten.threshold_backward(gradient, kept[number + 1], 0)
            gradient, into_weight, into_bias = torch.ops.aten.convolution_backward(
                gradient,
                kept[number],
                weight,
                [layer.out_channels],
                layer.stride,
                layer.padding,
                layer.dilation,
                False,
                [0, 0],
                layer.groups,
                # Nobody asks for the gradient of the image.
                [number > 0, True, True],
            )
            assert layer.weight.grad is not None and layer.bias is not None
            assert layer.bias.grad is not None
            into_weight = into_weight.to(layer.weight.dtype)
            layer.weight.grad.add_(into_weight, alpha=self.copies[number].scale)
            layer.bias.grad += into_bias

    def refresh(self, *_: Any) -> None:
        """Forget copies of the parameters; an optimiser's hook after each step."""
        for copy in self.copies:
            copy.made = {}

    def discard(self) -> None:
        """Forget the forward passes so far."""
        self.steps, self.recalled = [], None


class _Copies:
    """A layer's weight, scaled, and its bias in the precision that is asked for.

    A copy is made again when the parameter has been written to. Fused optimisers and
    writes to ``parameter.data`` go uncounted: they need :meth:`DeferredTrunk.refresh`.
    """

    def __init__(self, layer: nn.Conv2d | nn.Linear) -> None:
        self.layer, self.scale = layer, 1.0
        self.made: dict[torch.dtype, tuple[tuple[int, int], Tensor, Tensor]] = {}

    def of(self, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        weight, bias = self.layer.weight, self.layer.bias
        assert bias is not None
        if weight.dtype == dtype and self.scale == 1:
            return weight, bias
        versions = (weight._version, bias._version)
        if dtype not in self.made or self.made[dtype][0] != versions:
            scaled = (
                weight.detach() * self.scale if self.scale != 1 else weight.detach()
            )
            self.made[dtype] = (versions, scaled.to(dtype), bias.to(dtype))
        return self.made[dtype][1:]


def whole(parts: list[Tensor] | tuple[Tensor, ...]) -> Tensor:
    """Return parts of a batch as one, the part itself if there is one alone."""
    return parts[0] if len(parts) == 1 else torch.cat(parts)


def _small_is_quick(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether convolutions of several small batches beat those of a large one."""
    return device.type == "cpu" and dtype != torch.bfloat16


def _convolution(
    layer: nn.Conv2d, images: Tensor, weight: Tensor, bias: Tensor
) -> Tensor:
    return functional.conv2d(
        images, weight, bias, layer.stride, layer.padding, layer.dilation, layer.groups
    )
