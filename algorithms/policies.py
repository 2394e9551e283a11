"""Networks as OpenAI baselines built them in 2017, in the layout that is fastest."""

from __future__ import annotations

from typing import Any

import torch
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import NatureCNN
from stable_baselines3.common.type_aliases import PyTorchObs, Schedule
from stable_baselines3.dqn.policies import CnnPolicy
from torch import Tensor, nn


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
        features = self.extract_features(obs)
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


class QCnnPolicy(CnnPolicy):
    """SB3's Q-network on the convolutions of Mnih et al. (2015)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels_last(self)


def channels_last(module: nn.Module) -> None:
    """Lay a module's convolutions out as CPUs and GPUs' tensor cores like best."""
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
