"""Errata of values, backups and targets."""

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
from benchmarks.theory.checks import relative_error
from benchmarks.theory.errata.misprint import Misprint, erratum
from benchmarks.theory.paper.backups import (
    lambda_backup,
    n_step_values,
    operator_values,
    q_path_target,
    td_sum,
)
from benchmarks.theory.tabular.cases import Case, cases, living
from benchmarks.theory.tabular.grid import TEMPERATURES, small_mdp
from benchmarks.theory.tabular.mdp import TabularMDP, random_mdp
from benchmarks.theory.tabular.paths import mean_by_first_state
from benchmarks.theory.tabular.solvers import evaluate, q_values, soft_optimum

N = 3


def _with_random_reference(temperature: float) -> Case:
    """The small MDP with a random reference policy."""
    return list(cases(temperature))[-1]


def _reference(case: Case) -> Tensor:
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
        case = _with_random_reference(tau)
        earned = (case.boltzmann.exp() * case.q).sum(-1) - case.penalty(case.boltzmann)
        mean = (_reference(case).exp() * case.q.exp() / tau).sum(-1)
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
        case = _with_random_reference(tau)
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
        case = _with_random_reference(tau)
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
        case = _with_random_reference(tau)
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
        case = _with_random_reference(tau)
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
        case = _with_random_reference(tau)
        right = operator_values(case, N, case.soft_value, case.log_policy)
        plain = case._replace(log_reference=case.log_policy)  # REG = 0
        yield Misprint(
            {"tau": tau, "n": N},
            _value_error(
                n_step_values(plain, N, case.soft_value, case.log_policy), right
            ),
            _value_error(
                n_step_values(case, N, case.soft_value, case.log_policy), right
            ),
        )


def _value_error(ours: Tensor, theirs: Tensor) -> float:
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
        case = _with_random_reference(tau)
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
    case = _with_random_reference(1.0)
    log_ratio = case.log_policy - _reference(case)
    kl = regularizer(case.log_policy, case.log_reference)
    printed = (case.log_policy.exp() * log_ratio.exp()).sum(-1)
    corrected = (case.log_policy.exp() * log_ratio).sum(-1)
    yield Misprint({}, relative_error(printed, kl), relative_error(corrected, kl))


@erratum(
    "79-80",
    section="6.1",
    printed="returns without bootstrap: sum_{d<n} gamma^d (r - tau REG)",
    corrected="sum_{d<n} gamma^d (r - tau REG) + gamma^n V(s_n)",
)
def eq_79_80() -> Iterator[Misprint]:
    """Mean return against ``V_pi``, bootstrapped with ``V_pi`` itself."""
    for tau in TEMPERATURES:
        case = _with_random_reference(tau)
        exact = evaluate(case.mdp, case.log_policy, tau, case.log_reference)
        cut = n_step_values(case, N, torch.zeros_like(exact), case.log_policy)
        full = n_step_values(case, N, exact, case.log_policy)
        yield Misprint(
            {"tau": tau, "n": N}, _value_error(cut, exact), _value_error(full, exact)
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
        log_policy = _with_random_reference(tau).log_policy
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
        reference = _reference(_with_random_reference(tau))
        best = soft_optimum(mdp, tau, reference)
        printed = evaluate(mdp, torch.log_softmax(best.q, -1), tau, reference)
        policy = boltzmann_log_policy(best.q, tau, reference)
        corrected = evaluate(mdp, policy, tau, reference)
        yield Misprint(
            {"tau": tau},
            _value_error(printed, best.values),
            _value_error(corrected, best.values),
        )
