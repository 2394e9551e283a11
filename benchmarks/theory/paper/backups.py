"""Section 3: values and backup operators of MDPs, one step, n steps and lambda.

Operators are matrices (:mod:`solvers`); what they are checked against is the mean of
the targets of ``algorithms.targets`` over every path (:mod:`paths`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from algorithms.entropy import regularizer, soft_value
from algorithms.targets import (
    discounted_path_return,
    expected_penalty,
    n_step_returns,
    q_target,
)
from benchmarks.theory.checks import check
from benchmarks.theory.rows import Row, holds, relative_error
from benchmarks.theory.tabular.cases import Case, cases, living
from benchmarks.theory.tabular.grid import (
    N_STEPS,
    TEMPERATURES,
    log_policy_like,
    references,
)
from benchmarks.theory.tabular.mdp import random_mdp
from benchmarks.theory.tabular.paths import (
    mean_by_first_state,
    mean_by_first_step,
)
from benchmarks.theory.tabular.solvers import (
    evaluate,
    policy_values,
    q_values,
    soft_optimum,
    state_transitions,
)


def largest(temperature: float, error_of: Callable[[Case], float]) -> float:
    """The largest error over the cases of a temperature."""
    return max(error_of(case) for case in cases(temperature))


@check(section="3.1", equation="26-27")
def values_are_what_paths_earn() -> Iterator[Row]:
    """``V_pi`` of the linear solve against every path; ``V = E Q - tau REG``."""

    def error(case: Case) -> float:
        arguments = (case.log_policy, case.temperature, case.log_reference)
        values = evaluate(case.mdp, *arguments)
        q = q_values(case.mdp, values)
        errors = [relative_error(living(policy_values(q, *arguments)), living(values))]
        for n in N_STEPS:
            earned = n_step_values(case, n, values, case.log_policy)
            errors.append(relative_error(living(earned), living(values)))
        return max(errors)

    for tau in TEMPERATURES:
        yield holds(
            "V_pi (linear solve) = E sum gamma^t (r - tau REG) + gamma^n V_pi(s_n)",
            largest(tau, error),
            tau=tau,
            n="1..5",
        )


def n_step_values(case: Case, n: int, values: Tensor, log_policy: Tensor) -> Tensor:
    """``E[R_0 | s_0]`` of n-step regularised returns over every path, ``(S,)``."""
    paths = case.paths(n)
    returns = n_step_returns(
        case.regularized(paths, log_policy),
        paths.dones,
        paths.bootstrap(values),
        case.mdp.gamma,
    )
    weights = paths.probabilities(log_policy)
    return mean_by_first_state(returns[0], weights, paths, case.mdp.n_states)


def operator_values(case: Case, n: int, values: Tensor, log_policy: Tensor) -> Tensor:
    """``(T_pi)^n V`` by matrices, ``(S,)``."""
    for _ in range(n):
        values = case.backup(values, log_policy)
    return values


@check(section="3.2", equation="28-31")
def boltzmann_policy_is_greedy() -> Iterator[Row]:
    """``E_pi Q - tau REG(pi) = V_Q - tau KL(pi || pi^B_Q)`` in every state."""

    def error(case: Case) -> float:
        arguments = (case.log_policy, case.temperature, case.log_reference)
        apart = case.temperature * regularizer(case.log_policy, case.boltzmann)
        own = policy_values(case.q, case.boltzmann, *arguments[1:])
        return max(
            relative_error(policy_values(case.q, *arguments), case.soft_value - apart),
            relative_error(own, case.soft_value),
        )

    for tau in TEMPERATURES:
        yield holds(
            "E_pi Q - tau REG(pi) = V_Q - tau KL(pi || pi^B_Q), any pi and pi^B_Q",
            largest(tau, error),
            tau=tau,
        )


@check(section="3.3", equation="32-37")
def n_step_policy_backups() -> Iterator[Row]:
    """``(T_pi)^n V`` against every path, as returns and as TD errors (Eq. 37)."""

    def returns(case: Case) -> float:
        return max(
            relative_error(
                living(n_step_values(case, n, case.soft_value, case.log_policy)),
                living(operator_values(case, n, case.soft_value, case.log_policy)),
            )
            for n in N_STEPS
        )

    def errors(case: Case) -> float:
        found = []
        for n in N_STEPS:
            paths = case.paths(n)
            deltas = case.td_errors(paths, case.soft_value, case.log_policy)
            total = case.soft_value[paths.states[0]] + case.discounts(n) @ deltas
            weights = paths.probabilities(case.log_policy)
            mean = mean_by_first_state(total, weights, paths, case.mdp.n_states)
            operated = operator_values(case, n, case.soft_value, case.log_policy)
            found.append(relative_error(living(mean), living(operated)))
        return max(found)

    for tau in TEMPERATURES:
        said = {"tau": str(tau), "n": "1..5"}
        yield _row(
            "T_{pi,n} V = E[sum gamma^t (r - tau REG) + gamma^n V]", returns, said
        )
        yield _row("T_{pi,n} V = V + E sum gamma^t delta_t", errors, said)


def _row(
    statement: str, error_of: Callable[[Case], float], said: dict[str, str]
) -> Row:
    error = largest(float(said["tau"]), error_of)
    return holds(statement, error, tau=said["tau"], n=said["n"])


@check(section="3.3", equation="38-41, 46")
def n_step_q_backups() -> Iterator[Row]:
    """Soft n-step Q-targets over every path after a given first action."""

    def error(case: Case) -> float:
        found = []
        for n in N_STEPS:
            values = operator_values(case, n - 1, case.soft_value, case.boltzmann)
            operated = q_values(case.mdp, values)
            mean = q_path_target(case, n)
            found.append(relative_error(living(mean), living(operated)))
        return max(found)

    for tau in TEMPERATURES:
        yield _row(
            "T_n Q = E[r_0 + sum_{0<t<n} gamma^t (r - tau REG) + gamma^n V_Q(s_n)]",
            error,
            {"tau": str(tau), "n": "1..5"},
        )


def q_path_target(case: Case, n: int) -> Tensor:
    """Mean target of ``algorithms.targets`` given the first step, ``(S, A)``."""
    paths = case.paths(n)
    penalty = expected_penalty(case.q, case.soft_value, case.boltzmann)
    intermediate = (paths.alive * paths.of_states(penalty))[1:]
    earned = discounted_path_return(
        paths.rewards.T, intermediate.T, paths.alive.T, case.mdp.gamma
    )
    target = q_target(
        earned, paths.dones[-1], paths.bootstrap(case.soft_value), case.mdp.gamma**n
    )
    weights = paths.probabilities(case.boltzmann, given_actions=1)
    return mean_by_first_step(target, weights, paths, case.q.shape)  # type: ignore[arg-type]


@check(section="3.3", equation="42-47")
def td_errors_and_lambda() -> Iterator[Row]:
    """Eq. 43 corrected and Eq. 47: targets as sums of TD errors from V, not Q."""

    def n_steps(case: Case) -> float:
        return max(
            relative_error(living(td_target(case, n)), living(q_path_target(case, n)))
            for n in N_STEPS
        )

    def mixed(case: Case, decay: float = 0.7, terms: int = 300) -> float:
        geometric = lambda_backup(case, decay, terms)
        closed = td_sum(case, decay)
        start = case.soft_value + case.penalty(case.boltzmann)
        return relative_error(living(start.unsqueeze(-1) + closed), living(geometric))

    for tau in TEMPERATURES:
        said = {"tau": str(tau), "n": "1..5"}
        yield _row("n-step target = V_Q + tau REG + sum gamma^t delta_t", n_steps, said)
        yield _row(
            "T_lambda Q = V_Q + tau REG + E sum (gamma lambda)^t delta_t, lambda = 0.7",
            mixed,
            said | {"n": "all"},
        )


def td_target(case: Case, n: int) -> Tensor:
    """``V_Q + tau REG + E[sum_{t<n} gamma^t delta_t | s_0, a_0]`` (Eq. 47)."""
    paths = case.paths(n)
    deltas = case.td_errors(paths, case.soft_value, case.boltzmann)
    weights = paths.probabilities(case.boltzmann, given_actions=1)
    shape: tuple[int, int] = case.q.shape  # type: ignore[assignment]
    mean = mean_by_first_step(case.discounts(n) @ deltas, weights, paths, shape)
    start = case.soft_value + case.penalty(case.boltzmann)
    return start.unsqueeze(-1) + mean


def lambda_backup(case: Case, decay: float, terms: int) -> Tensor:
    """``(1 - lambda) sum_n lambda^(n-1) T_n Q`` by matrices, ``(S, A)``."""
    total, values = torch.zeros_like(case.q), case.soft_value
    for n in range(terms):
        total = total + (1 - decay) * decay**n * q_values(case.mdp, values)
        values = case.backup(values, case.boltzmann)
    return total


def td_sum(case: Case, decay: float) -> Tensor:
    """``E[sum_t (gamma lambda)^t delta_t | s_0, a_0]``, ``(S, A)``, a linear solve."""
    values, policy = case.soft_value, case.boltzmann
    penalty = case.penalty(policy).unsqueeze(-1)
    first = q_values(case.mdp, values) - penalty - values.unsqueeze(-1)
    mean = case.mdp.alive * (policy.exp() * first).sum(-1)
    factor = decay * case.mdp.gamma
    chances = state_transitions(case.mdp, policy)
    system = torch.eye(case.mdp.n_states, dtype=torch.float64) - factor * chances
    later = torch.linalg.solve(system, mean)
    following = case.mdp.transitions @ (case.mdp.alive * later)
    return first + factor * following


@check(section="3.3", equation="35, 38-39", over="reference")
def soft_backups_contract() -> Iterator[Row]:
    """The soft backup shrinks distances by gamma; its fixed point is its policy's Q."""
    mdp = random_mdp(5, n_states=6, n_actions=4, gamma=0.9)
    for tau in TEMPERATURES:
        for name, reference in references(6, 4):
            optimum = soft_optimum(mdp, tau, reference)
            earned = evaluate(mdp, optimum.log_policy, tau, reference)
            yield holds(
                "V of the soft fixed point = V_pi of its Boltzmann policy",
                relative_error(optimum.values, earned),
                tau=tau,
                reference=name,
            )
        a, b = (log_policy_like(mdp, seed) for seed in (1, 2))
        apart = [q_values(mdp, soft_value(q, tau)) for q in (a, b)]
        modulus = float((apart[0] - apart[1]).abs().max() / (a - b).abs().max())
        yield holds(
            "the soft backup's modulus exceeds gamma by (absolute)",
            max(0.0, modulus - mdp.gamma),
            tau=tau,
            observed=f"distance shrinks by {modulus:.3f}, gamma = {mdp.gamma}",
        )
