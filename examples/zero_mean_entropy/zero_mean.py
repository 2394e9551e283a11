"""A2C with an entropy reward of mean zero, as an arm of this suite.

In games that end, entropy in the rewards is a bonus for living: every step earns some.
Yu et al. (2022), "Do you need the entropy reward (in practice)?", take its mean away,
in soft actor-critic; here it is that of the rollout.
"""

from __future__ import annotations

from torch import Tensor

from algorithms import ProperA2C
from algorithms.entropy import regularizer
from algorithms.rollout import Rollout
from algorithms.targets import n_step_returns


def zero_mean_rewards(
    rewards: Tensor, regularization: Tensor, temperature: float
) -> Tensor:
    """``r - tau (REG - mean REG)``, the mean over all steps and environments.

    Args:
        rewards: ``(n, E)``.
        regularization: ``REG(s)`` of the acting policy, ``(n, E)``, in nats.
        temperature: ``tau``.
    """
    return rewards - temperature * (regularization - regularization.mean())


class ZeroMeanA2C(ProperA2C):
    """Proper A2C whose entropy rewards (or KL penalties) have mean zero."""

    def returns(self, rollout: Rollout, log_policy: Tensor) -> Tensor:
        """Return ``(n, E)`` bootstrapped returns of the shifted rewards."""
        penalty = regularizer(log_policy, self.log_reference)
        rewards = zero_mean_rewards(rollout.rewards, penalty, self.temperature)
        return n_step_returns(rewards, rollout.dones, rollout.last_values, self.gamma)
