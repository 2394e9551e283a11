"""The network of MinAtar's literature; its quick passes are in ``patches``."""

from __future__ import annotations

from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

FILTERS = 16
KERNEL = 3


class GridCNN(BaseFeaturesExtractor):
    """One layer of 16 3 x 3 convolutions and one linear layer, a ReLU after each.

    The network of MinAtar's literature (Young and Tian 2019, Sec. 4).

    Args:
        observation_space: A Box of shape ``(channels, height, width)``.
        features_dim: Units of the linear layer.
    """

    def __init__(self, observation_space: spaces.Box, features_dim: int = 128) -> None:
        super().__init__(observation_space, features_dim)
        channels, height, width = observation_space.shape
        self.grid = (channels, height, width)
        self.cnn = nn.Sequential(nn.Conv2d(channels, FILTERS, KERNEL), nn.ReLU())
        inputs = FILTERS * (height - KERNEL + 1) * (width - KERNEL + 1)
        self.linear = nn.Sequential(nn.Linear(inputs, features_dim), nn.ReLU())

    def forward(self, observations: Tensor) -> Tensor:
        """Return features ``(B, F)`` of observations ``(B, C, H, W)``."""
        # The filters of a place beside each other, as convolutions leave them.
        convolved = self.cnn(observations).permute(0, 2, 3, 1)
        features: Tensor = self.linear(convolved.flatten(1))
        return features
