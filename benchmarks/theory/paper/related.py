"""Section 7: path consistency learning (Eq. 88-90) and PGQ (Eq. 87 corrected).

PCL asks of any path that ``C = -V(s_0) + sum gamma^t (r_t - tau log(pi/pibar)) +
gamma^n V(s_n)`` be 0. With ``Q = V + tau log(pi/pibar)`` it is a sum of 1-step errors::

    C = sum_t gamma^t (r_t + gamma V(s_{t+1}) - Q(s_t, a_t))

PGQ reads a Q-function off any policy, ``Q~ = V + tau (log pi + S)``; where the *naive*
policy gradient (bonus in its own step only) stands still, ``Q~`` is the plain ``Q_pi``.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from algorithms.entropy import (
    boltzmann_log_policy,
    q_from_policy,
    regularizer,
    soft_value,
)
from algorithms.targets import discounted_path_return, q_target, sampled_penalty
from benchmarks.theory.checks import check
from benchmarks.theory.rows import Row, differs, holds, relative_error
from benchmarks.theory.tabular.cases import Case
from benchmarks.theory.tabular.grid import (
    TEMPERATURES,
    log_policy_like,
    references,
    small_mdp,
)
from benchmarks.theory.tabular.mdp import TabularMDP, chain_mdp
from benchmarks.theory.tabular.paths import Paths, enumerate_paths, mean_by_first_step
from benchmarks.theory.tabular.solvers import evaluate, q_values, soft_optimum

N = 4


def consistency_error(
    case: Case, paths: Paths, values: Tensor, log_policy: Tensor
) -> Tensor:
    """``C`` of each path, Eq. 88-90, ``(K,)``, with the targets of ``algorithms``."""
    q = q_from_policy(values, log_policy, case.temperature, case.log_reference)
    penalty = sampled_penalty(
        paths.of_states(q), paths.of_states(values), paths.actions
    )
    charged = paths.alive * penalty
    earned = discounted_path_return(
        paths.rewards.T, charged[1:].T, paths.alive.T, case.mdp.gamma
    )
    target = q_target(
        earned, paths.dones[-1], paths.bootstrap(values), case.mdp.gamma ** len(paths)
    )
    return target - charged[0] - values[paths.states[0]]


def _deterministic() -> tuple[TabularMDP, Tensor]:
    """The corridor, started anywhere."""
    mdp = chain_mdp()
    anywhere = torch.full((mdp.n_states,), 1 / mdp.n_states, dtype=torch.float64)
    return mdp, anywhere


@check(section="7", equation="88-90", over="reference")
def path_consistency() -> Iterator[Row]:
    """``C = 0`` on every path of a deterministic MDP, in the mean of a random one."""
    deterministic, anywhere = _deterministic()
    for tau in TEMPERATURES:
        zero = torch.zeros(())
        for name, reference in references(deterministic.n_states, 2):
            best = soft_optimum(deterministic, tau, reference)
            case = Case(deterministic, best.q, best.log_policy, tau, reference)
            paths = enumerate_paths(deterministic, N, anywhere)
            errors = consistency_error(case, paths, best.values, best.log_policy)
            yield holds(
                "C = 0 at the soft optimum on every path, deterministic MDP",
                relative_error(errors, zero, scale=best.q.abs().max()),
                tau=tau,
                reference=name,
                n=N,
            )
        yield from _stochastic(tau)


def _stochastic(tau: float) -> Iterator[Row]:
    """Stochastic transitions: unbiased for any behaviour, but not 0 path by path."""
    mdp, zero = small_mdp(), torch.zeros(())
    best = soft_optimum(mdp, tau)
    case = Case(mdp, best.q, best.log_policy, tau, None)
    paths = enumerate_paths(mdp, N)
    errors = consistency_error(case, paths, best.values, best.log_policy)
    behaviour = paths.probabilities(log_policy_like(mdp), given_actions=1)
    shape = (mdp.n_states, mdp.n_actions)
    means = mean_by_first_step(errors, behaviour, paths, shape)[:-1]
    size = best.q.abs().max()
    yield holds(
        "E[C | s_0, a_0] = 0 at the soft optimum under any behaviour, random MDP",
        relative_error(means, zero, scale=size),
        tau=tau,
        n=N,
    )
    yield differs(
        "C itself is not 0 there: minimising C^2 is biased by the transitions' noise",
        relative_error(errors, zero, scale=size),
        tau=tau,
        n=N,
    )


@check(section="7", equation="88-90", over="reference")
def consistency_is_a_sum_of_q_errors() -> Iterator[Row]:
    """For any V and pi, C is a sum of 1-step errors of their Q (the module's head)."""
    mdp = small_mdp()
    for tau in TEMPERATURES:
        for name, reference in references(mdp.n_states, mdp.n_actions):
            log_policy = log_policy_like(mdp)
            values = log_policy_like(mdp, 12)[:, 0]
            q = q_from_policy(values, log_policy, tau, reference)
            case = Case(mdp, q, log_policy, tau, reference)
            paths = enumerate_paths(mdp, N)
            following = (1 - paths.dones) * values[paths.states[1:]]
            one_step = paths.rewards + mdp.gamma * following - paths.of_actions(q)
            total = case.discounts(N) @ (paths.alive * one_step)
            errors = consistency_error(case, paths, values, log_policy)
            yield holds(
                "C = sum gamma^t (r + gamma V(s') - Q(s, a)), any V and pi, every path",
                relative_error(errors, total),
                tau=tau,
                reference=name,
                n=N,
            )


def naive_fixed_point(mdp: TabularMDP, tau: float, steps: int = 4000) -> Tensor:
    """``log pi`` with ``pi = softmax(Q_pi / tau)``, ``Q_pi`` of the plain rewards.

    There the policy gradient with a bonus in its own step only is 0 in every state.
    """
    log_policy = torch.zeros_like(mdp.rewards) - torch.log(
        torch.tensor(mdp.n_actions, dtype=torch.float64)
    )
    for _ in range(steps):
        q = q_values(mdp, evaluate(mdp, log_policy))
        following = boltzmann_log_policy(q, tau)
        move = (following - log_policy).abs().max()
        log_policy = torch.log_softmax(0.5 * (log_policy + following), -1)
        if move < 1e-14:
            break
    return log_policy


@check(section="7", equation="87")
def pgq_reads_q_off_the_policy() -> Iterator[Row]:
    """PGQ's Q at the naive fixed point, and its soft value anywhere."""
    mdp = small_mdp()
    for tau in (0.1, 1.0, 10.0):
        log_policy = naive_fixed_point(mdp, tau)
        values = evaluate(mdp, log_policy)
        exact = q_values(mdp, values)
        read = q_from_policy(values, log_policy, tau) - tau * regularizer(
            log_policy
        ).unsqueeze(-1)
        yield holds(
            "Q~ = V + tau (log pi + S) = plain Q_pi where naive A2C stands still",
            relative_error(read[:-1], exact[:-1]),
            tau=tau,
        )
        proper = soft_optimum(mdp, tau)
        own = q_from_policy(proper.values, proper.log_policy, tau)
        yield holds(
            "Q = V + tau log pi = Q_soft where proper A2C stands still",
            relative_error(own[:-1], proper.q[:-1]),
            tau=tau,
        )
        shift = soft_value(read, tau) - values + tau * regularizer(log_policy)
        yield holds(
            "soft value of Q~ = V + tau S: PGQ's Q is a soft one, shifted by tau S",
            relative_error(shift, torch.zeros(()), scale=exact.abs().max()),
            tau=tau,
        )
