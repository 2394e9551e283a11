"""Section 6.3 on one rollout: how far apart the two updates are, and when.

The difference that :mod:`estimators` states does not depend on the rewards::

    g_QL - g_A2C = tau (xi grad log pi - grad REG) + c tau xi grad V

So its share of the update is large where A2C's own gradient is small: rewards are rare
and the critic knows what comes. And it grows with ``xi = log pi(a) + H``: nothing at a
uniform policy, large for the rare actions of a peaked one. Here it is measured over all
rollouts, in tables (no two states share a parameter) and with the exact critic.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from algorithms.entropy import entropy
from benchmarks.theory.checks import check
from benchmarks.theory.paper.spread import path_gradients, spread
from benchmarks.theory.rows import Row, differs, holds
from benchmarks.theory.tabular.learners import (
    Learner,
    Settings,
    TwoHeads,
    actor_critic,
    all_rollouts,
    q_learning,
)
from benchmarks.theory.tabular.mdp import TabularMDP, chain_mdp, episodic_mdp
from benchmarks.theory.tabular.policy_iteration import (
    hard_policy_iteration,
    soft_policy_iteration,
)
from benchmarks.theory.tabular.solvers import evaluate, occupancy

TEMPERATURES = (0.01, 0.1, 1.0)
ENTROPIES = (0.95, 0.5, 0.2)  # of a visited state's policy, in units of log A
GAMES = 5
_OF: dict[str, Any] = {"MDPs": GAMES, "S": 4, "A": 6, "n": 2}
_CORRIDOR: dict[str, Any] = {"S": 5, "A": 2, "n": 5}


class Tables(TwoHeads):
    """A policy and its values as the parameters themselves.

    Args:
        log_policy: ``(S, A)``.
        values: ``(S,)``.
    """

    def __init__(self, log_policy: Tensor, values: Tensor) -> None:
        nn.Module.__init__(self)
        self.logits_s = nn.Parameter(log_policy.clone())
        self.values_s = nn.Parameter(values.clone())

    def outputs(self) -> tuple[Tensor, Tensor]:
        """Logits ``(S, A)`` and values ``(S,)``."""
        return 1 * self.logits_s, 1 * self.values_s


@cache
def dense(seed: int) -> TabularMDP:
    """Four states, six actions with two successors each; rewards -1, 0 or 1."""
    return episodic_mdp(
        seed, n_states=5, n_actions=6, branching=2, gamma=0.99, rewards=(-1.0, 0.0, 1.0)
    )


@cache
def sparse(seed: int) -> TabularMDP:
    """The same with one rewarded pair of state and action of 24; it pays 1."""
    rewards = torch.zeros_like(dense(seed).rewards)
    rewards[0, 0] = 1.0
    return replace(dense(seed), rewards=rewards)


@cache
def corridor() -> TabularMDP:
    """Deterministic, without end, entered anywhere, paid at both ends."""
    mdp = chain_mdp(gamma=0.99)
    anywhere = torch.full_like(mdp.start, 1 / mdp.n_states)
    return replace(mdp, start=anywhere)


def entropy_share(mdp: TabularMDP, log_policy: Tensor) -> float:
    """Mean entropy of the states that a policy visits, in units of ``log A``."""
    visits = occupancy(mdp, log_policy)
    mean = (visits * entropy(log_policy)).sum() / visits.sum()
    return float(mean) / math.log(mdp.n_actions)


@cache
def skilled_policy(mdp: TabularMDP, share: float) -> Tensor:
    """``softmax(b Q*)``, ``(S, A)``, of that :func:`entropy_share`, by bisection."""
    q = hard_policy_iteration(mdp).q
    low, high = 0.0, 1e4
    for _ in range(60):
        middle = (low + high) / 2
        softer = entropy_share(mdp, torch.log_softmax(middle * q, -1)) > share
        low, high = (middle, high) if softer else (low, middle)
    return torch.log_softmax(low * q, -1)


def difference(mdp: TabularMDP, log_policy: Tensor, tau: float, n: int) -> float:
    """RMS of the two updates' difference over that of A2C's, over all rollouts."""
    network = Tables(log_policy, evaluate(mdp, log_policy, tau))
    return spread(mdp, network, n, Settings(tau)).difference


@cache
def differences(rewards: str, share: float, tau: float) -> tuple[float, ...]:
    """:func:`difference` in each of the games, in rising order."""
    make = {"dense": dense, "sparse": sparse}[rewards]
    found = []
    for seed in range(GAMES):
        mdp = make(seed)
        found.append(difference(mdp, skilled_policy(mdp, share), tau, 2))
    return tuple(sorted(found))


def _said(found: tuple[float, ...]) -> str:
    return f"{median(found):.2%} ({found[0]:.2%} to {found[-1]:.2%})"


@check(section="6.3", equation="57-65")
def uniform_policies_update_alike() -> Iterator[Row]:
    """Where training begins: xi is 0 for every action."""
    mdp = dense(0)
    uniform = torch.full_like(mdp.rewards, -math.log(mdp.n_actions))
    for tau in TEMPERATURES:
        yield holds(
            "uniform policy: q-a2c's gradient of every rollout is a2c-proper's",
            difference(mdp, uniform, tau, 2),
            tau=tau,
            **_OF | {"MDPs": 1},
        )


@check(section="6.3", equation="57-65")
def updates_of_one_rollout() -> Iterator[Row]:
    """By temperature, entropy and how often rewards come."""
    for share in ENTROPIES:
        for tau in TEMPERATURES:
            said: dict[str, Any] = {"entropy": f"{share:g} log A", "tau": tau} | _OF
            often, rarely = (
                differences(each, share, tau) for each in ("dense", "sparse")
            )
            yield holds(
                "dense rewards: updates of one rollout are at most tau / 2 apart (RMS, "
                "of A2C's), in every MDP",
                often[-1],
                tolerance=tau / 2,
                observed=_said(often),
                **said,
            )
            yield differs(
                "sparse rewards: they are further apart than with dense ones, by a "
                "share (medians)",
                median(rarely) / median(often) - 1,
                threshold=0.05,
                observed=_said(rarely),
                **said,
            )


@check(section="6.3", equation="57-65")
def updates_in_a_corridor() -> Iterator[Row]:
    """A peaked policy's own gradients are small here; the difference is not."""
    mdp = corridor()
    for share in ENTROPIES:
        for tau in TEMPERATURES:
            found = difference(mdp, skilled_policy(mdp, share), tau, _CORRIDOR["n"])
            said: dict[str, Any] = {
                "observed": f"{found:.2%}",
                "entropy": f"{share:g} log A",
                "tau": tau,
            }
            if share == max(ENTROPIES):
                yield holds(
                    "corridor, nearly uniform: updates of one rollout are at most "
                    "tau / 2 apart (RMS, of A2C's)",
                    found,
                    tolerance=tau / 2,
                    **said | _CORRIDOR,
                )
            else:
                yield differs(
                    "corridor, peaked: updates of one rollout are over tau / 2 apart "
                    "(RMS, of A2C's)",
                    found,
                    threshold=tau / 2,
                    **said | _CORRIDOR,
                )


