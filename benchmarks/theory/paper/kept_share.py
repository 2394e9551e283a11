"""How much of its constant ``tau log A`` a soft-entropy target keeps (Eq. 83).

Eq. 83 bootstraps ``tau log sum exp(Q / tau)``, which exceeds the maximum by between 0
and ``tau log A``. Of ``m`` kinds of action, each there ``k`` times, one kind best and
the others worse by a gap ``g``, it keeps of that constant the share ::

    (log k + log(1 + (m - 1) exp(-g / tau))) / (log k + log m)

All of it where no action is better (``g`` far below ``tau``); only what copies bring,
``log k / log(k m)``, where one kind is better by far. A training DQN logs the share of
its own target network as ``kept_share``.

What a share of the constant does to the length of games is another matter, and is
measured beside it: where little else tells actions apart, a little of it is enough.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from algorithms.entropy import soft_value
from algorithms.targets import hard_value
from analysis.figures.sketch import Sketch, subplots
from benchmarks.theory.checks import check, picture
from benchmarks.theory.paper.bootstraps import OF
from benchmarks.theory.paper.structures import SPARSE, STRUCTURES, games
from benchmarks.theory.report import steady
from benchmarks.theory.rows import Row, differs, holds
from benchmarks.theory.tabular.policy_iteration import (
    hard_policy_iteration,
    soft_policy_iteration,
)
from benchmarks.theory.tabular.solvers import (
    expected_length,
    greedy_log_policy,
    objective,
)

TAU = 0.1  # the paper's, of Figure 2
GAPS = (0.1, 1.0, 3.0, 10.0)  # in units of tau
DENSITIES = {"dense": 1.0, "sparse": SPARSE}


def kept_share(q: Tensor, tau: float) -> Tensor:
    """``(tau log sum exp(Q / tau) - max Q) / (tau log A)``, ``(..., A) -> (...)``."""
    return (soft_value(q, tau) - hard_value(q)) / (tau * math.log(q.shape[-1]))


def predicted_share(gap: float | Tensor, kinds: int, copies: int) -> Tensor:
    """The module's formula, of a gap in units of tau."""
    rivals = (kinds - 1) * torch.exp(-torch.as_tensor(gap, dtype=torch.float64))
    return (math.log(copies) + torch.log1p(rivals)) / math.log(kinds * copies)


def with_gap(gap: float, kinds: int, copies: int) -> Tensor:
    """Action values ``(A,)``: one kind at 0, the others ``gap`` below."""
    q = torch.full((kinds,), -gap, dtype=torch.float64)
    q[0] = 0.0
    return q.repeat_interleave(copies)


@check(section="6.2", equation="83")
def share_of_a_gap() -> Iterator[Row]:
    """The formula against the value that the targets bootstrap."""
    for structure, kind in STRUCTURES.items():
        for gap in GAPS:
            share = predicted_share(gap, *kind)
            errors = [
                float((kept_share(7 + with_gap(gap * tau, *kind), tau) - share).abs())
                for tau in (0.01, 0.1, 1.0)
            ]
            yield holds(
                "share of tau log A that soft entropy keeps = (log k + log(1 + (m - 1) "
                "exp(-gap / tau))) / log(k m), m kinds k times (absolute)",
                max(errors),
                observed=f"keeps {float(share):.2f}",
                A=structure,
                gap=f"{gap:g} tau",
                tau="0.01, 0.1 and 1",
            )


class Kept(NamedTuple):
    """What the exact fixed point of the soft-entropy target says of its states.

    Attributes:
        share: :func:`kept_share`, ``(B, S)``, of states where an action is taken.
        gap: Of the best kind of action to the next, in units of tau, ``(B, S)``.
    """

    share: Tensor
    gap: Tensor


@cache
def kept(structure: str, density: float, tau: float = TAU) -> Kept:
    """The share kept in the games of a structure."""
    mdp = games(structure, density=density)
    q = soft_policy_iteration(mdp, tau).q[:, :-1]
    kinds = q[..., :: STRUCTURES[structure][1]]
    best = kinds.topk(2, dim=-1).values
    return Kept(kept_share(q, tau), (best[..., 0] - best[..., 1]) / tau)


@check(section="6.2", equation="83")
def share_kept_in_games() -> Iterator[Row]:
    """Between the formula of one rival at the gap and that of all rivals there."""
    for words, density in DENSITIES.items():
        for structure, (kinds, copies) in STRUCTURES.items():
            for tau in (0.01, TAU):
                share, gap = kept(structure, density, tau)
                all_rivals = predicted_share(gap, kinds, copies)
                one = predicted_share(gap, 2, copies) * math.log(2 * copies)
                below = one / math.log(kinds * copies) - share
                outside = torch.maximum(below, share - all_rivals).max().clamp(min=0)
                yield holds(
                    "in every state the share kept is between that of one rival at the "
                    "gap and that of all rivals there (absolute)",
                    outside,
                    observed=f"keeps {share.mean():.2f} in the mean; median gap "
                    f"{gap.median():.1f} tau",
                    A=structure,
                    rewards=words,
                    tau=tau,
                    **OF,
                )


