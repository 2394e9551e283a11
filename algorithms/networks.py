"""Networks for observations that are no screens."""

from __future__ import annotations

from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

FILTERS = 16


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
        convolution = nn.Conv2d(channels, FILTERS, 3)
        self.cnn = nn.Sequential(convolution, nn.ReLU(), nn.Flatten())
        inputs = FILTERS * (height - 2) * (width - 2)
        self.linear = nn.Sequential(nn.Linear(inputs, features_dim), nn.ReLU())

    def forward(self, observations: Tensor) -> Tensor:
        """Return features ``(B, F)`` of observations ``(B, C, H, W)``."""
        features: Tensor = self.linear(self.cnn(observations))
        return features
