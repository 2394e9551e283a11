"""The variants of DQN that Figure 2 compares: what a state is worth (Eq. 82-83)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from algorithms.dqn import HardDQN
from algorithms.entropy import (
    boltzmann_log_policy,
    soft_value,
    uniform_log_reference,
)
from algorithms.paths import PathSamples
from algorithms.targets import (
    hard_value,
    printed_soft_entropy_target,
    printed_soft_kl_target,
)


class HardPlusDQN(HardDQN):
    """Hard targets plus ``tau log A`` a step: what an entropy bonus would add at most.

    With :class:`HardMinusDQN` it tests the paper's explanation of Figure 2, that the
    soft targets differ from the hard one by a constant (Sec. 6.2).
    """

    sign = 1.0

    def backup(self, q: Tensor) -> Tensor:
        """``max_a Q(a) +- tau log A``."""
        # Counted from the space: with double Q only one action's value comes in.
        n_actions = int(self.action_space.n)  # type: ignore[attr-defined]
        return hard_value(q, self.sign * self.temperature * math.log(n_actions))


class HardMinusDQN(HardPlusDQN):
    """Hard targets minus ``tau log A`` a step."""

    sign = -1.0


class SoftEntropyDQN(HardDQN):
    """Soft targets with an entropy bonus: ``tau log sum_a exp(Q/tau)`` (Eq. 83)."""

    soft = True

    def backup(self, q: Tensor) -> Tensor:
        """Soft value of the action values."""
        return soft_value(q, self.temperature, self.log_reference)

    def log_policy(self, q: Tensor) -> Tensor:
        """Log of the Boltzmann policy of the action values."""
        return boltzmann_log_policy(q, self.temperature, self.log_reference)

    @property
    def log_reference(self) -> Tensor | None:
        """Log of the reference policy; None for the entropy."""
        return None

    def targets(self, batch: PathSamples) -> Tensor:
        """Return the targets ``(B,)``; with ``printed``, as the paper prints them."""
        if not self.printed:
            return super().targets(batch)
        with torch.no_grad():
            q = self.q_net_target(batch.next_observations)
            rewards = batch.rewards[:, 0]
            return self._printed(
                rewards, batch.terminated, q, self.gamma, self.temperature
            )

    _printed = staticmethod(printed_soft_entropy_target)


class SoftKLDQN(SoftEntropyDQN):
    """Soft targets with a KL penalty to the uniform policy (Eq. 82).

    ``tau log mean_a exp(Q/tau)``: the entropy form less ``tau log A`` a step.
    """

    @property
    def log_reference(self) -> Tensor:
        """Log of the uniform policy."""
        return uniform_log_reference(int(self.action_space.n))  # type: ignore[attr-defined]

    _printed = staticmethod(printed_soft_kl_target)