class Greedy(NamedTuple):
    """Means over the games of a greedy policy: steps of a game, and its score."""

    length: float
    score: float


@cache
def played(structure: str, density: float) -> dict[str, Greedy]:
    """The greedy policies of three arms' fixed points at :data:`TAU`."""
    mdp = games(structure, density=density)
    constant = TAU * math.log(mdp.n_actions)
    fixed_points = {
        "hard": hard_policy_iteration(mdp),
        "soft entropy": soft_policy_iteration(mdp, TAU),
        "hard + const": hard_policy_iteration(mdp, constant),
    }
    results = {}
    for arm, solution in fixed_points.items():
        greedy = greedy_log_policy(solution.q)
        score = objective(replace(mdp, gamma=1.0), greedy)
        length = expected_length(mdp, greedy)
        results[arm] = Greedy(float(length.mean()), float(score.mean()))
    return results


def share_of_the_effect(structure: str, density: float) -> float:
    """Of the steps that 'hard + const' adds to a game, the share that entropy adds."""
    hard, entropy, plus = (each.length for each in played(structure, density).values())
    return (entropy - hard) / (plus - hard)


def _said(structure: str, density: float) -> str:
    found = played(structure, density).values()
    steps = ", ".join(f"{each.length:.1f}" for each in found)
    scores = ", ".join(f"{each.score:.1f}" for each in found)
    share = share_of_the_effect(structure, density)
    return (
        f"{share:.2f}; hard, entropy, hard + const: {steps} steps, score {scores}"
    ).replace("-0.00", "0.00")


@check(section="6.2", equation="81, 83")
def effect_of_what_is_kept() -> Iterator[Row]:
    """What the constant does to the length of games, and how much of it entropy does.

    Next to nothing where all actions differ and rewards are dense; otherwise much.
    """
    statement = "share of the lengthening by 'hard + const' that entropy has"
    for words, density in DENSITIES.items():
        for structure, (_, copies) in STRUCTURES.items():
            share = share_of_the_effect(structure, density)
            told_apart = copies == 1 and density == 1
            said: dict[str, Any] = {
                "observed": _said(structure, density),
                "A": structure,
                "rewards": words,
                "tau": TAU,
            }
            if told_apart:
                yield holds(
                    f"{statement} (absolute)", abs(share), tolerance=0.1, **said, **OF
                )
            else:
                yield differs(statement, share, threshold=0.25, **said, **OF)


_STYLES: dict[str, dict[str, Any]] = {
    "4": {"color": "#35b779", "label": "4 actions"},
    "6": {"color": "#31688e", "label": "6"},
    "18": {"color": "#440154", "label": "18"},
    "3 twice": {"color": "#E69F00", "label": "3 twice (Pong)", "ls": "--"},
    "6 three times": {"color": "#D55E00", "label": "6 three times", "ls": "--"},
}


@picture(
    "The share of its constant tau log A that the soft-entropy target keeps. Left: by "
    "the gap from the best kind of action to the others (exact formula). Middle: in 40 "
    "random episodic MDPs, tau = 0.1, by the share of their rewards that is kept, the "
    "others being 0 (means over states). Right: of the steps that hard targets with "
    "the constant add to a game, the share that soft-entropy targets add. One should "
    "see that little is kept where actions differ by several tau, and never less than "
    "what copies of actions bring; that sparse rewards leave gaps near tau, so that "
    "more is kept; and that a part of the constant then does most of what it would do."
)
def kept_shares() -> Sketch:
    """Share against gap, and share and effect against density."""
    figure, axes = subplots(1, 3, figsize=(8, 2.9), sharey=True)
    gaps = [10 ** (k / 8) for k in range(-12, 13)]
    densities = (1.0, 0.3, 0.1, 0.03, 0.01)
    for structure, style in _STYLES.items():
        shares = [float(predicted_share(g, *STRUCTURES[structure])) for g in gaps]
        axes[0].plot(gaps, [steady(share) for share in shares], **style)
        means = [float(kept(structure, each).share.mean()) for each in densities]
        axes[1].plot(densities, [steady(m) for m in means], marker="o", ms=3, **style)
        effects = [steady(share_of_the_effect(structure, each)) for each in densities]
        axes[2].plot(densities, effects, marker="o", ms=3, **style)
    for axis in axes:
        axis.set_xscale("log")
    axes[0].set_xlabel("action gap / tau (ratio)")
    axes[0].set_ylabel("share of tau log A (ratio)")
    axes[1].set_xlabel("rewards kept (share)")
    axes[2].set_xlabel("rewards kept (share)")
    axes[0].set_title("kept, by gap")
    axes[1].set_title("kept, in games")
    axes[2].set_title("of its effect on length")
    axes[0].legend()
    return figure
