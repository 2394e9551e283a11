"""Soft value iteration as structured variational inference, and its bound.

With the true dynamics in ``q(path) = p(s_0) prod p(s' | s, a) pi_t(a | s)``, the bound
is the soft return: ``log p(O) >= E_q[sum r / tau - REG(pi_t)] = J(pi) / tau``. Hence::

    max bound           = E V_0(s_0) / tau       of soft value iteration
    max bound - bound   = sum_t E KL(pi_t || best pi_t)
    log p(O) - bound    = KL(q(path) || p(path | O))

Source: Levine (2018), Sec. 3; Ziebart (2010), Ch. 5; :mod:`messages` for the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from algorithms.entropy import regularizer, uniform_log_reference
from benchmarks.theory.checks import check
from benchmarks.theory.inference.messages import (
    HORIZON,
    TEMPERATURES,
    cases,
    expected_lookahead,
    hopeful_lookahead,
    log_evidence,
    log_prior,
    path_log_weights,
    plan,
    undiscounted,
)
from benchmarks.theory.rows import Row, differs, holds, relative_error
from benchmarks.theory.tabular.grid import log_policy_like, references, small_mdp
from benchmarks.theory.tabular.mdp import TabularMDP, chain_mdp
from benchmarks.theory.tabular.paths import Paths, enumerate_paths
from benchmarks.theory.tabular.solvers import policy_values, soft_optimum


def bound(
    mdp: TabularMDP,
    paths: Paths,
    log_policies: Tensor,
    tau: float,
    reference: Tensor | None,
) -> Tensor:
    """``E_q[log p(path, O) - log q(path)]`` over every path: the ELBO."""
    joint = path_log_weights(mdp, paths, log_prior(mdp, reference), tau)
    own = path_log_weights(mdp, paths, log_policies)
    return own.exp() @ (joint - own)


@check(section="inference", equation="Levine 2018, Sec. 3.2", over="prior")
def soft_values_are_a_variational_bound() -> Iterator[Row]:
    """Soft value iteration maximises the bound, and how far off the bound is."""
    for said, mdp, tau, reference in cases():
        best = plan(mdp, expected_lookahead, HORIZON, tau, reference)
        paths = enumerate_paths(mdp, HORIZON)
        reached = bound(mdp, paths, best.log_policies, tau, reference)
        yield holds(
            "bound of soft value iteration's policy, all paths = E V_0(s_0) / tau",
            relative_error(reached, (mdp.start * best.values[0]).sum() / tau),
            **said,
        )
        other = log_policy_like(mdp).expand(HORIZON, -1, -1)
        apart = _expected_kl(mdp, other, best.log_policies)
        yield holds(
            "any other policy's bound is less by sum_t E KL(pi || best pi_t)",
            relative_error(bound(mdp, paths, other, tau, reference), reached - apart),
            **said,
        )
        evidence = log_evidence(
            mdp, plan(mdp, hopeful_lookahead, HORIZON, tau, reference), tau
        )
        joint = path_log_weights(mdp, paths, log_prior(mdp, reference), tau)
        own = path_log_weights(mdp, paths, best.log_policies)
        gap = own.exp() @ (own - joint.log_softmax(0))
        yield holds(
            "log p(O) - bound = KL(q(path) || p(path | O))",
            relative_error(evidence - reached, gap, scale=1 + evidence.abs()),
            **said,
        )


@check(section="inference", equation="Levine 2018, Sec. 3.2")
def uncertain_dynamics_leave_a_gap() -> Iterator[Row]:
    """What soft value iteration gives up by not believing in good luck."""
    mdp = undiscounted()
    reference = uniform_log_reference(mdp.n_actions).expand_as(mdp.rewards)
    for tau in TEMPERATURES:
        messages, best = (
            plan(mdp, each, HORIZON, tau, reference)
            for each in (hopeful_lookahead, expected_lookahead)
        )
        reached = (mdp.start * best.values[0]).sum() / tau
        gap = log_evidence(mdp, messages, tau) - reached
        yield differs(
            "log p(O) - bound where dynamics and first state are uncertain (nats)",
            gap,
            threshold=1e-6,
            observed=f"{gap:.2g} nats",
            tau=tau,
            prior="uniform",
            T=HORIZON,
        )


def _expected_kl(mdp: TabularMDP, log_policies: Tensor, others: Tensor) -> Tensor:
    """``sum_t E_{s_t} KL(pi_t || pi'_t)`` under the first policies, a scalar."""
    total, visits = torch.zeros((), dtype=torch.float64), mdp.start
    for log_policy, other in zip(log_policies, others, strict=True):
        visits = mdp.alive * visits
        total = total + (visits * regularizer(log_policy, other)).sum()
        flow = visits.unsqueeze(-1) * log_policy.exp()
        visits = (flow.unsqueeze(-1) * mdp.transitions).sum((0, 1))
    return total


@check(section="inference", equation="Levine 2018, Sec. 3.2")
def certain_dynamics_make_the_bound_tight() -> Iterator[Row]:
    """The corridor: no gap from a known first state, Jensen's from an unknown one."""
    mdp = replace(chain_mdp(), gamma=1.0)
    anywhere = torch.full((mdp.n_states,), 1 / mdp.n_states, dtype=torch.float64)
    for tau in TEMPERATURES:
        best = plan(mdp, expected_lookahead, 6, tau)
        messages = plan(mdp, hopeful_lookahead, 6, tau)
        yield holds(
            "deterministic MDP: messages = soft value iteration",
            relative_error(messages.values, best.values),
            tau=tau,
            T=6,
        )
        values = best.values[0] / tau
        gap = torch.logsumexp(anywhere.log() + values, 0) - (anywhere * values).sum()
        yield differs(
            "there, log p(O) - bound from an unknown first state (nats)",
            gap,
            threshold=1e-6,
            observed=f"{gap:.2g} nats",
            tau=tau,
            T=6,
        )


@check(section="inference", equation="2; Levine 2018, Sec. 2.1", over="prior")
def action_priors_are_rewards() -> Iterator[Row]:
    """A prior ``pibar`` with ``r`` is no prior with ``r + tau log pibar``."""
    mdp = small_mdp()
    for tau in TEMPERATURES:
        for name, reference in references(mdp.n_states, mdp.n_actions):
            if reference is None:
                continue
            folded = replace(mdp, rewards=mdp.rewards + tau * reference)
            prior, free = soft_optimum(mdp, tau, reference), soft_optimum(folded, tau)
            yield holds(
                "the same soft policy from the prior and from r + tau log pibar",
                relative_error(free.log_policy.exp(), prior.log_policy.exp()),
                tau=tau,
                prior=name,
            )
            yield holds(
                "the same soft values, and V = E_pi Q - tau KL(pi || pibar)",
                max(
                    relative_error(free.values, prior.values),
                    relative_error(
                        policy_values(prior.q, prior.log_policy, tau, reference)[:-1],
                        prior.values[:-1],
                    ),
                ),
                tau=tau,
                prior=name,
            )
