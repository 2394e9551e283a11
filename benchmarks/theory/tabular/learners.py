"""Losses of enumerated rollouts and their expected gradients through a network.

A *learner* turns a rollout into one loss a step, with the functions of
:mod:`algorithms` composed as the algorithms compose them. Returns reach the losses
*with* their graph: cutting it is the loss's own duty, and so part of what is tested.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from algorithms.entropy import boltzmann_log_policy, regularizer, soft_value
from algorithms.losses import (
    ActorCriticLoss,
    actor_critic_loss,
    q_learning_loss,
    raw_q_learning_loss,
)
from algorithms.targets import n_step_returns, regularized_rewards
from benchmarks.theory.tabular.mdp import TabularMDP
from benchmarks.theory.tabular.paths import Paths, enumerate_paths


class TwoHeads(nn.Module):
    """An MLP with one hidden layer for all states at once: policy and value.

    Args:
        seed: Of features and weights, which are normal.
        n_states: ``S``; each state has 5 random features, so that states share
            parameters and no head can be fitted exactly.
        n_actions: ``A``.
        gain: Scale of the output weights; 0.1 is nearly uniform, as at the start.
    """

    def __init__(
        self, seed: int, n_states: int, n_actions: int, gain: float = 1.0
    ) -> None:
        super().__init__()
        rng = np.random.default_rng([seed, 2])

        def normal(*shape: int) -> Tensor:
            return torch.from_numpy(rng.standard_normal(shape) / shape[-1] ** 0.5)

        self.features = normal(n_states, 5) * 5**0.5
        self.hidden = nn.Parameter(normal(8, 5))
        self.policy = nn.Parameter(gain * normal(n_actions, 8))
        self.value = nn.Parameter(gain * normal(1, 8))
        self.biases = nn.Parameter(gain * normal(n_actions + 1))

    def outputs(self) -> tuple[Tensor, Tensor]:
        """Logits ``(S, A)`` and values ``(S,)``."""
        body = torch.tanh(self.features @ self.hidden.T)
        logits = body @ self.policy.T + self.biases[:-1]
        return logits, (body @ self.value.T).squeeze(-1) + self.biases[-1]

    def forward(self) -> tuple[Tensor, Tensor]:
        """``log pi (S, A)`` and ``V (S,)``."""
        logits, values = self.outputs()
        return torch.log_softmax(logits, dim=-1), values


class QNetwork(TwoHeads):
    """A Q-function whose policy and value are Eq. 28-29: ``pi^B_Q`` and ``V_Q``.

    Args:
        seed: As in :class:`TwoHeads`, like what is not listed here.
        n_states: ``S``.
        n_actions: ``A``.
        temperature: ``tau``. Q is in units of it, so that no policy is one-sided.
        log_reference: See :mod:`algorithms.entropy`.
    """

    def __init__(
        self,
        seed: int,
        n_states: int,
        n_actions: int,
        temperature: float,
        log_reference: Tensor | None = None,
    ) -> None:
        super().__init__(seed, n_states, n_actions)
        self.temperature = temperature
        self.log_reference = log_reference

    def q(self) -> Tensor:
        """``Q(s, a)``, ``(S, A)``: every parameter enters both value and policy."""
        logits, values = self.outputs()
        return self.temperature * logits + values.unsqueeze(-1)

    def forward(self) -> tuple[Tensor, Tensor]:
        """``log pi^B_Q (S, A)`` and ``V_Q (S,)``."""
        arguments = (self.q(), self.temperature, self.log_reference)
        return boltzmann_log_policy(*arguments), soft_value(*arguments)


@dataclass(frozen=True)
class Settings:
    """What a loss depends on beside the rollout.

    Attributes:
        temperature: ``tau``.
        value_coef: ``c``.
        log_reference: ``(A,)`` or ``(S, A)``, or None for the entropy.
    """

    temperature: float
    value_coef: float = 0.5
    log_reference: Tensor | None = None


@dataclass(frozen=True, eq=False)
class Rollout:
    """Enumerated paths and what a network says of their states, with its graph.

    Attributes:
        paths: ``K`` paths of ``n`` steps.
        log_policy_s: ``log pi``, ``(S, A)``.
        values_s: ``V``, ``(S,)``.
        gamma: Discount per step.
        settings: Temperature, coefficient and reference.
    """

    paths: Paths
    log_policy_s: Tensor
    values_s: Tensor
    gamma: float
    settings: Settings

    @cached_property
    def log_policy(self) -> Tensor:
        """``log pi(. | s_t)``, ``(n, K, A)``."""
        return self.paths.of_states(self.log_policy_s)

    @cached_property
    def values(self) -> Tensor:
        """``V(s_t)``, ``(n, K)``."""
        return self.paths.of_states(self.values_s)

    @cached_property
    def log_reference(self) -> Tensor | None:
        """``log pibar(. | s_t)``, ``(n, K, A)``, or None."""
        reference = self.settings.log_reference
        if reference is None:
            return None
        return self.paths.of_states(reference.expand_as(self.log_policy_s))

    @cached_property
    def regularization(self) -> Tensor:
        """``REG(s_t)``, ``(n, K)``."""
        return regularizer(self.log_policy, self.log_reference)

    def returns(self, penalties: Tensor | None = None) -> Tensor:
        """Bootstrapped returns of ``r_t - tau penalty_t``, ``(n, K)``.

        Args:
            penalties: ``(n, K)``, in nats; None for those of the plain rewards.
        """
        rewards = self.paths.rewards
        if penalties is not None:
            rewards = regularized_rewards(rewards, penalties, self.temperature)
        bootstrap = self.paths.bootstrap(self.values_s)
        return n_step_returns(rewards, self.paths.dones, bootstrap, self.gamma)

    @property
    def temperature(self) -> float:
        """``tau``."""
        return self.settings.temperature


Learner = Callable[[Rollout], Tensor]


def actor_critic_terms(
    rollout: Rollout, returns: Tensor | None = None
) -> ActorCriticLoss:
    """The terms of Eq. 84-86 for each step, of regularised returns by default."""
    if returns is None:
        returns = rollout.returns(rollout.regularization)
    return actor_critic_loss(
        rollout.log_policy,
        rollout.values,
        rollout.paths.actions,
        returns,
        temperature=rollout.temperature,
        value_coef=rollout.settings.value_coef,
        log_reference=rollout.log_reference,
    )


def actor_critic(rollout: Rollout) -> Tensor:
    """Proper A2C (Eq. 80, 84-86), ``(n, K)``."""
    return actor_critic_terms(rollout).total


def q_learning(rollout: Rollout) -> Tensor:
    """Q-learning with the gradients of its heads rescaled (Sec. 6.3), ``(n, K)``."""
    return q_learning_loss(
        rollout.log_policy,
        rollout.values,
        rollout.paths.actions,
        rollout.returns(rollout.regularization),
        temperature=rollout.temperature,
        value_coef=rollout.settings.value_coef,
        log_reference=rollout.log_reference,
    )


def raw_q_learning(rollout: Rollout) -> Tensor:
    """``1/2 (Q - y)^2``, nothing rescaled (Eq. 58), ``(n, K)``."""
    return raw_q_learning_loss(
        rollout.log_policy,
        rollout.values,
        rollout.paths.actions,
        rollout.returns(rollout.regularization),
        temperature=rollout.temperature,
        log_reference=rollout.log_reference,
    )


def all_rollouts(
    mdp: TabularMDP, network: TwoHeads, n_steps: int, settings: Settings
) -> tuple[Rollout, Tensor]:
    """Every rollout of the network's own policy, and its probability ``(K,)``."""
    log_policy, values = network()
    paths = enumerate_paths(mdp, n_steps)
    rollout = Rollout(paths, log_policy, values, mdp.gamma, settings)
    return rollout, paths.probabilities(log_policy.detach())


def gradient(loss: Tensor, network: nn.Module) -> Tensor:
    """Gradient of a scalar in all parameters of a network, ``(P,)``."""
    parameters = list(network.parameters())
    parts = torch.autograd.grad(
        loss, parameters, retain_graph=True, allow_unused=True, materialize_grads=True
    )
    return torch.cat([part.flatten() for part in parts])


def expected_gradients(
    learners: Sequence[Learner],
    mdp: TabularMDP,
    network: TwoHeads,
    n_steps: int,
    settings: Settings,
) -> list[Tensor]:
    """``E grad sum_t loss_t`` over every rollout of ``n_steps``, ``(P,)`` each."""
    rollout, chances = all_rollouts(mdp, network, n_steps, settings)
    return [
        gradient(chances @ (rollout.paths.alive * learner(rollout)).sum(0), network)
        for learner in learners
    ]
