"""Munchausen DQN, as an arm of this suite.

Source: Vieillard, Pietquin, Geist (2020), "Munchausen Reinforcement Learning", Sec. 2.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from algorithms import SoftEntropyDQN
from algorithms.entropy import boltzmann_log_policy
from algorithms.paths import PathSamples


def munchausen_bonus(
    q: Tensor, actions: Tensor, temperature: float, alpha: float, clip: float
) -> Tensor:
    """``alpha [tau log pi(a)]`` between ``clip`` and 0: what is added to a reward.

    Args:
        q: Action values of the states acted in, ``(..., A)``.
        actions: Actions taken, ``(...)``, int64.
        temperature: ``tau``; ``pi`` is the Boltzmann policy of ``q``.
        alpha: Its weight, from 0 to 1.
        clip: ``l_0``, the least that ``tau log pi(a)`` counts for; 0 or below.

    Returns:
        ``(...)``, in units of reward.
    """
    log_policy = boltzmann_log_policy(q, temperature)
    chosen = log_policy.gather(-1, actions.unsqueeze(-1)).squeeze(-1)
    return alpha * (temperature * chosen).clamp(clip, 0)


class MunchausenDQN(SoftEntropyDQN):
    """Soft Q-learning that rewards an action for being likely.

    ``y = r + alpha [tau log pi(a|s)]_clip^0 + gamma (1 - d) tau log sum_b exp(Q/tau)``,
    with ``Q`` and ``pi`` of the target network; the sum is over actions at the next
    state. With ``alpha = 0`` it is soft-entropy DQN.

    Args:
        policy: As in :class:`algorithms.HardDQN`.
        env: As in :class:`algorithms.HardDQN`.
        alpha: Weight of the bonus, from 0 to 1.
        clip: The least that ``tau log pi`` counts for; 0 or below.
        temperature: ``tau``.
        **kwargs: As in :class:`algorithms.HardDQN`; targets are of one step.
    """

    def __init__(
        self,
        policy: Any,
        env: Any,
        *,
        alpha: float = 0.9,
        clip: float = -1.0,
        temperature: float = 0.03,
        **kwargs: Any,
    ) -> None:
        self.alpha, self.clip = alpha, clip
        super().__init__(policy, env, temperature=temperature, **kwargs)

    @classmethod
    def check_settings(
        cls, *, alpha: float = 0.9, clip: float = -1.0, **others: Any
    ) -> None:
        """Raise a ValueError for settings that no run can have."""
        if not 0 <= alpha <= 1:
            raise ValueError(f"alpha={alpha} must be from 0 to 1")
        if clip > 0:
            raise ValueError(f"clip={clip} must be 0 or below")
        if others.get("n_steps", 1) > 1:
            raise ValueError("n_steps: its bonus is that of one step")
        super().check_settings(**others)

    @torch.no_grad()
    def targets(self, batch: PathSamples) -> Tensor:
        """Return the targets ``(B,)``."""
        q = self.q_net_target(batch.observations)
        bonus = munchausen_bonus(
            q, batch.actions, self.temperature, self.alpha, self.clip
        )
        return super().targets(batch) + bonus
