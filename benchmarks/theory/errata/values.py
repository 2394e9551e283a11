"""Errata of values and backups."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from algorithms.entropy import regularizer, soft_value
from benchmarks.theory.errata.misprint import Misprint, erratum
from benchmarks.theory.paper.backups import (
    lambda_backup,
    n_step_values,
    operator_values,
    q_path_target,
    td_sum,
)
from benchmarks.theory.rows import relative_error
from benchmarks.theory.tabular.cases import Case, cases, living
from benchmarks.theory.tabular.grid import TEMPERATURES
from benchmarks.theory.tabular.paths import mean_by_first_state
from benchmarks.theory.tabular.solvers import q_values

N = 3


def with_random_reference(temperature: float) -> Case:
    """The small MDP with a random reference policy."""
    return list(cases(temperature))[-1]


def reference_of(case: Case) -> Tensor:
    """Its reference policy, which is not uniform."""
    reference = case.log_reference
    assert reference is not None
    return reference


@erratum(
    "11",
    section="2.1",
    printed="v = tau log E[exp(q) / tau]",
    corrected="v = tau log E_{pibar} exp(q / tau)",
)
def eq_11() -> Iterator[Misprint]:
    """Against Eq. 13, what the Boltzmann policy earns; alike at tau = 1."""
    for tau in (0.01, 0.1, 10.0):
        case = with_random_reference(tau)
        earned = (case.boltzmann.exp() * case.q).sum(-1) - case.penalty(case.boltzmann)
        mean = (reference_of(case).exp() * case.q.exp() / tau).sum(-1)
        yield Misprint(
            {"tau": tau},
            relative_error(tau * mean.log(), earned),
            relative_error(case.soft_value, earned),
        )


@erratum(
    "37",
    section="3.3",
    printed="T_{pi,n} V = E[sum gamma^t delta_t + gamma^n V(s_n)]",
    corrected="T_{pi,n} V = V(s) + E sum gamma^t delta_t",
)
def eq_37() -> Iterator[Misprint]:
    """Against the operator applied n times."""
    for tau in TEMPERATURES:
        case = with_random_reference(tau)
        paths = case.paths(N)
        weights = paths.probabilities(case.log_policy)
        deltas = case.discounts(N) @ case.td_errors(
            paths, case.soft_value, case.log_policy
        )
        end = (1 - paths.dones[-1]) * paths.bootstrap(case.soft_value)

        def error(x: Tensor, case: Case = case, weights: Tensor = weights) -> float:
            paths = case.paths(N)
            mean = mean_by_first_state(x, weights, paths, case.mdp.n_states)
            operated = operator_values(case, N, case.soft_value, case.log_policy)
            return relative_error(living(mean), living(operated))

        yield Misprint(
            {"tau": tau, "n": N},
            error(deltas + case.mdp.gamma**N * end),
            error(case.soft_value[paths.states[0]] + deltas),
        )


@erratum(
    "38",
    section="3.3",
    printed="T Q(s, a) = E[r + Q(s, a)] - tau REG(s)",
    corrected="T Q(s, a) = E[r + gamma (E_{pi^B} Q(s', a') - tau REG(s'))]",
)
def eq_38() -> Iterator[Misprint]:
    """Against the 1-step target of ``algorithms.targets`` over every successor."""
    for tau in TEMPERATURES:
        case = with_random_reference(tau)
        target = q_path_target(case, 1)
        earned = (case.boltzmann.exp() * case.q).sum(-1) - case.penalty(case.boltzmann)
        printed = case.mdp.rewards + earned.unsqueeze(-1)
        yield Misprint(
            {"tau": tau},
            relative_error(living(printed), living(target)),
            relative_error(living(q_values(case.mdp, earned)), living(target)),
        )


@erratum(
    "41",
    section="3.3",
    printed="T_n Q = E[... + gamma^n V_Q], V_Q without its state, read as V_Q(s_0)",
    corrected="T_n Q = E[... + gamma^n V_Q(s_n)]",
)
def eq_41() -> Iterator[Misprint]:
    """Against the 1-step operator applied n times."""
    for tau in TEMPERATURES:
        case = with_random_reference(tau)
        values = operator_values(case, N - 1, case.soft_value, case.boltzmann)
        operated = q_values(case.mdp, values)
        target = q_path_target(case, N)
        nothing = operator_values(
            case, N - 1, torch.zeros_like(case.soft_value), case.boltzmann
        )
        own = case.mdp.gamma**N * case.soft_value.unsqueeze(-1)
        printed = q_values(case.mdp, nothing) + own
        yield Misprint(
            {"tau": tau, "n": N},
            relative_error(living(printed), living(operated)),
            relative_error(living(target), living(operated)),
        )


@erratum(
    "43",
    section="3.3",
    printed="T_lambda Q = Q(s, a) + E sum (gamma lambda)^t delta_t",
    corrected="T_lambda Q = V_Q(s) + tau REG(s) + E sum (gamma lambda)^t delta_t",
)
def eq_43() -> Iterator[Misprint]:
    """Against ``(1 - lambda) sum_n lambda^(n-1) T_n Q`` with lambda = 0.7."""
    for tau in TEMPERATURES:
        case = with_random_reference(tau)
        mixed, errors = lambda_backup(case, 0.7, 300), td_sum(case, 0.7)
        start = case.soft_value + case.penalty(case.boltzmann)
        yield Misprint(
            {"tau": tau},
            relative_error(living(case.q + errors), living(mixed)),
            relative_error(living(start.unsqueeze(-1) + errors), living(mixed)),
        )


@erratum(
    "54",
    section="4.2",
    printed="sum gamma^d r_{t+d} + gamma^n V(s_{t+n}) = V(s_t) + sum gamma^d delta",
    corrected="the same with r - tau REG for r",
)
def eq_54() -> Iterator[Misprint]:
    """The middle of Eq. 54 against its own right-hand side."""
    for tau in TEMPERATURES:
        case = with_random_reference(tau)
        right = operator_values(case, N, case.soft_value, case.log_policy)
        plain = case._replace(log_reference=case.log_policy)  # REG = 0
        yield Misprint(
            {"tau": tau, "n": N},
            value_error(
                n_step_values(plain, N, case.soft_value, case.log_policy), right
            ),
            value_error(
                n_step_values(case, N, case.soft_value, case.log_policy), right
            ),
        )


def value_error(ours: Tensor, theirs: Tensor) -> float:
    """Relative error of values, where games still go on."""
    return relative_error(living(ours), living(theirs))


@erratum(
    "55",
    section="4.3",
    printed="V_Q = tau log E_a exp(Q / tau), read as a ~ pi",
    corrected="V_Q = tau log E_{a ~ pibar} exp(Q / tau)",
)
def eq_55() -> Iterator[Misprint]:
    """Against ``E_{pi^B} Q - tau REG``."""
    for tau in TEMPERATURES:
        case = with_random_reference(tau)
        earned = (case.boltzmann.exp() * case.q).sum(-1) - case.penalty(case.boltzmann)
        yield Misprint(
            {"tau": tau},
            relative_error(soft_value(case.q, tau, case.boltzmann), earned),
            relative_error(case.soft_value, earned),
        )


@erratum(
    "63 (**)",
    section="4.3",
    printed="E_pi[pi / pibar] = KL(pi || pibar)",
    corrected="E_pi log(pi / pibar) = KL(pi || pibar)",
)
def eq_63() -> Iterator[Misprint]:
    """Both against ``algorithms.entropy.regularizer``."""
    case = with_random_reference(1.0)
    log_ratio = case.log_policy - reference_of(case)
    kl = regularizer(case.log_policy, case.log_reference)
    printed = (case.log_policy.exp() * log_ratio.exp()).sum(-1)
    corrected = (case.log_policy.exp() * log_ratio).sum(-1)
    yield Misprint({}, relative_error(printed, kl), relative_error(corrected, kl))
