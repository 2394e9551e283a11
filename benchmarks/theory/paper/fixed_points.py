"""What Figure 1 should show: where naive and proper A2C stand still.

Naive A2C (Eq. 79) has returns of plain rewards and an entropy bonus in its own step;
proper A2C (Eq. 80) has returns of regularised rewards. With a policy of its own in
every state their gradients are zero at::

    naive   pi = softmax(Q_pi / tau),   Q_pi of the plain rewards
    proper  pi = softmax(Q / tau),      Q = r + gamma E V_Q   (the soft optimum)

Only the proper one maximises the soft return ``E sum gamma^t (r + tau H)``; nothing
says which earns more reward.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from algorithms.entropy import boltzmann_log_policy, regularizer
from algorithms.losses import actor_critic_loss
from analysis.figures.sketch import Panel, Sketch, subplots
from analysis.figures.style import colour
from benchmarks.theory.checks import check, picture
from benchmarks.theory.paper.related import naive_fixed_point
from benchmarks.theory.report import steady
from benchmarks.theory.rows import Row, differs, holds
from benchmarks.theory.tabular.mdp import TabularMDP, random_mdp
from benchmarks.theory.tabular.solvers import (
    evaluate,
    objective,
    occupancy,
    q_values,
    soft_optimum,
)

TEMPERATURES = (0.01, 0.1, 0.3, 1.0)
N_MDPS = 40
_OF: dict[str, Any] = {"MDPs": N_MDPS, "S": 8, "A": 4, "gamma": 0.95}


class FixedPoints(NamedTuple):
    """Of a batch of MDPs: ``log pi`` of each objective, ``(B, S, A)``."""

    naive: Tensor
    proper: Tensor


@cache
def mdps() -> TabularMDP:
    """Forty continuing MDPs, two successors to an action, normal rewards."""
    return random_mdp(0, n_states=8, n_actions=4, batch=(N_MDPS,), branching=2)


@cache
def fixed_points(tau: float) -> FixedPoints:
    """Both fixed points of every MDP."""
    naive = naive_fixed_point(mdps(), tau, steps=400)
    return FixedPoints(naive, soft_optimum(mdps(), tau).log_policy)


def policy_distance(log_policy: Tensor, other: Tensor) -> Tensor:
    """Total variation ``1/2 sum_a |pi - pi'|``, ``(..., S, A) -> (..., S)``."""
    return 0.5 * (log_policy.exp() - other.exp()).abs().sum(-1)


def gains(tau: float) -> dict[str, Tensor]:
    """What proper has over naive, each ``(B,)``: distance, soft and raw return."""
    naive, proper = fixed_points(tau)
    return {
        "distance": policy_distance(naive, proper).mean(-1),
        "soft": objective(mdps(), proper, tau) - objective(mdps(), naive, tau),
        "raw": objective(mdps(), proper) - objective(mdps(), naive),
    }


def gradient_of_logits(log_policy: Tensor, tau: float, proper: bool) -> Tensor:
    """Expected gradient of A2C's loss in tabular logits, ``(B, S, A)``.

    Returns are exact: ``Q_pi(s, a)`` of the plain rewards if naive, and of the
    regularised ones, less ``tau REG(s)`` for the step itself, if proper.
    """
    mdp = mdps()
    values = evaluate(mdp, log_policy, tau if proper else None)
    charge = tau * regularizer(log_policy) if proper else torch.zeros_like(values)
    returns = q_values(mdp, values) - charge.unsqueeze(-1)
    logits = log_policy.clone().requires_grad_()
    now = torch.log_softmax(logits, -1).unsqueeze(-2)  # (B, S, 1, A): for each action
    loss = actor_critic_loss(
        now.expand(*returns.shape, mdp.n_actions),
        values.unsqueeze(-1).expand_as(returns),
        torch.arange(mdp.n_actions).expand(returns.shape),
        returns,
        temperature=tau,
        value_coef=0.0,
    ).total
    chances = occupancy(mdp, log_policy).unsqueeze(-1) * log_policy.exp()
    return torch.autograd.grad((chances * loss).sum(), logits)[0]


