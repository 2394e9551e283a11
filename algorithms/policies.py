"""Networks as OpenAI baselines built them in 2017, in the layout that is fastest."""

from __future__ import annotations

from typing import Any

import torch
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.preprocessing import preprocess_obs
from stable_baselines3.common.torch_layers import NatureCNN
from stable_baselines3.common.type_aliases import PyTorchObs, Schedule
from stable_baselines3.dqn.policies import CnnPolicy
from torch import Tensor, nn

from algorithms.trunk import DeferredTrunk


class TwoHeadPolicy(ActorCriticPolicy):
    """SB3's actor-critic policy with a policy head of gain 1 (SB3's own is 0.01).

    Baselines initialised both linear heads orthogonally with gain 1, the layers below
    with gain sqrt(2).
    """

    def _build(self, lr_schedule: Schedule) -> None:
        super()._build(lr_schedule)
        self.init_weights(self.action_net, gain=1.0)

    def log_policy_and_value(self, obs: PyTorchObs) -> tuple[Tensor, Tensor]:
        """Return log-probabilities ``(B, A)`` and values ``(B,)`` of a batch."""
        return self._heads(self.extract_features(obs))

    def act(self, obs: PyTorchObs) -> tuple[Tensor, Tensor]:
        """Do the same for acting, so that :meth:`backward` can learn from it."""
        return self.log_policy_and_value(obs)

    def backward(self, loss: Tensor) -> None:
        """Set the parameters' gradients of a loss of what :meth:`act` returned."""
        self.optimizer.zero_grad()
        loss.backward()

    def forget(self) -> None:
        """Drop what :meth:`act` kept for a backward pass that won't come."""

    def _heads(self, features: Any) -> tuple[Tensor, Tensor]:
        if self.share_features_extractor:
            latent_pi, latent_vf = self.mlp_extractor(features)
        else:
            latent_pi = self.mlp_extractor.forward_actor(features[0])
            latent_vf = self.mlp_extractor.forward_critic(features[1])
        log_policy = torch.log_softmax(self.action_net(latent_pi), dim=-1)
        return log_policy, self.value_net(latent_vf).squeeze(-1)


class TwoHeadCnnPolicy(TwoHeadPolicy):
    """The same on the convolutions of Mnih et al. (2015): all but the heads shared."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("features_extractor_class", NatureCNN)
        super().__init__(*args, **kwargs)
        channels_last(self)
        # Another extractor, or two of them, are left to autograd.
        self.trunk: DeferredTrunk | None = None
        extractor = self.features_extractor
        if isinstance(extractor, NatureCNN) and self.share_features_extractor:
            self.trunk = DeferredTrunk(extractor)

    def act(self, obs: PyTorchObs) -> tuple[Tensor, Tensor]:
        """Do the same for acting; the trunk's backward pass waits for the others."""
        if self.trunk is None:
            return super().act(obs)
        images = preprocess_obs(obs, self.observation_space, self.normalize_images)
        assert isinstance(images, Tensor)
        return self._heads(self.trunk.forward(images))

    def backward(self, loss: Tensor) -> None:
        """Set the parameters' gradients of a loss of what :meth:`act` returned."""
        super().backward(loss)
        if self.trunk is not None:
            self.trunk.backward()

    def forget(self) -> None:
        """Drop what :meth:`act` kept for a backward pass that won't come."""
        if self.trunk is not None:
            self.trunk.discard()


class QCnnPolicy(CnnPolicy):
    """SB3's Q-network on the convolutions of Mnih et al. (2015)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels_last(self)


def channels_last(module: nn.Module) -> None:
    """Lay a module's convolutions out as CPUs and GPUs' tensor cores like best."""
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
