"""The optimism of exact inference: a lottery, by the posterior and by the bound.

Safe pays -2 for sure; risky pays 0 with chance 0.1, else -8. Conditioned on being
optimal, the posterior believes that a risky choice was lucky::

    messages   p(risky | O) / p(safe | O)  =  E exp(r_risky / tau) / exp(r_safe / tau)
    soft VI    pi(risky) / pi(safe)        =  exp((E r_risky - r_safe) / tau)

Source: Levine (2018), Sec. 2.4 and 3.1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from analysis.figures.sketch import Sketch, subplots
from benchmarks.theory.checks import check, picture
from benchmarks.theory.inference.messages import (
    Lookahead,
    expected_lookahead,
    hopeful_lookahead,
    path_log_weights,
    plan,
)
from benchmarks.theory.rows import Row, holds
from benchmarks.theory.tabular.mdp import TabularMDP, lottery_mdp
from benchmarks.theory.tabular.paths import enumerate_paths
from benchmarks.theory.tabular.solvers import objective

SAFE, GOOD, BAD, CHANCE = -2.0, 0.0, -8.0, 0.1
_OF: dict[str, Any] = {"safe": SAFE, "good": GOOD, "bad": BAD, "chance": CHANCE}


def chance_of_risk(mdp: TabularMDP, lookahead: Lookahead, tau: float = 1.0) -> Tensor:
    """``pi(risky)`` in the lottery's first state."""
    return plan(mdp, lookahead, 2, tau).log_policies[0, 0, 1].exp()


def reward_of(mdp: TabularMDP, lookahead: Lookahead, tau: float = 1.0) -> Tensor:
    """What the policy earns under the true chances, in rewards."""
    return objective(mdp, plan(mdp, lookahead, 2, tau).log_policies[0])


@check(section="inference", equation="Levine 2018, Sec. 2.4")
def the_posterior_gambles() -> Iterator[Row]:
    """Against the closed forms of the module's head, at tau = 1."""
    mdp = lottery_mdp(SAFE, GOOD, BAD, CHANCE)
    lucky = CHANCE * math.exp(GOOD)
    risky = lucky + (1 - CHANCE) * math.exp(BAD)
    mean = CHANCE * GOOD + (1 - CHANCE) * BAD
    for name, lookahead, odds in (
        ("messages: p(risky | O)", hopeful_lookahead, risky / math.exp(SAFE)),
        ("soft value iteration: pi(risky)", expected_lookahead, math.exp(mean - SAFE)),
    ):
        found = chance_of_risk(mdp, lookahead)
        yield holds(
            f"{name} is as in closed form",
            abs(found / (odds / (1 + odds)) - 1),
            observed=f"{found:.3g}; earns {reward_of(mdp, lookahead):.3g} reward",
            **_OF,
        )


@check(section="inference", equation="Levine 2018, Sec. 2.4")
def the_posterior_believes_in_luck() -> Iterator[Row]:
    """``p(good | risky, O)`` over every path; it is 0.1 in truth."""
    mdp = lottery_mdp(SAFE, GOOD, BAD, CHANCE)
    paths = enumerate_paths(mdp, 2)
    joint = path_log_weights(mdp, paths, torch.zeros_like(mdp.rewards), 1.0).exp()
    risky, good = paths.actions[0] == 1, paths.states[1] == 2
    found = joint[risky & good].sum() / joint[risky].sum()
    lucky = CHANCE * math.exp(GOOD)
    exact = lucky / (lucky + (1 - CHANCE) * math.exp(BAD))
    yield holds(
        "p(good | risky, O) over every path = p e^good / E e^r",
        abs(found / exact - 1),
        observed=f"{found:.3g}; the true chance is {CHANCE}",
        **_OF,
    )


_METHODS = {
    "messages (posterior)": (hopeful_lookahead, "#D55E00"),
    "soft value iteration": (expected_lookahead, "#0072B2"),
}


@picture(
    "A lottery: safe pays -2, risky 0 with chance 0.1 and else -8 (on average -7.2). "
    "One should see the posterior gamble: at tau = 1 (dotted) it takes the risk in 43 "
    "% of cases, believing itself lucky, where soft value iteration does in 0.5 %. The "
    "lower tau, the surer it is of its luck and the more that costs, down to the "
    "average of the risk itself; above tau = 10 both choose nearly at random."
)
def optimism() -> Sketch:
    """Chance of the risk and reward earned against tau."""
    figure, axes = subplots(1, 2, figsize=(7, 2.8))
    mdp = lottery_mdp(SAFE, GOOD, BAD, CHANCE)
    temperatures = [10 ** (k / 8) for k in range(-8, 17)]
    for label, (lookahead, colour) in _METHODS.items():
        style = {"color": colour, "label": label}
        risks = [float(chance_of_risk(mdp, lookahead, tau)) for tau in temperatures]
        earned = [float(reward_of(mdp, lookahead, tau)) for tau in temperatures]
        axes[0].semilogx(temperatures, risks, **style)
        axes[1].semilogx(temperatures, earned, **style)
    for axis, label in zip(
        axes, ("chance of the risky choice", "expected reward (reward)"), strict=True
    ):
        axis.set_xlabel("temperature tau (reward)")
        axis.set_ylabel(label)
        axis.axvline(1.0, color="0.5", linestyle=":")
    axes[0].legend()
    return figure
