"""Control as inference: exact posteriors, and the soft optimum that approximates them.

A step is "optimal" with chance ``p(O_t = 1 | s, a) = exp(r(s, a) / tau)``, up to a
constant, and actions have the prior ``pibar``. Over a horizon ``T`` (no discount):

- Backward messages ``b_t(s, a) = p(O_{t:T} | s, a)`` are a value iteration,
  ``Q = r + tau log E exp(V(s') / tau)``, ``V = tau log E_pibar exp(Q / tau)``. Its
  policy is the posterior ``p(a | s, O)``, and ``tau log p(O)`` its value at the start.
- Structured variational inference keeps the true dynamics in the approximation
  ``q = p(s_0) prod p(s' | s, a) pi_t(a | s)``. The best ``pi`` is soft value iteration,
  ``Q = r + E V(s')``: the paper's Eq. 28-29. Its bound on ``log p(O)`` is
  ``E V_0(s_0) / tau``, tight where dynamics and first state are certain.

Messages hope: their posterior over next states, ``p(s' | s, a, O)``, is not the MDP's.

Source: Levine (2018), Reinforcement learning and control as probabilistic inference,
Sec. 2-3; Todorov (2008), General duality between optimal control and estimation;
Ziebart (2010), Modeling purposeful adaptive behavior, Ch. 5-6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from algorithms.entropy import boltzmann_log_policy, soft_value
from benchmarks.theory.checks import check
from benchmarks.theory.rows import Row, differs, holds, relative_error
from benchmarks.theory.tabular.grid import references, small_mdp
from benchmarks.theory.tabular.mdp import TabularMDP
from benchmarks.theory.tabular.paths import Paths, enumerate_paths, mean_by_first_step
from benchmarks.theory.tabular.solvers import q_values

HORIZON = 4
TEMPERATURES = (0.1, 1.0, 10.0)


class Plan(NamedTuple):
    """A finite-horizon solution, first step first.

    Attributes:
        values: ``V_t``, ``(T, S)``.
        log_policies: ``log pi_t``, ``(T, S, A)``.
    """

    values: Tensor
    log_policies: Tensor


Lookahead = Callable[[TabularMDP, Tensor, float], Tensor]


def expected_lookahead(mdp: TabularMDP, values: Tensor, tau: float) -> Tensor:
    """Soft value iteration's ``Q = r + E V(s')``, ``(S,) -> (S, A)``."""
    return q_values(mdp, values)


def hopeful_lookahead(mdp: TabularMDP, values: Tensor, tau: float) -> Tensor:
    """The messages' ``Q = r + tau log E exp(V(s') / tau)``, ``(S,) -> (S, A)``."""
    after = mdp.alive * values / tau
    return mdp.rewards + tau * torch.logsumexp(mdp.transitions.log() + after, dim=-1)


def plan(
    mdp: TabularMDP,
    lookahead: Lookahead,
    horizon: int,
    tau: float,
    log_reference: Tensor | None = None,
) -> Plan:
    """Back up ``V = tau log E_pibar exp(Q / tau)`` from the end of the horizon."""
    following = torch.zeros_like(mdp.alive)
    values, log_policies = [], []
    for _ in range(horizon):
        q = lookahead(mdp, following, tau)
        following = mdp.alive * soft_value(q, tau, log_reference)
        values.append(following)
        log_policies.append(boltzmann_log_policy(q, tau, log_reference))
    return Plan(torch.stack(values[::-1]), torch.stack(log_policies[::-1]))


def log_evidence(mdp: TabularMDP, messages: Plan, tau: float) -> Tensor:
    """``log p(O) = log E_{s_0} exp(V_0 / tau)`` from the messages."""
    return torch.logsumexp(mdp.start.log() + messages.values[0] / tau, dim=-1)


def path_log_weights(
    mdp: TabularMDP, paths: Paths, log_policies: Tensor, tau: float | None = None
) -> Tensor:
    """``log`` of ``p(s_0) prod p(s'|s,a) pi_t(a|s) [exp(r / tau)]`` of paths, ``(K,)``.

    Args:
        mdp: Not used beyond its shape.
        paths: ``K`` paths of ``T`` steps.
        log_policies: ``(T, S, A)`` or ``(S, A)``.
        tau: Include the chances of being optimal, or None.
    """
    each = log_policies.expand(len(paths), mdp.n_states, mdp.n_actions)
    time = torch.arange(len(paths)).unsqueeze(-1)
    chosen = each[time, paths.states[:-1], paths.actions]
    steps = torch.where(paths.alive > 0, chosen, 0.0)
    if tau is not None:
        steps = steps + paths.rewards / tau
    return paths.chance.log() + steps.sum(0)


def log_prior(mdp: TabularMDP, reference: Tensor | None) -> Tensor:
    """The prior of every action, ``(S, A)``; the counting measure's is 0."""
    return torch.zeros_like(mdp.rewards) if reference is None else reference


def undiscounted() -> TabularMDP:
    """A stochastic MDP with an end, without a discount."""
    return replace(small_mdp(), gamma=1.0)


def cases() -> Iterator[tuple[dict[str, Any], TabularMDP, float, Tensor | None]]:
    """It, with every temperature and prior."""
    mdp = undiscounted()
    for tau in TEMPERATURES:
        for name, reference in references(mdp.n_states, mdp.n_actions):
            yield {"tau": tau, "prior": name, "T": HORIZON}, mdp, tau, reference


@check(section="inference", equation="Levine 2018, Sec. 2.2-2.3", over="prior")
def messages_are_posteriors() -> Iterator[Row]:
    """``log p(O)`` and ``p(a_0 | s_0, O)`` against the sum over every path."""
    for said, mdp, tau, reference in cases():
        messages = plan(mdp, hopeful_lookahead, HORIZON, tau, reference)
        paths = enumerate_paths(mdp, HORIZON)
        joint = path_log_weights(mdp, paths, log_prior(mdp, reference), tau)
        yield holds(
            "log p(O) by backward messages = log of the sum over all paths",
            relative_error(log_evidence(mdp, messages, tau), joint.logsumexp(0)),
            **said,
        )
        posterior = joint.softmax(0)
        shape = (mdp.n_states, mdp.n_actions)
        first = torch.zeros(shape, dtype=torch.float64)
        first.index_put_(
            (paths.states[0], paths.actions[0]), posterior, accumulate=True
        )
        first = first[:-1] / first[:-1].sum(-1, keepdim=True)
        yield holds(
            "p(a_0 | s_0, O) = softmax of the messages",
            relative_error(messages.log_policies[0, :-1].exp(), first),
            **said,
        )


@check(section="inference", equation="Levine 2018, Sec. 2.4")
def messages_hope_in_every_step() -> Iterator[Row]:
    """``p(s_1 | s_0, a_0, O)`` is ``p(s_1 | s_0, a_0) b(s_1)``, not the dynamics."""
    tau, mdp = 1.0, undiscounted()
    messages = plan(mdp, hopeful_lookahead, HORIZON, tau)
    paths = enumerate_paths(mdp, HORIZON)
    weights = path_log_weights(mdp, paths, torch.zeros_like(mdp.rewards), tau).exp()
    tilted = mdp.transitions * (mdp.alive * messages.values[1] / tau).exp()
    tilted = tilted / tilted.sum(-1, keepdim=True)
    errors = []
    for state in range(mdp.n_states):
        arrived = (paths.states[1] == state).double()
        shape = (mdp.n_states, mdp.n_actions)
        brute = mean_by_first_step(arrived, weights, paths, shape)
        errors.append(relative_error(tilted[:-1, :, state], brute[:-1], scale=1.0))
    yield holds(
        "p(s_1 | s_0, a_0, O) is proportional to p(s_1 | s_0, a_0) exp(V(s_1) / tau)",
        max(errors),
        tau=tau,
        T=HORIZON,
    )
    yield differs(
        "p(s_1 | s_0, a_0, O) and the true p(s_1 | s_0, a_0) (absolute)",
        (tilted - mdp.transitions)[:-1].abs().max(),
        tau=tau,
        T=HORIZON,
    )
