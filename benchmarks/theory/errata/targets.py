"""Errata of returns, of targets and of policies."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from algorithms.entropy import boltzmann_log_policy, regularizer, soft_value
from algorithms.targets import (
    printed_soft_entropy_target,
    printed_soft_kl_target,
    q_target,
)
from benchmarks.theory.errata.misprint import Misprint, erratum
from benchmarks.theory.errata.values import (
    N,
    reference_of,
    value_error,
    with_random_reference,
)
from benchmarks.theory.paper.backups import (
    n_step_values,
)
from benchmarks.theory.rows import relative_error
from benchmarks.theory.tabular.grid import TEMPERATURES, small_mdp
from benchmarks.theory.tabular.mdp import TabularMDP, random_mdp
from benchmarks.theory.tabular.solvers import evaluate, soft_optimum


@erratum(
    "79-80",
    section="6.1",
    printed="returns without bootstrap: sum_{d<n} gamma^d (r - tau REG)",
    corrected="sum_{d<n} gamma^d (r - tau REG) + gamma^n V(s_n)",
)
def eq_79_80() -> Iterator[Misprint]:
    """Mean return against ``V_pi``, bootstrapped with ``V_pi`` itself."""
    for tau in TEMPERATURES:
        case = with_random_reference(tau)
        exact = evaluate(case.mdp, case.log_policy, tau, case.log_reference)
        cut = n_step_values(case, N, torch.zeros_like(exact), case.log_policy)
        full = n_step_values(case, N, exact, case.log_policy)
        yield Misprint(
            {"tau": tau, "n": N}, value_error(cut, exact), value_error(full, exact)
        )


_Target = Callable[[Tensor, Tensor, Tensor, float, float], Tensor]
BACKUPS = 10


def _iterate(mdp: TabularMDP, target: _Target, q: Tensor, tau: float) -> Tensor:
    """``BACKUPS`` expected targets in a row, starting at ``q``."""
    shape = mdp.transitions.shape
    rewards = mdp.rewards.unsqueeze(-1).expand(shape)
    terminated = mdp.terminal.double().expand(shape)
    for _ in range(BACKUPS):
        following = q.expand(*shape, mdp.n_actions)
        targets = target(rewards, terminated, following, mdp.gamma, tau)
        q = (mdp.transitions * targets).sum(-1)
    return q


def _corrected_target(log_reference: Tensor | None) -> _Target:
    def target(
        rewards: Tensor, terminated: Tensor, q_next: Tensor, gamma: float, tau: float
    ) -> Tensor:
        values = soft_value(q_next, tau, log_reference)
        return q_target(rewards, terminated, values, gamma)

    return target


def _divergence(printed: _Target, reference: Tensor | None) -> Iterator[Misprint]:
    mdp = random_mdp(1, n_states=5, n_actions=3)
    for tau in (0.01, 0.1, 10.0):
        fixed = soft_optimum(mdp, tau, reference).q
        yield Misprint(
            {"tau": tau, "backups": BACKUPS},
            relative_error(_iterate(mdp, printed, fixed, tau), fixed),
            relative_error(
                _iterate(mdp, _corrected_target(reference), fixed, tau), fixed
            ),
        )


@erratum(
    "82",
    section="6.2",
    printed="y = r + gamma log sum_a exp(Q / tau) - log A (modulus gamma / tau)",
    corrected="y = r + gamma (1 - d) tau (log sum_a exp(Q / tau) - log A)",
)
def eq_82() -> Iterator[Misprint]:
    """How far 10 backups leave the soft (KL) fixed point, relative to it."""
    uniform = torch.full((3,), 1 / 3, dtype=torch.float64).log()
    yield from _divergence(printed_soft_kl_target, uniform)


@erratum(
    "83",
    section="6.2",
    printed="y = r + gamma log sum_a exp(Q / tau) (modulus gamma / tau)",
    corrected="y = r + gamma (1 - d) tau log sum_a exp(Q / tau)",
)
def eq_83() -> Iterator[Misprint]:
    """How far 10 backups leave the soft (entropy) fixed point, relative to it."""
    yield from _divergence(printed_soft_entropy_target, None)


@erratum(
    "87",
    section="7",
    printed="PGQ: Q = V + tau (log pi + tau S)",
    corrected="PGQ: Q = V + tau (log pi + S), S the entropy",
)
def eq_87() -> Iterator[Misprint]:
    """``E_pi Q`` against V, in units of tau: V is the mean of a Q of its policy."""
    for tau in (0.01, 0.1, 10.0):
        log_policy = with_random_reference(tau).log_policy
        probabilities, entropy = log_policy.exp(), -regularizer(log_policy)
        zero = torch.zeros(())

        def mean(
            bonus: Tensor, p: Tensor = probabilities, log_p: Tensor = log_policy
        ) -> Tensor:
            return (p * (log_p + bonus.unsqueeze(-1))).sum(-1)

        yield Misprint(
            {"tau": tau},
            relative_error(mean(tau * entropy), zero),
            relative_error(mean(entropy), zero),
        )


@erratum(
    "introduction",
    section="1",
    printed="optimal pi is proportional to exp(Q)",
    corrected="optimal pi is proportional to pibar exp(Q / tau)",
)
def introduction() -> Iterator[Misprint]:
    """Return lost by the policy, relative to the optimal regularised return."""
    mdp = small_mdp()
    for tau in (0.01, 0.1, 10.0):
        reference = reference_of(with_random_reference(tau))
        best = soft_optimum(mdp, tau, reference)
        printed = evaluate(mdp, torch.log_softmax(best.q, -1), tau, reference)
        policy = boltzmann_log_policy(best.q, tau, reference)
        corrected = evaluate(mdp, policy, tau, reference)
        yield Misprint(
            {"tau": tau},
            value_error(printed, best.values),
            value_error(corrected, best.values),
        )
