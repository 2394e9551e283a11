"""Section 4: the policy gradient, the soft Q gradient, and that they are one.

Eq. 58-65: at the Boltzmann policy of Q, the expected gradient of Q-learning's squared
error is ``-tau`` times the regularised policy gradient, plus a value error's gradient.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from algorithms.losses import actor_critic_loss
from benchmarks.theory.checks import check
from benchmarks.theory.rows import Row, holds, relative_error
from benchmarks.theory.tabular.grid import N_STEPS, TEMPERATURES, references, small_mdp
from benchmarks.theory.tabular.learners import (
    QNetwork,
    Rollout,
    Settings,
    TwoHeads,
    actor_critic_terms,
    all_rollouts,
    gradient,
    raw_q_learning,
)
from benchmarks.theory.tabular.mdp import TabularMDP
from benchmarks.theory.tabular.solvers import (
    evaluate,
    objective,
    occupancy,
    policy_values,
    q_values,
    soft_optimum,
)


class Parts(NamedTuple):
    """Gradients of Eq. 65's two parts and of Eq. 58's two streams, ``(P,)`` each.

    Attributes:
        policy_gradient: Of ``-A log pi + tau REG``, A2C's.
        value_error: Of ``1/2 (V - R)^2``.
        whole: Of ``1/2 (Q - y)^2``.
        through_policy: The part of ``whole`` that flows through ``log pi``.
        through_value: The part that flows through ``V``.
    """

    policy_gradient: Tensor
    value_error: Tensor
    whole: Tensor
    through_policy: Tensor
    through_value: Tensor


def parts(mdp: TabularMDP, network: TwoHeads, n: int, settings: Settings) -> Parts:
    """Expected gradients over every rollout of n steps."""
    rollout, chances = all_rollouts(mdp, network, n, settings)
    terms = actor_critic_terms(rollout)

    def mean(loss: Tensor) -> Tensor:
        return gradient(chances @ (rollout.paths.alive * loss).sum(0), network)

    return Parts(
        mean(terms.policy + settings.temperature * terms.regularization),
        mean(terms.value),
        mean(raw_q_learning(rollout)),
        mean(raw_q_learning(_held(rollout, values=True))),
        mean(raw_q_learning(_held(rollout, values=False))),
    )


def _held(rollout: Rollout, values: bool) -> Rollout:
    """The same rollout with the values, or else the policy, held fixed."""
    if values:
        return replace(rollout, values_s=rollout.values_s.detach())
    return replace(rollout, log_policy_s=rollout.log_policy_s.detach())


@check(section="4.3", equation="58-65", over="reference")
def q_gradient_is_policy_gradient() -> Iterator[Row]:
    """Eq. 58 = Eq. 65 through an MLP Q-function, whole and part by part."""
    mdp = small_mdp()
    for tau in TEMPERATURES:
        for name, reference in references(mdp.n_states, mdp.n_actions):
            network = QNetwork(2, mdp.n_states, mdp.n_actions, tau, reference)
            settings = Settings(tau, 1.0, reference)
            found = [parts(mdp, network, n, settings) for n in N_STEPS]
            for statement, error in _comparisons(found, tau).items():
                yield holds(statement, error, tau=tau, reference=name, n="1..5")


def _comparisons(found: list[Parts], tau: float) -> dict[str, float]:
    def largest(pairs: list[tuple[Tensor, Tensor]]) -> float:
        return max(relative_error(ours, theirs) for ours, theirs in pairs)

    return {
        "E grad 1/2 (Q - y)^2 = tau * policy gradient loss's + value error's": largest(
            [(p.whole, tau * p.policy_gradient + p.value_error) for p in found]
        ),
        "its part through log pi = tau * policy gradient loss's": largest(
            [(p.through_policy, tau * p.policy_gradient) for p in found]
        ),
        "its part through V = value error's": largest(
            [(p.through_value, p.value_error) for p in found]
        ),
    }


def score_gradient(
    mdp: TabularMDP, network: TwoHeads, visits: Tensor, settings: Settings
) -> Tensor:
    """Eq. 49 corrected: ``sum_s d(s) (E[grad log pi Q_pi] - tau grad REG)``, ``(P,)``.

    Every action of every state, by the loss of A2C with ``V_pi`` as its baseline.

    Args:
        mdp: ``S`` states.
        network: Policy; its value head is not used.
        visits: ``d(s)``, ``(S,)``.
        settings: Temperature and reference.
    """
    log_policy, _ = network()
    tau, reference = settings.temperature, settings.log_reference
    q, values, regular = _exact(mdp, log_policy.detach(), settings)
    states, actions = torch.meshgrid(
        torch.arange(mdp.n_states), torch.arange(mdp.n_actions), indexing="ij"
    )
    terms = actor_critic_loss(
        log_policy[states],
        values[states],
        actions,
        q - regular.unsqueeze(-1),
        temperature=tau,
        value_coef=0.0,
        log_reference=None if reference is None else reference[states],
    )
    weights = visits.unsqueeze(-1) * log_policy.detach().exp()
    loss = (weights * (terms.policy + tau * terms.regularization)).sum()
    return -gradient(loss, network)


def _exact(
    mdp: TabularMDP, log_policy: Tensor, settings: Settings
) -> tuple[Tensor, Tensor, Tensor]:
    """``Q_pi (S, A)``, ``V_pi (S,)`` and ``tau REG (S,)`` of a policy."""
    arguments = (log_policy, settings.temperature, settings.log_reference)
    values = evaluate(mdp, *arguments)
    q = q_values(mdp, values)
    regular = policy_values(q, log_policy) - policy_values(q, *arguments)
    return q, values, regular


@check(section="4.1", equation="49-52")
def score_gradient_is_the_gradient() -> Iterator[Row]:
    """Eq. 49 and 52, corrected, against autograd through a linear solve."""
    mdp = small_mdp()
    for tau in TEMPERATURES:
        true, undiscounted, errors = [], [], []
        for _, reference in references(mdp.n_states, mdp.n_actions):
            settings = Settings(tau, 1.0, reference)
            network = TwoHeads(4, mdp.n_states, mdp.n_actions)
            log_policy, _ = network()
            fixed = log_policy.detach()
            exact = gradient(objective(mdp, log_policy, tau, reference), network)
            ours = score_gradient(mdp, network, occupancy(mdp, fixed), settings)
            true.append(relative_error(ours, exact))

            visits = occupancy(replace(mdp, gamma=1.0), fixed)
            q, _, _ = _exact(mdp, fixed, settings)
            surrogate = visits @ policy_values(q, log_policy, tau, reference)
            printed = score_gradient(mdp, network, visits, settings)
            undiscounted.append(relative_error(printed, gradient(surrogate, network)))
            errors.append(_td_error_form(mdp, network, settings))
        yield holds(
            "sum_t gamma^t (E[grad log pi Q_pi] - tau grad REG) = grad E V_pi(s_0)",
            max(true),
            equation="49-50",
            tau=tau,
        )
        yield holds(
            "g_gamma = E_s grad (E_pi Q - tau REG), Q and s held fixed",
            max(undiscounted),
            equation="49, 51",
            tau=tau,
        )
        yield holds(
            "E[grad log pi sum gamma^d delta] - tau grad REG = that, any baseline V",
            max(errors),
            equation="52",
            tau=tau,
        )


def _td_error_form(mdp: TabularMDP, network: TwoHeads, settings: Settings) -> float:
    """Eq. 52: TD errors of any V telescope; against V_pi as its own bootstrap."""
    log_policy, values = network()
    exact = _exact(mdp, log_policy.detach(), settings)[1]
    visits = mdp.start
    ours = score_gradient(mdp, network, visits, settings)
    rollout, chances = all_rollouts(mdp, network, 4, settings)
    paths = rollout.paths
    rewards = paths.rewards - settings.temperature * rollout.regularization
    following = (1 - paths.dones) * values[paths.states[1:]]
    deltas = paths.alive * (rewards + mdp.gamma * following - rollout.values)
    tail = paths.alive[-1] * (1 - paths.dones[-1]) * paths.bootstrap(exact - values)
    discounts = mdp.gamma ** torch.arange(4, dtype=torch.float64)
    advantages = discounts @ deltas + mdp.gamma**4 * tail
    terms = actor_critic_loss(
        rollout.log_policy[0],
        rollout.values[0],
        paths.actions[0],
        advantages + rollout.values[0],
        temperature=settings.temperature,
        value_coef=0.0,
        log_reference=None
        if rollout.log_reference is None
        else rollout.log_reference[0],
    )
    return relative_error(-gradient(chances @ terms.total, network), ours)


@check(section="4", equation="49", over="reference")
def soft_optimum_is_stationary() -> Iterator[Row]:
    """The policy gradient and the Q gradient both vanish at the soft optimum."""
    mdp = small_mdp()
    for tau in TEMPERATURES:
        for name, reference in references(mdp.n_states, mdp.n_actions):
            best = soft_optimum(mdp, tau, reference)
            log_policy = best.log_policy.clone().requires_grad_()
            normalised = torch.log_softmax(log_policy, -1)
            value = objective(mdp, normalised, tau, reference)
            (slope,) = torch.autograd.grad(value, log_policy)
            yield holds(
                "the policy gradient is 0 at the soft optimum",
                relative_error(slope, torch.zeros(()), scale=best.q.abs().max()),
                tau=tau,
                reference=name,
            )
            yield holds(
                "so is E (Q - y)^2's gradient",
                _q_slope(mdp, best.q, settings=Settings(tau, 1.0, reference)),
                equation="58",
                tau=tau,
                reference=name,
            )


def _q_slope(mdp: TabularMDP, q: Tensor, settings: Settings) -> float:
    """Size of the expected gradient of Eq. 58 in a table of Q, relative to Q."""
    network = _Table(q, settings)
    rollout, chances = all_rollouts(mdp, network, 3, settings)
    loss = (rollout.paths.alive * raw_q_learning(rollout)).sum(0)
    slope = gradient(chances @ loss, network)
    return relative_error(slope, torch.zeros(()), scale=q.abs().max())


class _Table(QNetwork):
    """A Q-function that is a table."""

    def __init__(self, q: Tensor, settings: Settings) -> None:
        super().__init__(
            0, q.shape[0], q.shape[1], settings.temperature, settings.log_reference
        )
        self.table = torch.nn.Parameter(q.clone())

    def q(self) -> Tensor:
        """``Q(s, a)``, ``(S, A)``."""
        return self.table
