"""Q-networks as OpenAI baselines built them in 2017, in the layout that is fastest."""

from __future__ import annotations

from typing import Any

import torch
from stable_baselines3.common.torch_layers import NatureCNN
from stable_baselines3.common.type_aliases import PyTorchObs
from stable_baselines3.dqn.policies import DQNPolicy, QNetwork
from torch import Tensor, nn
from torch.nn.functional import smooth_l1_loss

from algorithms.gradients import clear_gradients, gradient_of
from algorithms.losses import huber
from algorithms.patches import PatchTrunk
from algorithms.policies import channels_last, packed, trunk_of


class TrunkQNetwork(QNetwork):
    """SB3's Q-network, with the trunk's quick passes where no graph is wanted.

    Args:
        *args: As SB3's.
        precision: Of the convolutions' arithmetic; see :class:`DeferredTrunk`.
        **kwargs: As SB3's.
    """

    def __init__(self, *args: Any, precision: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels_last(self)
        extractor = self.features_extractor
        self.trunk = trunk_of(extractor, self.normalize_images, precision)
        # A module alone is quicker to call than a sequence of one.
        self._head: tuple[nn.Module, ...] = (self.q_net,)
        if len(self.q_net) == 1:
            self._head = (self.q_net[0],)

    def set_training_mode(self, mode: bool) -> None:
        """Put all modules into training or evaluation mode."""
        if isinstance(self.trunk, PatchTrunk):
            self.training = mode  # its layers are the same in both modes
        else:
            super().set_training_mode(mode)

    def forward(self, obs: PyTorchObs) -> Tensor:
        """Return the action values ``(B, A)`` of a batch."""
        if self.trunk is None or torch.is_grad_enabled():
            return super().forward(obs)
        assert isinstance(obs, Tensor)
        q: Tensor = self._head[0](self.trunk.features(obs))
        return q

    def values_to_learn(self, obs: PyTorchObs, actions: Tensor) -> Tensor:
        """Return ``Q(s, a)``, ``(B,)``, so that :meth:`backward` can learn from it."""
        if self.trunk is None:
            q: Tensor = super().forward(obs)
        else:
            assert isinstance(obs, Tensor)
            self.trunk.forward(obs)
            q = self._head[0](self.trunk.recall())
        return q.gather(1, actions.unsqueeze(1)).squeeze(1)

    def backward(self, loss: Tensor) -> None:
        """Take a loss of what :meth:`values_to_learn` returned to the gradients.

        Those of the trunk are set; those of the rest are added to.
        """
        loss.backward()
        if self.trunk is not None:
            self.trunk.backward()

    @property
    def has_linear_head(self) -> bool:
        """Whether :meth:`learn_linear` does for it."""
        return self.trunk is not None and isinstance(self._head[0], nn.Linear)

    @torch.no_grad()
    def learn_linear(
        self, obs: Tensor, actions: Tensor, targets: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Set the gradients of the Huber loss without autograd, to the same bits.

        On a small network autograd takes longer over a head than a head takes.
        """
        trunk, head = self.trunk, self._head[0]
        assert trunk is not None and isinstance(head, nn.Linear)
        trunk.forward(obs)
        features = trunk.recall()
        q = nn.functional.linear(features, head.weight, head.bias)
        actions = actions.unsqueeze(1)
        values = q.gather(1, actions).squeeze(1)
        losses, slopes = huber(values, targets)
        slopes = slopes.mul_(1 / len(slopes)).unsqueeze(1)
        gradient = torch.zeros_like(q).scatter_(1, actions, slopes)
        torch.mm(gradient.T, features, out=gradient_of(head.weight))
        torch.sum(gradient, 0, out=gradient_of(head.bias))
        features.grad = gradient @ head.weight
        trunk.backward()
        return values, losses.mean()


class QPolicy(DQNPolicy):
    """SB3's pair of Q-networks, one to learn and one for the targets.

    Args:
        *args: As SB3's.
        precision: Of the convolutions' arithmetic; see :class:`DeferredTrunk`.
        **kwargs: As SB3's.
    """

    q_net: TrunkQNetwork

    def __init__(self, *args: Any, precision: str = "float32", **kwargs: Any) -> None:
        self.precision = precision
        super().__init__(*args, **kwargs)
        if self.q_net.trunk is not None:
            self.optimizer.register_step_post_hook(self.q_net.trunk.refresh)

    def pack(self) -> None:
        """Have the optimiser step a small network as one tensor, if it is one."""
        trunk = self.q_net.trunk
        if isinstance(trunk, PatchTrunk) and trunk.is_plain:
            self.optimizer = packed(self)

    def learn(
        self, obs: Tensor, actions: Tensor, targets: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Set the gradients of the Huber loss of ``Q(s, a) - y`` (delta 1).

        Args:
            obs: ``(B, ...)``.
            actions: ``(B,)``, int64.
            targets: ``y``, ``(B,)``, without a graph.

        Returns:
            The values ``Q(s, a)``, ``(B,)``, and the mean loss.
        """
        if self.q_net.has_linear_head:
            return self.q_net.learn_linear(obs, actions, targets)
        values = self.q_net.values_to_learn(obs, actions)
        loss = smooth_l1_loss(values, targets)
        clear_gradients(self.optimizer)
        self.q_net.backward(loss)
        return values, loss

    def make_q_net(self) -> TrunkQNetwork:
        """Build one of the two networks."""
        arguments = self._update_features_extractor(
            self.net_args, features_extractor=None
        )
        network = TrunkQNetwork(**arguments, precision=self.precision)
        return network.to(self.device)


class QCnnPolicy(QPolicy):
    """The same on the convolutions of Mnih et al. (2015)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("features_extractor_class", NatureCNN)
        super().__init__(*args, **kwargs)
