"""Where the arms of Figure 1 stand still in games that end, and what they score there.

Naive A2C, both forms of proper A2C, and the control ``a2c-naive-plus``, naive A2C that
earns ``tau log A`` a step beside its rewards.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from torch import Tensor

from algorithms.entropy import uniform_log_reference
from benchmarks.theory.paper.related import naive_fixed_point
from benchmarks.theory.paper.structures import games
from benchmarks.theory.tabular.mdp import TabularMDP
from benchmarks.theory.tabular.policy_iteration import soft_policy_iteration
from benchmarks.theory.tabular.solvers import expected_length, objective, occupancy

LIVING = {"pays": 0.0, "costs": 2.0}  # reward charged a step
_STEPS = 70  # of the damped iteration to the naive fixed point; each halves its error


class Outcome(NamedTuple):
    """Of one arm's fixed point, each ``(B,)``.

    Attributes:
        score: Undiscounted return, in rewards.
        length: Steps in a game.
        life: Discounted steps in a game.
    """

    score: Tensor
    length: Tensor
    life: Tensor


def policies(mdp: TabularMDP, tau: float) -> dict[str, Tensor]:
    """Where each arm stands still, ``log pi (B, S, A)``."""
    uniform = uniform_log_reference(mdp.n_actions)
    constant = tau * math.log(mdp.n_actions)
    raised = replace(mdp, rewards=mdp.rewards + constant)
    return {
        "naive": naive_fixed_point(mdp, tau, _STEPS),
        "entropy": soft_policy_iteration(mdp, tau).log_policy,
        "KL": soft_policy_iteration(mdp, tau, uniform).log_policy,
        "bonus": naive_fixed_point(raised, tau, _STEPS),
    }


@cache
def found(structure: str, living: str, tau: float) -> dict[str, Tensor]:
    """:func:`policies` in the games of a structure."""
    return policies(games(structure, charge=LIVING[living]), tau)


@cache
def outcomes(structure: str, living: str, tau: float) -> dict[str, Outcome]:
    """What each arm's policy scores and how long it lives."""
    mdp = games(structure, charge=LIVING[living])
    whole = replace(mdp, gamma=1.0)
    return {
        arm: Outcome(
            objective(whole, policy),
            expected_length(mdp, policy),
            occupancy(mdp, policy).sum(-1),
        )
        for arm, policy in found(structure, living, tau).items()
    }
