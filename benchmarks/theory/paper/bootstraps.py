"""What Figure 2 should show: the fixed points of DQN's one-step targets.

The soft-KL value (Eq. 82) is the soft-entropy value (Eq. 83) less ``tau log A``. As it
is not paid where the episode ends, it is a cost of living::

    Q_KL = Q_entropy of the rewards r - gamma tau log A P(not over | s, a)

Without ends it shifts all of Q by ``gamma tau log A / (1 - gamma)`` and changes
nothing. With ends, two controls tell what the constant alone does: the hard maximum
plus or minus ``tau log A``.

A soft-entropy value keeps its constant only as far as actions are alike: ``k`` copies
of every action add ``tau log k`` to it in full, and nothing to the other two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import torch
from torch import Tensor

from algorithms.entropy import soft_value, uniform_log_reference
from algorithms.targets import hard_value
from benchmarks.theory.checks import check
from benchmarks.theory.rows import Row, holds, relative_error
from benchmarks.theory.tabular.mdp import TabularMDP, episodic_mdp, random_mdp
from benchmarks.theory.tabular.solvers import value_iteration

N_MDPS = 40
OF: dict[str, Any] = {"MDPs": N_MDPS, "S": 16, "gamma": 0.99}  # of :func:`episodic`


@cache
def episodic(n_actions: int) -> TabularMDP:
    """Forty MDPs whose every action may end the episode; rewards -1, 0 or 1."""
    return episodic_mdp(
        0,
        n_states=17,
        n_actions=n_actions,
        gamma=0.99,
        batch=(N_MDPS,),
        hazard=0.1,
        rewards=(-1.0, 0.0, 1.0),
    )


@cache
def continuing(n_actions: int) -> TabularMDP:
    """Twenty MDPs without end."""
    return random_mdp(0, n_states=8, n_actions=n_actions, gamma=0.99, batch=(20,))


def value_of(arm: str, n_actions: int, tau: float) -> Callable[[Tensor], Tensor]:
    """The value that an arm bootstraps, ``(..., A) -> (...)`` (Eq. 81-83)."""
    constant = tau * math.log(n_actions)
    uniform = uniform_log_reference(n_actions)
    arms: dict[str, Callable[[Tensor], Tensor]] = {
        "hard": hard_value,
        "hard - const": lambda q: hard_value(q, -constant),
        "hard + const": lambda q: hard_value(q, constant),
        "soft KL": lambda q: soft_value(q, tau, uniform),
        "soft entropy": lambda q: soft_value(q, tau),
    }
    return arms[arm]


def fixed_point(mdp: TabularMDP, arm: str, tau: float) -> Tensor:
    """``Q = r + gamma E value_of(Q)(s')``, ``(..., S, A)``."""
    return value_iteration(mdp, value_of(arm, mdp.n_actions, tau), tolerance=1e-13)


def with_copies(mdp: TabularMDP, copies: int) -> TabularMDP:
    """The same MDP with every action there ``copies`` times."""
    return replace(
        mdp,
        rewards=mdp.rewards.repeat_interleave(copies, -1),
        transitions=mdp.transitions.repeat_interleave(copies, -2),
    )


@check(section="6.2", equation="81-83")
def the_constant_is_a_cost_of_living() -> Iterator[Row]:
    """KL target = entropy target with less reward for every step that goes on."""
    for n_actions in (4, 18):
        mdp, tau = episodic(n_actions), 0.1
        goes_on = (mdp.transitions * mdp.alive).sum(-1)
        charge = mdp.gamma * tau * math.log(n_actions) * goes_on
        charged = replace(mdp, rewards=mdp.rewards - charge)
        yield holds(
            "Q of the KL target = Q of the entropy target with rewards "
            "r - gamma tau log A P(not over)",
            relative_error(
                fixed_point(mdp, "soft KL", tau)[:, :-1],
                fixed_point(charged, "soft entropy", tau)[:, :-1],
            ),
            observed=f"gamma tau log A = {mdp.gamma * tau * math.log(n_actions):.3f} "
            "reward a step",
            tau=tau,
            A=n_actions,
            **OF,
        )


@check(section="6.2", equation="81-83")
def without_ends_the_constant_does_nothing() -> Iterator[Row]:
    """Continuing MDPs: a shift of Q, the same greedy policy in every state."""
    mdp, tau = continuing(18), 0.1
    said: dict[str, Any] = {"tau": tau, "A": 18, "MDPs": 20, "S": 8, "gamma": 0.99}
    shift = mdp.gamma * tau * math.log(18) / (1 - mdp.gamma)
    for high, low, times in (
        ("soft entropy", "soft KL", 1),
        ("hard + const", "hard - const", 2),
    ):
        above, below = (fixed_point(mdp, arm, tau) for arm in (high, low))
        yield holds(
            f"Q of '{high}' - Q of '{low}' = {times} gamma tau log A / (1 - gamma)",
            relative_error(
                above - below, torch.tensor(times * shift, dtype=torch.float64)
            ),
            observed=f"{times * shift:.2f} reward",
            **said,
        )
        differing = (above.argmax(-1) != below.argmax(-1)).double().mean()
        yield holds(
            f"share of states where '{high}' and '{low}' act differently (absolute)",
            differing,
            **said,
        )


@check(section="6.2", equation="81-83")
def copies_of_actions_are_the_constant() -> Iterator[Row]:
    """Alike actions give the entropy target all of its constant, the KL none."""
    mdp, tau, copies = episodic(6), 0.1, 3
    copied = with_copies(mdp, copies)
    said: dict[str, Any] = {"tau": tau, "A": f"6, each {copies} times"} | OF
    for arm in ("hard", "soft KL"):
        found = fixed_point(copied, arm, tau)[:, :-1, ::copies]
        yield holds(
            f"'{arm}': copies of actions leave Q as it was",
            relative_error(found, fixed_point(mdp, arm, tau)[:, :-1]),
            **said,
        )
    bonus = tau * math.log(copies)
    exact = value_iteration(mdp, lambda q: soft_value(q, tau) + bonus, 1e-13)
    found = fixed_point(copied, "soft entropy", tau)[:, :-1, ::copies]
    yield holds(
        "'soft entropy': k copies of each action = a bonus tau log k for living",
        relative_error(found, exact[:, :-1]),
        observed=f"tau log k = {bonus:.3f} reward a step",
        **said,
    )
