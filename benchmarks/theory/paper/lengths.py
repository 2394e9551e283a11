"""What Figure 2 should show, in steps and rewards: how long the greedy policies live.

An arm's Q is solved exactly in random episodic MDPs (:mod:`bootstraps`), its greedy
policy is played there, and the means are compared: the ordering of the arms, and how
much of it the constant ``tau log A`` alone explains.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

from torch import Tensor

from analysis.figures.sketch import Sketch, subplots
from analysis.figures.style import colour
from benchmarks.theory.checks import check, picture
from benchmarks.theory.paper.bootstraps import (
    N_MDPS,
    OF,
    episodic,
    value_of,
    with_copies,
)
from benchmarks.theory.rows import Row, differs, holds
from benchmarks.theory.tabular.mdp import TabularMDP
from benchmarks.theory.tabular.solvers import (
    expected_length,
    greedy_log_policy,
    objective,
    value_iteration,
)

ARMS = {
    "soft KL": "dqn-soft-kl",
    "hard - const": "dqn-hard-minus",
    "hard": "dqn-hard",
    "soft entropy": "dqn-soft-entropy",
    "hard + const": "dqn-hard-plus",
}


class Outcome(NamedTuple):
    """Of the greedy policy of a fixed point, each ``(B,)``.

    Attributes:
        length: Steps in an episode.
        earned: Undiscounted return, in rewards.
    """

    length: Tensor
    earned: Tensor


def play(mdp: TabularMDP, arm: str, tau: float) -> Outcome:
    """Length and return of the greedy policy of an arm's fixed point."""
    q = value_iteration(mdp, value_of(arm, mdp.n_actions, tau), tolerance=1e-10)
    greedy = greedy_log_policy(q)
    earned = objective(replace(mdp, gamma=1.0), greedy)
    return Outcome(expected_length(mdp, greedy), earned)


@cache
def outcome(arm: str, n_actions: int, tau: float) -> Outcome:
    """:func:`play` in the episodic MDPs of :mod:`bootstraps`."""
    if arm == "hard" and tau:  # has no temperature: solved once
        return outcome(arm, n_actions, 0.0)
    return play(episodic(n_actions), arm, tau)


def _lengths(n_actions: int, tau: float) -> dict[str, float]:
    return {arm: float(outcome(arm, n_actions, tau).length.mean()) for arm in ARMS}


def _share(arm: str, n_actions: int, tau: float) -> str:
    """In how many MDPs an arm's episodes are longer and shorter than hard's."""
    change = (
        outcome(arm, n_actions, tau).length - outcome("hard", n_actions, tau).length
    )
    longer, shorter = (int((sign * change > 1e-6).sum()) for sign in (1, -1))
    return f"longer in {longer} and shorter in {shorter} of {N_MDPS}"


def _signed(steps: float) -> str:
    return f"{round(steps, 1) + 0.0:+.1f}"


@check(section="6.2", equation="81-83")
def episodes_are_ordered() -> Iterator[Row]:
    """Exact greedy policies: KL ends episodes early, entropy about when hard does."""
    for n_actions in (4, 18):
        tau = 0.1
        said = {"tau": tau, "A": n_actions} | OF
        lengths = _lengths(n_actions, tau)
        kl, hard, entropy = (
            lengths[arm] for arm in ("soft KL", "hard", "soft entropy")
        )
        yield differs(
            "episodes of KL are shorter than those of hard, by a share of hard's",
            1 - kl / hard,
            threshold=0.01,
            observed=f"{kl:.1f} < {hard:.1f} steps; "
            f"{_share('soft KL', n_actions, tau)}",
            **said,
        )
        yield holds(
            "episodes of entropy are as long as those of hard, to a share of hard's",
            abs(entropy / hard - 1),
            tolerance=0.03,
            observed=f"{entropy:.1f} and {hard:.1f} steps; "
            f"{_share('soft entropy', n_actions, tau)}",
            **said,
        )
        earned = {arm: outcome(arm, n_actions, tau).earned.mean() for arm in ARMS}
        yield differs(
            "return lost by KL, as a share of hard's",
            1 - earned["soft KL"] / earned["hard"],
            observed=f"KL {earned['soft KL']:.1f}, hard {earned['hard']:.1f}, entropy "
            f"{earned['soft entropy']:.1f} reward",
            **said,
        )