def _sizes(learner: Learner, tau: float) -> tuple[float, float]:
    """RMS and largest entry of one-step gradients at the corridor's soft optimum."""
    best = soft_policy_iteration(corridor(), tau)
    network = Tables(best.log_policy, best.values)
    rollout, chances = all_rollouts(corridor(), network, 1, Settings(tau))
    gradients = path_gradients(learner, rollout, network)
    return float(chances @ gradients.square().sum(-1)) ** 0.5, float(
        gradients.abs().max()
    )


@check(section="6.3", equation="57-65, 88-90")
def at_the_optimum_they_have_nothing_in_common() -> Iterator[Row]:
    """One step, no chance in the game: Q = y for any action, and A is not 0."""
    for tau in (0.1, 1.0):
        said: dict[str, Any] = {"tau": tau, "S": 5, "A": 2, "n": 1}
        yield holds(
            "deterministic MDP, soft optimum: q-a2c's gradient of every step is 0 "
            "(largest entry, absolute)",
            _sizes(q_learning, tau)[1],
            **said,
        )
        rms, largest = _sizes(actor_critic, tau)
        yield differs(
            "deterministic MDP, soft optimum: a2c-proper's gradient of a step is not 0 "
            "(largest entry, absolute)",
            largest,
            observed=f"RMS {rms:.2g}, all of it noise",
            **said,
        )
