"""Exact solutions of tabular MDPs, by linear algebra and contraction.

``temperature=None`` is the plain, unregularised problem; ``log_reference`` is as in
:mod:`algorithms.entropy`: None for the entropy, else the reference policy of the KL.
Every function takes a single MDP or a batch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from algorithms.entropy import boltzmann_log_policy, regularizer, soft_value
from algorithms.targets import hard_value
from benchmarks.theory.tabular.mdp import TabularMDP, check_reference, check_temperature

_MAX_BACKUPS = 100_000


class Solution(NamedTuple):
    """A fixed point: ``q (..., S, A)``, ``values (..., S)``, ``log_policy`` like q.

    The value of a terminal state is 0.
    """

    q: Tensor
    values: Tensor
    log_policy: Tensor


def q_values(mdp: TabularMDP, values: Tensor) -> Tensor:
    """``Q(s, a) = r(s, a) + gamma E_{s'} V(s')``, terminal values taken as 0.

    Args:
        mdp: ``S`` states, ``A`` actions.
        values: ``V``, ``(..., S)``.

    Returns:
        ``(..., S, A)``.
    """
    following = (mdp.alive * values).unsqueeze(-2).unsqueeze(-1)
    return mdp.rewards + mdp.gamma * (mdp.transitions @ following).squeeze(-1)


def policy_values(
    q: Tensor,
    log_policy: Tensor,
    temperature: float | None = None,
    log_reference: Tensor | None = None,
) -> Tensor:
    """``V(s) = E_{a ~ pi} Q(s, a) - tau REG(s)``, ``(..., S, A) -> (..., S)``."""
    values = (log_policy.exp() * q).sum(-1)
    if temperature is None:
        return values
    check_temperature(temperature)
    check_reference(log_policy, log_reference)
    return values - temperature * regularizer(log_policy, log_reference)


def policy_backup(
    mdp: TabularMDP,
    values: Tensor,
    log_policy: Tensor,
    temperature: float | None = None,
    log_reference: Tensor | None = None,
) -> Tensor:
    """``[T_pi V](s) = E[r - tau REG(s) + gamma V(s')]``, ``(..., S) -> (..., S)``."""
    q = q_values(mdp, values)
    return mdp.alive * policy_values(q, log_policy, temperature, log_reference)


def state_transitions(mdp: TabularMDP, log_policy: Tensor) -> Tensor:
    """``P(s' | s)`` under a policy, among living states only, ``(..., S, S)``."""
    chances = (log_policy.exp().unsqueeze(-1) * mdp.transitions).sum(-2)
    return mdp.alive.unsqueeze(-1) * chances * mdp.alive.unsqueeze(-2)


def evaluate(
    mdp: TabularMDP,
    log_policy: Tensor,
    temperature: float | None = None,
    log_reference: Tensor | None = None,
) -> Tensor:
    """``V_pi``, the fixed point of :func:`policy_backup`, by a linear solve.

    Returns:
        Values, ``(..., S)``; differentiable in ``log_policy``.
    """
    nothing = torch.zeros_like(mdp.rewards[..., 0])
    earned = policy_backup(mdp, nothing, log_policy, temperature, log_reference)
    system = torch.eye(mdp.n_states).to(earned) - mdp.gamma * state_transitions(
        mdp, log_policy
    )
    return torch.linalg.solve(system, earned)


def objective(
    mdp: TabularMDP,
    log_policy: Tensor,
    temperature: float | None = None,
    log_reference: Tensor | None = None,
) -> Tensor:
    """``E_{s_0} V_pi(s_0)``, ``(...)``: the regularised (or plain) expected return."""
    return (mdp.start * evaluate(mdp, log_policy, temperature, log_reference)).sum(-1)


def occupancy(mdp: TabularMDP, log_policy: Tensor) -> Tensor:
    """``sum_t gamma^t P(s_t = s, not over)``, the discounted visits, ``(..., S)``."""
    flow = mdp.gamma * state_transitions(mdp, log_policy).transpose(-1, -2)
    system = torch.eye(mdp.n_states).to(flow) - flow
    return torch.linalg.solve(system, mdp.alive * mdp.start)


def expected_length(mdp: TabularMDP, log_policy: Tensor) -> Tensor:
    """Expected steps in an episode, ``(...)``; the MDP must terminate surely."""
    return occupancy(replace(mdp, gamma=1.0), log_policy).sum(-1)


def value_iteration(
    mdp: TabularMDP, value_of: Callable[[Tensor], Tensor], tolerance: float = 1e-15
) -> Tensor:
    """The fixed point of ``Q = r + gamma E value_of(Q)(s')``, ``(..., S, A)``.

    Args:
        mdp: With ``gamma < 1``, or sure to terminate.
        value_of: A value for each state, ``(..., S, A) -> (..., S)``, non-expansive:
            the soft value, the maximum, the maximum and a constant, ...
        tolerance: Stop when a backup changes no entry by more than this, relative to
            the largest; the fixed point is then within this over ``1 - gamma``.

    Raises:
        ArithmeticError: No fixed point was found.
    """
    q = torch.zeros_like(mdp.rewards)
    for _ in range(_MAX_BACKUPS):
        backed_up = q_values(mdp, value_of(q))
        change = (backed_up - q).abs().max()
        q = backed_up
        if not change.isfinite():
            break
        if change <= tolerance * (1 + q.abs().max()):
            return q
    raise ArithmeticError("the backups have no fixed point")


def soft_optimum(
    mdp: TabularMDP, temperature: float, log_reference: Tensor | None = None
) -> Solution:
    """The optimum of the regularised return: ``Q = r + gamma E V_Q(s')``."""
    check_temperature(temperature)
    q = value_iteration(mdp, lambda q: soft_value(q, temperature, log_reference))
    log_policy = boltzmann_log_policy(q, temperature, log_reference)
    return Solution(
        q, mdp.alive * soft_value(q, temperature, log_reference), log_policy
    )


def hard_optimum(mdp: TabularMDP, bonus: float = 0.0) -> Solution:
    """The fixed point of ``Q = r + gamma E (max_a Q(s', a) + bonus)``, greedy policy.

    Ties go to the first of the best actions.
    """
    q = value_iteration(mdp, lambda q: hard_value(q, bonus))
    return Solution(q, mdp.alive * hard_value(q, bonus), greedy_log_policy(q))


def greedy_log_policy(q: Tensor) -> Tensor:
    """Log of the deterministic policy ``argmax_a Q``: 0 and -inf, ``(..., S, A)``."""
    best = torch.nn.functional.one_hot(q.argmax(-1), q.shape[-1])
    return best.to(q).log()
