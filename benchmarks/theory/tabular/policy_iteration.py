"""Optima by policy iteration: evaluate a policy exactly, improve it, until it stays.

For batches with discounts near one, where :mod:`solvers` needs a thousand backups; a
handful of linear solves gives the same optimum to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from algorithms.entropy import boltzmann_log_policy, soft_value
from algorithms.targets import hard_value
from benchmarks.theory.tabular.mdp import TabularMDP, check_temperature
from benchmarks.theory.tabular.solvers import (
    Solution,
    evaluate,
    greedy_log_policy,
    q_values,
)

_MAX_IMPROVEMENTS = 200
_TOLERANCE = 2e-14  # relative to the values: a linear solve's own rounding


def _improve(
    mdp: TabularMDP,
    policy_of: Callable[[Tensor], Tensor],
    values_of: Callable[[Tensor], Tensor],
) -> tuple[Tensor, Tensor]:
    """``Q`` and policy where improving changes no value, each ``(..., S, A)``."""
    values = torch.zeros_like(mdp.rewards[..., 0])
    for _ in range(_MAX_IMPROVEMENTS):
        log_policy = policy_of(q_values(mdp, values))
        improved = values_of(log_policy)
        change = (improved - values).abs().max()
        values = improved
        if change <= _TOLERANCE * (1 + values.abs().max()):
            return q_values(mdp, values), log_policy
    raise ArithmeticError("improving the policy does not end")


def soft_policy_iteration(
    mdp: TabularMDP, temperature: float, log_reference: Tensor | None = None
) -> Solution:
    """The optimum of :func:`solvers.soft_optimum`.

    Raises:
        ArithmeticError: The improvements don't end.
    """
    check_temperature(temperature)
    q, log_policy = _improve(
        mdp,
        lambda q: boltzmann_log_policy(q, temperature, log_reference),
        lambda policy: evaluate(mdp, policy, temperature, log_reference),
    )
    values = mdp.alive * soft_value(q, temperature, log_reference)
    return Solution(q, values, log_policy)


def hard_policy_iteration(mdp: TabularMDP, bonus: float = 0.0) -> Solution:
    """The optimum of :func:`solvers.hard_optimum`; ties go to the first action.

    ``max_a Q(s', a) + bonus`` is what the greedy policy earns with a bonus a step.

    Raises:
        ArithmeticError: The improvements don't end.
    """
    paid = replace(mdp, rewards=mdp.rewards + bonus)
    q, _ = _improve(mdp, greedy_log_policy, lambda policy: evaluate(paid, policy))
    return Solution(q, mdp.alive * hard_value(q, bonus), greedy_log_policy(q))
