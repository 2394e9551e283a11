"""n-step soft Q-learning, parametrised and trained as A2C (Sec. 6.3)."""

from __future__ import annotations

from typing import Any

from stable_baselines3.common.type_aliases import GymEnv
from torch import Tensor

from algorithms.a2c import RegularizedA2C
from algorithms.losses import q_learning_error, scaled_error, squared_error
from algorithms.policies import TwoHeadPolicy


class QLearningA2C(RegularizedA2C):
    """Soft Q-learning on ``Q = V + tau log pi``, without target network or epsilon.

    The behaviour is the Boltzmann policy of Q, which is ``pi`` itself. The gradient of
    ``1/2 (Q - y)^2`` is scaled by ``1/tau`` where it enters the policy head and by
    ``value_coef`` where it enters the value head (Eq. 57-65, Sec. 6.3).

    Args:
        policy: As in :class:`RegularizedA2C`.
        env: As in :class:`RegularizedA2C`.
        scaled: False trains the squared error itself, nothing rescaled;
            ``value_coef`` then has no effect.
        **kwargs: As in :class:`RegularizedA2C`.
    """

    regularize_rewards = True

    def __init__(
        self,
        policy: str | type[TwoHeadPolicy],
        env: GymEnv | str,
        *,
        scaled: bool = True,
        **kwargs: Any,
    ) -> None:
        self.scaled = scaled
        super().__init__(policy, env, **kwargs)

    def _losses(
        self, log_policy: Tensor, values: Tensor, actions: Tensor, returns: Tensor
    ) -> Tensor:
        error = q_learning_error(
            log_policy,
            values,
            actions,
            returns,
            temperature=self.temperature,
            log_reference=self.log_reference,
        )
        squared = squared_error(error)
        value_loss = 0.5 * (values - returns) ** 2
        self._record(log_policy, values, q_error=squared, value_loss=value_loss)
        if not self.scaled:
            return squared
        return scaled_error(error, log_policy, values, actions, self.value_coef)
