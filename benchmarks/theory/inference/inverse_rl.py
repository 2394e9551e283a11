"""Maximum causal entropy inverse RL, and what the posterior's dynamics do to it.

An expert acts by a soft plan (:mod:`messages`, tau = 1). Its visits ``mu_E(s, a)``
over the horizon are known exactly. A reward ``theta(s, a)`` is fitted by maximising::

    causal      theta . mu_E - E V_0(s_0)      soft value iteration, true dynamics
    messages    theta . mu_E - log p(O)        the posterior over paths

Both are concave, with the gradient ``mu_E`` less the model's own visits. The first is
the log-likelihood of the expert's actions. The second explains the expert's luck by
intentions: its visits match under dynamics that are not those of the MDP.

Source: Ziebart (2010), Ch. 6; Ziebart et al. (2008) for the second;
Levine (2018), Sec. 5.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor
from torch.autograd.functional import hessian

from benchmarks.theory.checks import check
from benchmarks.theory.inference.messages import (
    Plan,
    expected_lookahead,
    hopeful_lookahead,
    log_evidence,
    path_log_weights,
    plan,
)
from benchmarks.theory.rows import Row, differs, holds, relative_error
from benchmarks.theory.tabular.mdp import TabularMDP, chain_mdp, random_mdp
from benchmarks.theory.tabular.paths import enumerate_paths

HORIZON = 5
_RIDGE = 1e-9  # rewards that no policy can tell apart leave the Hessian singular


def with_reward(mdp: TabularMDP, rewards: Tensor) -> TabularMDP:
    """The same dynamics with rewards ``theta``, ``(S, A)``."""
    return replace(mdp, rewards=rewards)


def soft_plan(mdp: TabularMDP, rewards: Tensor) -> Plan:
    """Soft value iteration of a reward."""
    return plan(with_reward(mdp, rewards), expected_lookahead, HORIZON, 1.0)


def causal_potential(mdp: TabularMDP, rewards: Tensor) -> Tensor:
    """``E V_0(s_0)``, whose gradient is the soft plan's visits; a scalar."""
    return (mdp.start * soft_plan(mdp, rewards).values[0]).sum()


def messages_potential(mdp: TabularMDP, rewards: Tensor) -> Tensor:
    """``log p(O)``, whose gradient is the posterior's visits; a scalar."""
    hoped = with_reward(mdp, rewards)
    return log_evidence(hoped, plan(hoped, hopeful_lookahead, HORIZON, 1.0), 1.0)


def visits(mdp: TabularMDP, log_policies: Tensor) -> Tensor:
    """``sum_t P(s_t = s, a_t = a)`` under the true dynamics, ``(S, A)``."""
    total, now = torch.zeros_like(mdp.rewards), mdp.start
    for log_policy in log_policies:
        flow = (mdp.alive * now).unsqueeze(-1) * log_policy.exp()
        total = total + flow
        now = (flow.unsqueeze(-1) * mdp.transitions).sum((0, 1))
    return total


