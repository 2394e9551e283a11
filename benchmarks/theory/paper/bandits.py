"""Section 2: one state, one choice, one reward.

Eq. 22-23 are the whole paper in small: the gradient of the squared error of ``q`` is
``-tau`` times the policy gradient of its Boltzmann policy, plus the gradient of the
squared error of its soft value ``v``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from algorithms.entropy import (
    boltzmann_log_policy,
    q_from_policy,
    regularizer,
    soft_value,
)
from algorithms.losses import ActorCriticLoss, actor_critic_loss, raw_q_learning_loss
from benchmarks.theory.checks import check
from benchmarks.theory.rows import Row, holds, relative_error
from benchmarks.theory.tabular.grid import TEMPERATURES, references
from benchmarks.theory.tabular.learners import QNetwork, gradient
from benchmarks.theory.tabular.mdp import random_log_policy

ACTIONS = (2, 4, 18)


@dataclass(frozen=True, eq=False)
class Bandit:
    """A bandit and a differentiable ``q`` that guesses its rewards.

    Attributes:
        rewards: ``r(a)``, ``(A,)``.
        network: ``q`` with one state; its ``forward`` is ``log pi^B_q`` and ``v``.
        temperature: ``tau``.
        log_reference: ``(1, A)``, or None.
        other: Log of a policy that has nothing to do with ``q``, ``(1, A)``.
    """

    rewards: Tensor
    network: QNetwork
    temperature: float
    log_reference: Tensor | None
    other: Tensor

    @property
    def actions(self) -> Tensor:
        """Every action once, ``(A,)``: weighted by pi, an expectation."""
        return torch.arange(len(self.rewards))

    def heads(self) -> tuple[Tensor, Tensor]:
        """``log pi^B_q`` and ``v``, repeated for each action: ``(A, A)``, ``(A,)``."""
        log_policy, value = self.network()
        n = len(self.rewards)
        return log_policy.expand(n, n), value.expand(n)

    def returns(self) -> Tensor:
        """``r(a) - tau REG(pi^B_q)`` with its graph, ``(A,)``."""
        log_policy, _ = self.network()
        penalty = regularizer(log_policy, self.log_reference)
        return self.rewards - self.temperature * penalty

    def mean(self, x: Tensor) -> Tensor:
        """``E_{a ~ pi^B_q} x(a)`` with the sampling held fixed, ``(A,) -> ()``."""
        return self.network()[0].detach().squeeze(0).exp() @ x

    def actor_critic(self) -> ActorCriticLoss:
        """The terms of A2C for every action."""
        log_policy, values = self.heads()
        return actor_critic_loss(
            log_policy,
            values,
            self.actions,
            self.returns(),
            temperature=self.temperature,
            value_coef=1.0,
            log_reference=self.log_reference,
        )

    def squared_error(self) -> Tensor:
        """``1/2 (q(a) - r(a))^2`` for every action (Eq. 8)."""
        log_policy, values = self.heads()
        return raw_q_learning_loss(
            log_policy,
            values,
            self.actions,
            self.returns(),
            temperature=self.temperature,
            log_reference=self.log_reference,
        )


def bandits(temperature: float) -> Iterator[Bandit]:
    """Bandits of 2, 4 and 18 actions, each with every reference."""
    for n in ACTIONS:
        rewards = torch.from_numpy(np.random.default_rng(n).standard_normal(n))
        for _, reference in references(1, n):
            network = QNetwork(n, 1, n, temperature, reference)
            other = random_log_policy(n, 1, n)
            yield Bandit(rewards, network, temperature, reference, other)


def objective(bandit: Bandit, log_policy: Tensor) -> Tensor:
    """``eta(pi) = E_{a ~ pi} r - tau REG(pi)`` (Eq. 1), ``(1, A) -> ()``."""
    penalty = regularizer(log_policy, bandit.log_reference)
    return (log_policy.exp() @ bandit.rewards - bandit.temperature * penalty).sum()


def _for_all(
    statement: str, errors: list[float], tau: float, equation: str = ""
) -> Row:
    """What holds for every bandit: a row with the worst of their errors."""
    bandits: dict[str, Any] = {"A": "2, 4, 18", "references": "none, uniform, random"}
    return holds(statement, max(errors), equation=equation, tau=tau, **bandits)


@check(section="2.1", equation="2, 6")
def boltzmann_policy_is_optimal() -> Iterator[Row]:
    """``eta(pi) = v_r - tau KL(pi || pi^B_r)`` for any pi: largest at ``pi^B_r``."""
    for tau in TEMPERATURES:
        errors = []
        for each in bandits(tau):
            best = boltzmann_log_policy(each.rewards, tau, each.log_reference)
            value = soft_value(each.rewards, tau, each.log_reference)
            apart = regularizer(each.other, best)
            errors.append(
                relative_error(objective(each, each.other), value - tau * apart)
            )
        yield _for_all("eta(pi) = v_r - tau KL(pi || pi^B_r) for any pi", errors, tau)


@check(section="2.1", equation="11-14")
def soft_value_and_policy_give_q_back() -> Iterator[Row]:
    """Eq. 13: v is what ``pi^B_q`` earns if q is right; Eq. 14 inverts Eq. 12."""
    for tau in TEMPERATURES:
        earned, inverted = [], []
        for each in bandits(tau):
            q = each.network.q()
            log_policy, value = each.network()
            penalty = tau * regularizer(log_policy, each.log_reference)
            expected = (log_policy.exp() * q).sum(-1) - penalty
            earned.append(relative_error(value, expected, scale=q.detach().abs().max()))
            again = q_from_policy(value, log_policy, tau, each.log_reference)
            inverted.append(relative_error(again, q))
        yield _for_all("v = E_{pi^B} q - tau REG(pi^B)", earned, tau, "11-13")
        yield _for_all("q = v + tau log(pi^B / pibar)", inverted, tau, "12, 14")


@check(section="2.1", equation="7, 18-21")
def gradients_of_kl_and_objective() -> Iterator[Row]:
    """``grad REG = E[grad log pi log(pi/pibar)]``; Eq. 7 is the gradient of eta."""
    for tau in TEMPERATURES:
        kl, policy = [], []
        for each in bandits(tau):
            log_policy, _ = each.network()
            ratio = log_policy.detach().squeeze(0)
            if each.log_reference is not None:
                ratio = ratio - each.log_reference.squeeze(0)
            penalty = regularizer(log_policy, each.log_reference).sum()
            score = each.mean(log_policy.squeeze(0) * ratio)
            kl.append(_distance(each, score, penalty))
            terms = each.actor_critic()
            loss = each.mean(terms.policy + tau * terms.regularization)
            policy.append(_distance(each, -loss, objective(each, log_policy)))
        yield _for_all("grad REG = E[grad log pi log(pi / pibar)]", kl, tau, "18-21")
        yield _for_all(
            "grad eta = E[grad log pi (r - ...)] - tau grad REG, by A2C's loss",
            policy,
            tau,
            "7",
        )


@check(section="2.1", equation="22-23")
def squared_error_splits_in_two() -> Iterator[Row]:
    """Eq. 23 corrected: policy gradient and value error, whole and part by part."""
    for tau in TEMPERATURES:
        whole, policy, value = [], [], []
        for each in bandits(tau):
            terms = each.actor_critic()
            policy_loss = each.mean(terms.policy + tau * terms.regularization)
            value_loss = each.mean(terms.value)
            loss = each.mean(each.squared_error())
            whole.append(_distance(each, loss, tau * policy_loss + value_loss))
            log_policy, _ = each.network()
            ascent = objective(each, log_policy)
            policy.append(_distance(each, tau * policy_loss, -tau * ascent))
            error = each.network()[1] - each.returns().detach()
            value.append(_distance(each, value_loss, each.mean(error**2 / 2)))
        yield _for_all(
            "grad E(q - r)^2/2 = -tau grad eta + grad E(v - sg[r - tau REG])^2/2",
            whole,
            tau,
        )
        yield _for_all("its policy part = -tau grad eta", policy, tau)
        yield _for_all("its value part = E(v - r + tau REG) grad v", value, tau)


def _distance(bandit: Bandit, ours: Tensor, theirs: Tensor) -> float:
    """Relative error of one loss's gradient against another's."""
    return relative_error(
        gradient(ours, bandit.network), gradient(theirs, bandit.network)
    )