@check(section="6.1", equation="79-80")
def both_objectives_stand_still() -> Iterator[Row]:
    """A2C's own loss has no gradient at each fixed point, and one at the other's."""
    for tau in TEMPERATURES:
        naive, proper = fixed_points(tau)
        residual = boltzmann_log_policy(q_values(mdps(), evaluate(mdps(), naive)), tau)
        yield holds(
            "naive: pi = softmax(Q_pi / tau), Q_pi of the plain rewards (absolute)",
            (residual.exp() - naive.exp()).abs().max(),
            tau=tau,
            **_OF,
        )
        for name, log_policy, other in (
            ("naive", naive, proper),
            ("proper", proper, naive),
        ):
            is_proper = name == "proper"
            own = gradient_of_logits(log_policy, tau, is_proper).abs().max()
            there = gradient_of_logits(other, tau, is_proper).abs().max()
            yield holds(
                f"{name} A2C's expected gradient is 0 at its fixed point (absolute)",
                own,
                observed=f"at the other's, up to {there:.2g}",
                tau=tau,
                **_OF,
            )


@check(section="6.1", equation="79-80")
def proper_earns_more_soft_return() -> Iterator[Row]:
    """Never less soft return; and, in these MDPs without ends, no more reward."""
    for tau in TEMPERATURES:
        found = gains(tau)
        soft, raw = found["soft"], found["raw"]
        yield holds(
            "soft return of proper A2C >= that of naive, in every MDP (absolute)",
            (-soft.min()).clamp(min=0),
            observed=f"mean gain {soft.mean():.2g} reward",
            tau=tau,
            **_OF,
        )
        yield holds(
            "mean raw return of proper A2C exceeds that of naive by at most 0.01 "
            "(absolute)",
            raw.mean().clamp(min=0),
            tolerance=0.01,
            observed=f"mean gain {raw.mean():.2g} reward, more in "
            f"{int((raw > 1e-6).sum())} of {N_MDPS} MDPs",
            tau=tau,
            **_OF,
        )


@check(section="6.1", equation="79-80")
def policies_differ_little() -> Iterator[Row]:
    """The paper's tau = 0.01 can hardly tell the objectives apart."""
    for tau in TEMPERATURES:
        distance = gains(tau)["distance"].mean()
        said = f"mean {distance:.2g}"
        if tau == min(TEMPERATURES):
            yield holds(
                "total variation between the fixed points is below 0.01 (absolute)",
                distance,
                tolerance=0.01,
                observed=said,
                tau=tau,
                **_OF,
            )
        else:
            yield differs(
                "total variation between the fixed points (absolute)",
                distance,
                observed=said,
                tau=tau,
                **_OF,
            )


_LABELS = {
    "distance": "total variation of the policies\n(probability)",
    "soft": "soft return, proper minus naive\n(reward)",
    "raw": "raw return, proper minus naive\n(reward)",
}


@picture(
    "Fixed points of naive and proper A2C in 40 random continuing MDPs, solved "
    "exactly: median (line) and central 80 % (band). One should see that the policies "
    "come together as the temperature tau falls (and again where it is so high that "
    "both are nearly uniform), that proper A2C always has the higher soft return, "
    "which it maximises, and that in most of these MDPs it has no higher raw return: "
    "at the paper's tau = 0.01 (dotted) there is next to nothing to see, and at higher "
    "tau the proper objective pays reward for entropy. Where episodes end, and scores "
    "are not discounted, it is otherwise (theory_scores)."
)
def objectives() -> Sketch:
    """Distance, soft gain and raw gain against tau."""
    figure, axes = subplots(1, 3, figsize=(7.5, 2.6))
    temperatures = [10 ** (k / 3) for k in range(-6, 2)]
    found = [gains(tau) for tau in temperatures]
    for axis, (name, label) in zip(axes, _LABELS.items(), strict=True):
        _band(axis, temperatures, torch.stack([each[name] for each in found]))
        axis.set_xscale("log")
        axis.axvline(0.01, color="0.5", linestyle=":")
        axis.axhline(0, color="0.5", linewidth=0.7)
        axis.set_xlabel("temperature tau (reward)")
        axis.set_ylabel(label)
    return figure


def _band(axis: Panel, x: list[float], y: Tensor) -> None:
    """Median and 10th to 90th percentile over MDPs, ``(len(x), B)``."""
    low, middle, high = (
        [steady(float(each)) for each in y.quantile(q, dim=1)] for q in (0.1, 0.5, 0.9)
    )
    axis.fill_between(x, low, high, color=colour("a2c-proper"), alpha=0.25, lw=0)
    axis.plot(x, middle, color=colour("a2c-proper"))
