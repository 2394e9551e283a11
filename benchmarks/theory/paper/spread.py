"""Section 6.3: how near the two estimators are, from the exact variance.

The variance of a single rollout's gradient, over every rollout that can happen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from analysis.figures.sketch import Sketch, subplots
from benchmarks.theory.checks import check, picture
from benchmarks.theory.paper.estimators import head_gradients
from benchmarks.theory.report import steady
from benchmarks.theory.rows import Row, holds
from benchmarks.theory.tabular.grid import small_mdp
from benchmarks.theory.tabular.learners import (
    Learner,
    Rollout,
    Settings,
    TwoHeads,
    actor_critic,
    all_rollouts,
    q_learning,
)
from benchmarks.theory.tabular.mdp import TabularMDP


class Spread(NamedTuple):
    """How two estimators of one gradient differ.

    Attributes:
        variance_ratio: Total variance of Q-learning's over A2C's, over rollouts.
        difference: Root mean square of the difference between the two gradients of the
            same rollout, over that of A2C's gradient.
    """

    variance_ratio: float
    difference: float


def spread(mdp: TabularMDP, network: TwoHeads, n: int, settings: Settings) -> Spread:
    """The exact spread of single-rollout gradients, over all rollouts of n steps."""
    rollout, chances = all_rollouts(mdp, network, n, settings)
    q, pg = (
        path_gradients(each, rollout, network) for each in (q_learning, actor_critic)
    )

    def square(x: Tensor) -> float:
        return float(chances @ (x**2).sum(-1))

    def variance(x: Tensor) -> float:
        return square(x - chances @ x)

    return Spread(variance(q) / variance(pg), (square(q - pg) / square(pg)) ** 0.5)


def path_gradients(learner: Learner, rollout: Rollout, network: TwoHeads) -> Tensor:
    """The gradient of each rollout in all parameters, ``(K, P)``."""
    heads = head_gradients(learner, rollout)
    each = torch.cat([heads.logits, heads.values.unsqueeze(-1)], dim=-1)  # (n, K, A+1)
    n, k, width = each.shape
    states = torch.zeros(k, len(rollout.values_s), width, dtype=each.dtype)
    for t in range(n):
        states[torch.arange(k), rollout.paths.states[t]] += each[t]
    return states.flatten(1) @ _jacobian(network)


def _jacobian(network: TwoHeads) -> Tensor:
    """Of logits and value of every state in the parameters, ``(S (A + 1), P)``."""
    logits, values = network.outputs()
    outputs = torch.cat([logits, values.unsqueeze(-1)], dim=-1).flatten()
    parameters = list(network.parameters())
    gradients = [
        torch.autograd.grad(output, parameters, retain_graph=True) for output in outputs
    ]
    return torch.stack([torch.cat([g.flatten() for g in gs]) for gs in gradients])


@check(section="6.3", equation="57-65")
def variances_are_nearly_equal() -> Iterator[Row]:
    """At the paper's tau = 0.01, near a uniform policy: variances of a size."""
    for n_actions in (3, 18):
        mdp = small_mdp(n_actions=n_actions)
        network = TwoHeads(0, mdp.n_states, n_actions, gain=0.1)
        for tau in (0.01, 0.1, 1.0):
            found = spread(mdp, network, 2, Settings(tau))
            yield holds(
                "|Var(QL) / Var(A2C) - 1| <= tau, for single rollouts of a "
                "nearly uniform policy",
                abs(found.variance_ratio - 1),
                tolerance=tau,
                observed=f"ratio {found.variance_ratio:.4f}; gradients of one "
                f"rollout {found.difference:.2%} apart",
                tau=tau,
                A=n_actions,
                n=2,
            )


_POLICIES = {
    "nearly uniform policy (output weights 0.1)": 0.1,
    "peaked policy (5)": 5.0,
}
_COLOURS = ("#b8c400", "#35b779", "#31688e", "#440154")  # viridis, few to many


@picture(
    "Gradients of one 2-step rollout by Q-learning (heads scaled, c = 0.5) and by "
    "proper A2C, exact over all rollouts of a random MDP, for 2 to 18 actions. Top: "
    "how far the two gradients of the same rollout are apart; it grows in "
    "proportion to the temperature tau. Bottom: the ratio of their total variances. "
    "At the paper's tau = 0.01 (dotted) the two updates differ by less than 0.5 % of "
    "their size whatever the number of actions. Here rewards are dense; where "
    "they are sparse, or nothing else in the game is random, the share is larger "
    "(rows of samples); and nearly equal updates don't force nearly equal curves "
    "(rows of same_seed)."
)
def estimators() -> Sketch:
    """Difference and variance ratio against tau, one line a number of actions."""
    figure, axes = subplots(2, 2, figsize=(7, 5), sharex=True, sharey="row")
    temperatures = [10 ** (k / 4) for k in range(-10, 3)]
    for column, (title, gain) in enumerate(_POLICIES.items()):
        for n_actions, colour in zip((2, 4, 9, 18), _COLOURS, strict=True):
            mdp = small_mdp(n_actions=n_actions)
            network = TwoHeads(0, mdp.n_states, n_actions, gain=gain)
            found = [spread(mdp, network, 2, Settings(tau)) for tau in temperatures]
            style = {"label": f"{n_actions} actions", "color": colour}
            axes[0, column].loglog(
                temperatures, [steady(each.difference) for each in found], **style
            )
            axes[1, column].semilogx(
                temperatures, [steady(each.variance_ratio) for each in found], **style
            )
        axes[0, column].set_title(title)
        axes[1, column].set_xlabel("temperature tau (units of reward)")
        for row in axes[:, column]:
            row.axvline(0.01, color="0.5", linestyle=":")
    axes[0, 0].set_ylabel("RMS difference of the gradients\n(fraction of A2C's RMS)")
    axes[1, 0].set_ylabel("variance, Q-learning / A2C\n(ratio)")
    axes[0, 0].legend()
    return figure