def slope_of(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The gradient of a scalar function, like ``x``."""
    x = x.detach().requires_grad_()
    return torch.autograd.grad(function(x), x)[0]


def fit(potential: Callable[[Tensor], Tensor], observed: Tensor) -> Tensor:
    """``argmax_theta theta . mu - potential(theta)`` by Newton's method, ``(S, A)``.

    Args:
        potential: Convex, of ``(S, A)``.
        observed: ``mu``, ``(S, A)``.
    """
    shape, n = observed.shape, observed.numel()

    def loss(theta: Tensor) -> Tensor:
        return potential(theta.view(shape)) - theta @ observed.flatten()

    theta = torch.zeros(n, dtype=torch.float64)
    for _ in range(60):
        slope = slope_of(loss, theta)
        if slope.abs().max() < 1e-13:
            break
        curve = hessian(loss, theta) + _RIDGE * torch.eye(n).double()
        theta = _descend(loss, theta, torch.linalg.solve(curve, slope))
    return theta.view(shape)


def _descend(loss: Callable[[Tensor], Tensor], theta: Tensor, step: Tensor) -> Tensor:
    """``theta - step``, halved until the loss does not grow."""
    here = loss(theta)
    for k in range(20):
        moved = theta - 0.5**k * step
        if loss(moved) <= here + 1e-14 * (1 + here.abs()):
            return moved
    return theta


def policy_gap(mdp: TabularMDP, rewards: Tensor, expert: Plan) -> Tensor:
    """Largest total variation between a reward's soft plan and the expert's."""
    ours, theirs = soft_plan(mdp, rewards).log_policies, expert.log_policies
    return 0.5 * (ours.exp() - theirs.exp()).abs().sum(-1).max()


def stochastic() -> TabularMDP:
    """Four states, two actions, two successors each."""
    return random_mdp(2, n_states=4, n_actions=2, gamma=1.0, branching=2)


def deterministic() -> TabularMDP:
    """The corridor, from its near end."""
    return replace(chain_mdp(4), gamma=1.0)


@check(section="inference", equation="Ziebart 2010, Ch. 6")
def likelihood_gradients_are_visits() -> Iterator[Row]:
    """``grad potential`` by autograd against visits, exact and over every path."""
    mdp = stochastic()
    theta = torch.linspace(-1, 1, mdp.rewards.numel()).double().view_as(mdp.rewards)
    causal = slope_of(partial(causal_potential, mdp), theta)
    yield holds(
        "grad E V_0 = visits of the soft plan under the true dynamics",
        relative_error(causal, visits(mdp, soft_plan(mdp, theta).log_policies)),
        T=HORIZON,
    )
    hopeful = slope_of(partial(messages_potential, mdp), theta)
    imagined = with_reward(mdp, theta)
    paths = enumerate_paths(imagined, HORIZON)
    joint = path_log_weights(imagined, paths, torch.zeros_like(theta), 1.0)
    posterior = joint.softmax(0).expand_as(paths.actions)
    index = (paths.states[:-1].flatten(), paths.actions.flatten())
    brute = torch.zeros_like(theta).index_put(
        index, posterior.flatten(), accumulate=True
    )
    yield holds(
        "grad log p(O) = visits of the posterior over every path",
        relative_error(hopeful, brute),
        T=HORIZON,
    )


@check(section="inference", equation="Ziebart 2010, Ch. 6")
def causal_fits_recover_the_expert() -> Iterator[Row]:
    """The reward is not identified; the policy is, in any dynamics."""
    for name, mdp in (("random", stochastic()), ("corridor", deterministic())):
        expert = soft_plan(mdp, mdp.rewards)
        observed = visits(mdp, expert.log_policies)
        theta = fit(partial(causal_potential, mdp), observed)
        own = visits(mdp, soft_plan(mdp, theta).log_policies)
        yield holds(
            "visits of the fitted reward's soft plan = the expert's",
            relative_error(own, observed),
            tolerance=1e-8,
            MDP=name,
            T=HORIZON,
        )
        yield holds(
            "policy of the fitted reward = the expert's (total variation)",
            policy_gap(mdp, theta, expert),
            tolerance=1e-6,
            observed=f"reward up to {(theta - mdp.rewards).abs().max():.2g} off",
            MDP=name,
            T=HORIZON,
        )


@check(section="inference", equation="Ziebart 2008; Levine 2018, Sec. 5.3")
def posterior_fits_are_biased() -> Iterator[Row]:
    """Fitting with messages: exact in the corridor, wrong in a random MDP."""
    for name, mdp in (("random", stochastic()), ("corridor", deterministic())):
        expert = soft_plan(mdp, mdp.rewards)
        observed = visits(mdp, expert.log_policies)
        theta = fit(partial(messages_potential, mdp), observed)
        model = slope_of(partial(messages_potential, mdp), theta)
        yield holds(
            "posterior's visits of the reward fitted by messages = the expert's",
            relative_error(model, observed),
            tolerance=1e-8,
            MDP=name,
            T=HORIZON,
        )
        gap = policy_gap(mdp, theta, expert)
        if name == "corridor":
            yield holds(
                "there, its soft plan = the expert's (total variation)",
                gap,
                tolerance=1e-6,
                MDP=name,
                T=HORIZON,
            )
            continue
        earned, best = (
            (visits(mdp, each.log_policies) * mdp.rewards).sum()
            for each in (soft_plan(mdp, theta), expert)
        )
        yield differs(
            "its soft plan and the expert's under the true dynamics (total variation)",
            gap,
            threshold=0.01,
            observed=f"{gap:.2f}; earns {earned:.2f}, the expert {best:.2f} reward",
            MDP=name,
            T=HORIZON,
        )
