"""Actor-critic networks as OpenAI baselines built them in 2017, in a fast layout."""

from __future__ import annotations

from typing import Any, TypeVar

import torch
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.preprocessing import is_image_space
from stable_baselines3.common.torch_layers import CombinedExtractor, NatureCNN
from stable_baselines3.common.type_aliases import PyTorchObs, Schedule
from stable_baselines3.dqn.policies import DQNPolicy
from torch import Tensor, nn
from torch.optim import Optimizer

from algorithms.flat import flat_optimizer, flatten
from algorithms.gradients import clear_gradients, learned_by
from algorithms.networks import GridCNN
from algorithms.patches import PatchTrunk
from algorithms.trunk import PIXEL_SCALE, DeferredTrunk

Network = TypeVar("Network", bound=nn.Module)


class TwoHeadPolicy(ActorCriticPolicy):
    """SB3's actor-critic policy with a policy head of gain 1 (SB3's own is 0.01).

    Baselines initialised both linear heads orthogonally with gain 1, the layers below
    with gain sqrt(2).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.acted: list[tuple[Tensor, Tensor]] = []

    def _build(self, lr_schedule: Schedule) -> None:
        super()._build(lr_schedule)
        self.init_weights(self.action_net, gain=1.0)
        extractor = self.mlp_extractor
        # Between the features and the heads; an empty module is slow to call.
        self._has_layers = len([*extractor.policy_net, *extractor.value_net]) > 0

    def pack(self) -> None:
        """Have the optimiser step a small network as one tensor, if it is one."""

    def set_training_mode(self, mode: bool) -> None:
        """Put all modules into training or evaluation mode, unless they are."""
        if mode != self.training:
            super().set_training_mode(mode)

    def log_policy_and_value(self, obs: PyTorchObs) -> tuple[Tensor, Tensor]:
        """Return log-probabilities ``(B, A)`` and values ``(B,)`` of a batch."""
        return self._heads(self.extract_features(obs))

    def act(self, obs: PyTorchObs) -> Tensor:
        """Return log-probabilities ``(B, A)`` to act on, and keep what was computed."""
        log_policy, values = self.log_policy_and_value(obs)
        self.acted.append((log_policy, values))
        return log_policy.detach()

    def recall(self) -> tuple[Tensor, Tensor]:
        """Return ``(n, B, A)`` and ``(n, B)`` of the ``n`` calls of :meth:`act`.

        They have the graph of their forward passes; the parameters must be the same.
        """
        log_policies, values = zip(*self.acted, strict=True)
        return torch.stack(log_policies), torch.stack(values)

    def backward(self, loss: Tensor) -> None:
        """Set the parameters' gradients of a loss of what :meth:`recall` returned."""
        clear_gradients(self.optimizer)
        loss.backward()
        self.acted = []

    def forget(self) -> None:
        """Drop what :meth:`act` kept for an update that won't come."""
        self.acted = []

    def _heads(self, features: Any) -> tuple[Tensor, Tensor]:
        if self.share_features_extractor:
            latent_pi, latent_vf = features, features
            if self._has_layers:
                latent_pi, latent_vf = self.mlp_extractor(features)
        else:
            latent_pi = self.mlp_extractor.forward_actor(features[0])
            latent_vf = self.mlp_extractor.forward_critic(features[1])
        log_policy = torch.log_softmax(self.action_net(latent_pi), dim=-1)
        return log_policy, self.value_net(latent_vf).squeeze(-1)


class TwoHeadMultiInputPolicy(TwoHeadPolicy):
    """The same on Dict observations, whose parts SB3's extractor joins."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("features_extractor_class", CombinedExtractor)
        super().__init__(*args, **kwargs)


class TwoHeadCnnPolicy(TwoHeadPolicy):
    """The same on the convolutions of Mnih et al. (2015): all but the heads shared.

    Args:
        *args: As SB3's.
        precision: Of the convolutions' arithmetic; see :class:`DeferredTrunk`.
        **kwargs: As SB3's.
    """

    def __init__(self, *args: Any, precision: str = "float32", **kwargs: Any) -> None:
        kwargs.setdefault("features_extractor_class", NatureCNN)
        super().__init__(*args, **kwargs)
        channels_last(self)
        # Another extractor, or two of them, are left to autograd.
        shared = self.features_extractor if self.share_features_extractor else None
        self.trunk = trunk_of(shared, self.normalize_images, precision)
        if self.trunk is not None:
            self.optimizer.register_step_post_hook(self.trunk.refresh)

    def pack(self) -> None:
        """Have the optimiser step a small network as one tensor, if it is one."""
        if isinstance(self.trunk, PatchTrunk) and self.trunk.is_plain:
            self.optimizer = packed(self)

    @torch.no_grad()
    def _act(self, features: Tensor) -> Tensor:
        if self._has_layers:
            features = self.mlp_extractor.forward_actor(features)
        return torch.log_softmax(self.action_net(features), dim=-1)

    def act(self, obs: Tensor) -> Tensor:  # type: ignore[override]
        """Return log-probabilities ``(B, A)`` to act on, and keep what was computed."""
        if self.trunk is None:
            return super().act(obs)
        return self._act(self.trunk.forward(obs))

    def recall(self) -> tuple[Tensor, Tensor]:
        """Return ``(n, B, A)`` and ``(n, B)`` of the ``n`` calls of :meth:`act`."""
        if self.trunk is None:
            return super().recall()
        log_policy, values = self._heads(self.trunk.recall())
        n = len(self.trunk.steps)
        return log_policy.unflatten(0, (n, -1)), values.unflatten(0, (n, -1))

    def log_policy_and_value(self, obs: PyTorchObs) -> tuple[Tensor, Tensor]:
        """Return log-probabilities ``(B, A)`` and values ``(B,)`` of a batch."""
        if self.trunk is None or torch.is_grad_enabled():
            return super().log_policy_and_value(obs)
        assert isinstance(obs, Tensor)
        return self._heads(self.trunk.features(obs))

    def backward(self, loss: Tensor) -> None:
        """Set the parameters' gradients of a loss of what :meth:`recall` returned."""
        super().backward(loss)
        if self.trunk is not None:
            self.trunk.backward()

    def forget(self) -> None:
        """Drop what :meth:`act` kept for an update that won't come."""
        super().forget()
        if self.trunk is not None:
            self.trunk.discard()


def packed(policy: TwoHeadPolicy | DQNPolicy) -> Optimizer:
    """Return a policy's optimiser, anew, on what it learns as one flat parameter."""
    flat = flatten(learned_by(policy.optimizer))
    rate = policy.optimizer.param_groups[0]["lr"]
    settings = {"lr": rate, **policy.optimizer_kwargs}
    return flat_optimizer(policy.optimizer_class, flat, **settings)


def trunk_of(
    extractor: nn.Module | None, normalize_images: bool, precision: str
) -> DeferredTrunk | None:
    """Return the trunk of an extractor that has one, else None.

    Raises:
        ValueError: It has none, and another precision than float32 is asked for.
    """
    if isinstance(extractor, NatureCNN) and normalize_images:
        return DeferredTrunk(extractor, precision)
    if isinstance(extractor, GridCNN):
        is_image = normalize_images and is_image_space(extractor._observation_space)
        return PatchTrunk(extractor, precision, PIXEL_SCALE if is_image else 1.0)
    if precision != "float32":
        raise ValueError(
            f"precision={precision} needs the convolutions of NatureCNN or GridCNN"
        )
    return None


def channels_last(module: Network) -> Network:
    """Lay a module's convolutions out as CPUs and GPUs' tensor cores like best."""
    return module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