@check(section="6.2", equation="81-83")
def the_constant_explains_one_side() -> Iterator[Row]:
    """Minus the constant is the KL arm; plus the constant is not the entropy arm."""
    for n_actions in (4, 18):
        tau = 0.1
        lengths = _lengths(n_actions, tau)
        yield holds(
            "episodes of 'hard - const' are as long as those of KL",
            abs(lengths["hard - const"] / lengths["soft KL"] - 1),
            tolerance=0.05,
            observed=f"{lengths['hard - const']:.1f} and {lengths['soft KL']:.1f} "
            "steps",
            tau=tau,
            A=n_actions,
            **OF,
        )
        gained = {arm: lengths[arm] - lengths["hard"] for arm in ARMS}
        kept = gained["soft entropy"] / gained["hard + const"]
        yield differs(
            "share of the lengthening by 'hard + const' that entropy lacks",
            1 - kept,
            threshold=0.25,
            observed=f"{_signed(gained['hard + const'])} and "
            f"{_signed(gained['soft entropy'])} steps",
            tau=tau,
            A=n_actions,
            **OF,
        )
    lengths = _lengths(18, 0.01)
    yield holds(
        "at tau = 0.01 every arm's episodes are as long as hard's",
        max(abs(length / lengths["hard"] - 1) for length in lengths.values()),
        tolerance=0.04,
        tau=0.01,
        A=18,
        **OF,
    )


@check(section="6.2", equation="81-83")
def copies_of_actions_lengthen_entropy() -> Iterator[Row]:
    """Where actions are alike, as many of an Atari game's are, entropy lives longer."""
    copied = with_copies(episodic(6), 3)
    lengths = {
        arm: float(play(copied, arm, 0.1).length.mean())
        for arm in ("soft KL", "hard", "soft entropy")
    }
    steps = list(lengths.values())
    yield differs(
        "episodes of KL < hard < entropy: the smaller step, as a share of hard's",
        min(steps[1] - steps[0], steps[2] - steps[1]) / steps[1],
        threshold=0.01,
        observed=" < ".join(f"{step:.1f}" for step in steps) + " steps",
        tau=0.1,
        A="6, each 3 times",
        **OF,
    )


@picture(
    "Greedy policies of the exact fixed points of DQN's targets in 40 random episodic "
    "MDPs with 18 actions (means, relative to the hard target). One should see the "
    "lower half of Figure 2's order without any learning, soft KL below hard, and that "
    "its constant explains it (hard - const lies on it); that the entropy arm keeps "
    "little of its constant (hard + const lies far above it) and is hardly longer than "
    "hard, as no two actions are alike here and rewards are dense (for copies of "
    "actions and sparse rewards see theory_kept_shares); and that at tau = 0.01 no arm "
    "could be told from another. In MDPs without ends the constants change no action "
    "at all."
)
def targets() -> Sketch:
    """Episode length and return against tau, one line an arm."""
    figure, axes = subplots(1, 2, figsize=(7, 3))
    temperatures = (0.01, 0.03, 0.1, 0.3)
    for arm, variant in ARMS.items():
        found = [outcome(arm, 18, tau) for tau in temperatures]
        dashed = "--" if "const" in arm else "-"
        style: dict[str, Any] = {"color": colour(variant), "label": arm, "ls": dashed}
        hard = outcome("hard", 18, 0.1)
        for axis, key in zip(axes, ("length", "earned"), strict=True):
            base = getattr(hard, key).mean()
            changes = [
                100 * float(getattr(each, key).mean() / base - 1) for each in found
            ]
            axis.plot(temperatures, changes, marker="o", ms=3, **style)
    for axis, what in zip(axes, ("episode length", "return"), strict=True):
        axis.set_xscale("log")
        axis.set_xlabel("temperature tau (reward)")
        axis.set_ylabel(f"{what}, relative to hard (%)")
    axes[0].legend()
    return figure
