"""A log-linear policy: its natural gradient and its damped Q-learning (Section 5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from algorithms.entropy import q_from_policy, regularizer
from algorithms.losses import actor_critic_loss, raw_q_learning_loss
from benchmarks.theory.tabular.grid import references

STATES, ACTIONS, PARAMETERS = 5, 3, 4
STEP = 0.1


@dataclass(frozen=True, eq=False)
class LogLinear:
    """A log-linear policy with fewer parameters than it has choices, and advantages.

    Attributes:
        features: ``(S, A, P)``; logits are ``features @ theta``.
        theta: ``theta_old``, ``(P,)``.
        advantages: ``Delta(s, a)``, ``(S, A)``, of any mean.
        values: ``V(s)``, ``(S,)``, held fixed.
        visits: Distribution of states, ``(S,)``.
        temperature: ``tau``.
        log_reference: ``(S, A)`` or None.
    """

    features: Tensor
    theta: Tensor
    advantages: Tensor
    values: Tensor
    visits: Tensor
    temperature: float
    log_reference: Tensor | None

    def log_policy(self, theta: Tensor) -> Tensor:
        """``log pi_theta``, ``(S, A)``."""
        return torch.log_softmax(self.features @ theta, dim=-1)

    def q(self, theta: Tensor) -> Tensor:
        """``Q_theta = V + tau log(pi_theta / pibar)``, ``(S, A)``."""
        return q_from_policy(
            self.values, self.log_policy(theta), self.temperature, self.log_reference
        )

    @cached_property
    def weights(self) -> Tensor:
        """``d(s) pi_old(a|s)``, ``(S, A)``."""
        return self.visits.unsqueeze(-1) * self.log_policy(self.theta).exp()

    @cached_property
    def score(self) -> Tensor:
        """``psi(s, a) = grad log pi``, ``(S, A, P)``."""
        return torch.autograd.functional.jacobian(self.log_policy, self.theta)

    @cached_property
    def fisher(self) -> Tensor:
        """``F = E[psi psi']``, ``(P, P)``."""
        return torch.einsum("sa,sap,saq->pq", self.weights, self.score, self.score)

    @cached_property
    def penalty(self) -> Tensor:
        """``tau REG(pi_old)``, ``(S, 1)``."""
        reg = regularizer(self.log_policy(self.theta), self.log_reference)
        return self.temperature * reg.unsqueeze(-1)

    @cached_property
    def policy_gradient(self) -> Tensor:
        """``g``, from the loss of A2C for every state and action, ``(P,)``."""
        theta = self.theta.clone().requires_grad_()
        states, actions = _grid()
        terms = actor_critic_loss(
            self.log_policy(theta)[states],
            self.values[states],
            actions,
            self.values[states] + self.advantages,
            temperature=self.temperature,
            value_coef=0.0,
            log_reference=self._reference(states),
        )
        loss = (self.weights * terms.total).sum()
        return -torch.autograd.grad(loss, theta)[0]

    @cached_property
    def natural_gradient(self) -> Tensor:
        """``F^-1 g``, ``(P,)``."""
        return torch.linalg.solve(self.fisher, self.policy_gradient)

    @cached_property
    def improvement(self) -> Tensor:
        """``Delta - tau [log(pi_old/pibar) - REG] = y - Q_old``, ``(S, A)``."""
        values = self.values.unsqueeze(-1)
        return values + self.advantages + self.penalty - self.q(self.theta)

    def damped_loss(self, theta: Tensor, step: float = STEP) -> Tensor:
        """``E 1/2 (Q_theta - (Q_old + eps (y - Q_old)))^2`` (Eq. 74-77)."""
        states, actions = _grid()
        log_policy = self.log_policy(theta)
        target = self.q(self.theta) + step * self.improvement
        reg = regularizer(log_policy, self.log_reference).unsqueeze(-1)
        losses = raw_q_learning_loss(
            log_policy[states],
            self.values[states],
            actions,
            target - self.temperature * reg,
            temperature=self.temperature,
            log_reference=self._reference(states),
        )
        return (self.weights * losses).sum()

    def least_squares(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """``argmin_w E 1/2 (w'x - y)^2`` for ``x (S, A, P)``, ``y (S, A)``."""
        root = self.weights.sqrt()
        x = (root.unsqueeze(-1) * inputs).flatten(0, 1)
        y = (root * targets).flatten()
        return torch.linalg.lstsq(x, y.unsqueeze(-1)).solution.squeeze(-1)

    def _reference(self, states: Tensor) -> Tensor | None:
        return None if self.log_reference is None else self.log_reference[states]


def _grid() -> tuple[Tensor, Tensor]:
    """Every state and action, ``(S, A)`` each."""
    states, actions = torch.meshgrid(
        torch.arange(STATES), torch.arange(ACTIONS), indexing="ij"
    )
    return states, actions


def problems(temperature: float) -> Iterator[tuple[str, LogLinear]]:
    """One problem a reference; logits and advantages are of order 1."""
    rng = np.random.default_rng(5)

    def normal(*shape: int) -> Tensor:
        return torch.from_numpy(rng.standard_normal(shape))

    visits = torch.from_numpy(rng.dirichlet(np.ones(STATES)))
    features, theta = normal(STATES, ACTIONS, PARAMETERS), normal(PARAMETERS)
    advantages, values = normal(STATES, ACTIONS), normal(STATES)
    for name, reference in references(STATES, ACTIONS):
        yield (
            name,
            LogLinear(
                features, theta, advantages, values, visits, temperature, reference
            ),
        )
