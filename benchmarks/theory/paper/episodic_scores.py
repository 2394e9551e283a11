"""What Figure 1 should show in games that end, by the score that games keep.

A score is the plain return of a whole game, *undiscounted*. There a game's length
counts in full, and the two forms of proper A2C (Eq. 80) pull on it in opposite ways::

    entropy   r + tau H                 a bonus for every step
    KL        r + tau H - tau log A     the same less a constant: a charge

As each is optimal for its own return, the entropy form never lives shorter than the KL
form, in discounted steps. What that does to the score depends on the game: a bonus for
living raises it where living pays, and lowers it where living costs. The control
``a2c-naive-plus`` has naive A2C (Eq. 79) earn the constant ``tau log A`` alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from torch import Tensor

from algorithms.entropy import boltzmann_log_policy, uniform_log_reference
from analysis.figures.sketch import Sketch, subplots
from analysis.figures.style import colour
from benchmarks.theory.checks import check, picture
from benchmarks.theory.paper.bootstraps import N_MDPS, OF
from benchmarks.theory.paper.episodic_optima import LIVING, found, outcomes
from benchmarks.theory.paper.structures import STRUCTURES, games
from benchmarks.theory.report import steady
from benchmarks.theory.rows import Row, differs, holds
from benchmarks.theory.tabular.solvers import evaluate, q_values

FORMS = ("entropy", "KL")
EQUAL = 1e-6  # reward: two scores that differ by less are one
WORTH_SEEING = 1e-3  # of naive A2C's score


class Counts(NamedTuple):
    """In how many MDPs an arm's score is above and below naive A2C's."""

    higher: int
    lower: int


def gain(structure: str, living: str, tau: float, arm: str) -> Tensor:
    """Score of an arm less that of naive A2C, ``(B,)``, in rewards."""
    each = outcomes(structure, living, tau)
    return each[arm].score - each["naive"].score


def counts(gains: Tensor, tolerance: float | Tensor) -> Counts:
    """Count the gains, ``(B,)``, that exceed a tolerance either way."""
    return Counts(int((gains > tolerance).sum()), int((gains < -tolerance).sum()))


def mean_gain(structure: str, living: str, tau: float, arm: str) -> float:
    """Mean gain over the MDPs, as a share of naive A2C's mean score."""
    naive = outcomes(structure, living, tau)["naive"].score.mean().abs()
    return float(gain(structure, living, tau, arm).mean() / naive)


def _seen(structure: str, living: str, tau: float, arm: str) -> Counts:
    naive = outcomes(structure, living, tau)["naive"].score
    gains = gain(structure, living, tau, arm)
    return counts(gains, WORTH_SEEING * naive.abs())


def _said(structure: str, living: str, tau: float, arm: str) -> str:
    every = counts(gain(structure, living, tau, arm), EQUAL)
    seen = _seen(structure, living, tau, arm)
    equal = N_MDPS - every.higher - every.lower
    return (
        f"higher in {every.higher}, lower in {every.lower}, equal in {equal} of "
        f"{N_MDPS}; by over 0.1 %: {seen.higher} and {seen.lower}; mean "
        f"{100 * mean_gain(structure, living, tau, arm):+.2g} %"
    )


def _cases(tau: float) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for living in LIVING:
        for structure in STRUCTURES:
            yield living, structure, {"living": living, "tau": tau, "A": structure}


@check(section="6.1", equation="79-80", over="A")
def they_stand_still() -> Iterator[Row]:
    """Each arm's policy is the Boltzmann policy of the Q that it bootstraps."""
    for tau in (0.01, 0.1):
        for living, structure, said in _cases(tau):
            mdp = games(structure, charge=LIVING[living])
            uniform = uniform_log_reference(mdp.n_actions)
            kinds = {
                "naive": (None, None),
                "entropy": (tau, None),
                "KL": (tau, uniform),
            }
            for arm, (temperature, reference) in kinds.items():
                policy = found(structure, living, tau)[arm]
                values = evaluate(mdp, policy, temperature, reference)
                own = boltzmann_log_policy(q_values(mdp, values), tau, reference)
                yield holds(
                    f"{arm}: pi = softmax(Q_pi / tau) of its own rewards (absolute)",
                    (own.exp() - policy.exp()).abs().max(),
                    **said,
                    **OF,
                )


@check(section="6.1", equation="79-80", over="A")
def entropy_lives_longest() -> Iterator[Row]:
    """By optimality: two optima whose returns differ by a charge for living."""
    for tau in (0.01, 0.1):
        for living, structure, said in _cases(tau):
            each = outcomes(structure, living, tau)
            more = each["entropy"].life - each["KL"].life
            yield holds(
                "discounted steps of entropy >= those of KL, in every MDP (absolute)",
                (-more.min()).clamp(min=0),
                observed=f"mean {more.mean():.2g} more",
                **said,
                **OF,
            )
            bonus, entropy = (
                float(each[a].length.mean()) for a in ("bonus", "entropy")
            )
            yield differs(
                "games of naive A2C with tau log A a step are longer than entropy's, "
                "by a share",
                bonus / entropy - 1,
                threshold=1e-4,
                observed=f"{bonus:.2f} and {entropy:.2f} steps",
                **said,
                **OF,
            )


@check(section="6.1", equation="79-80")
def scores_are_close_at_low_tau() -> Iterator[Row]:
    """The paper's temperature: whatever the sign, there is next to nothing to see."""
    for living, structure, said in _cases(0.01):
        for form in FORMS:
            yield holds(
                f"mean score of proper A2C ({form}) = naive's, to a share of naive's",
                abs(mean_gain(structure, living, 0.01, form)),
                tolerance=0.01,
                observed=_said(structure, living, 0.01, form),
                **said,
                **OF,
            )


@check(section="6.1", equation="79-80")
def the_sign_is_that_of_living() -> Iterator[Row]:
    """Where it can be seen, a bonus for living helps if living pays, else it hurts."""
    for living, structure, said in _cases(0.1):
        for form in FORMS:
            higher, lower = _seen(structure, living, 0.1, form)
            up = (form == "entropy") == (living == "pays")
            agreeing = higher if up else lower
            yield differs(
                f"living {living}: of the MDPs where proper A2C ({form}) scores over "
                f"0.1 % other than naive, the share where it scores "
                f"{'higher' if up else 'lower'}",
                agreeing / (higher + lower) if higher + lower else math.nan,
                threshold=0.5,
                observed=_said(structure, living, 0.1, form),
                **said,
                **OF,
            )


_DRAWN = {"18": "18 actions", "3 twice": "3 actions, twice each"}
_LINES: dict[str, dict[str, Any]] = {
    "entropy": {"label": "a2c-proper", "color": colour("a2c-proper")},
    "KL": {"label": "a2c-proper-kl", "color": "#009E73"},
    "bonus": {"label": "a2c-naive-plus", "color": colour("a2c-naive"), "ls": "--"},
}


@picture(
    "Scores (undiscounted returns) at the fixed points of A2C in 40 random episodic "
    "MDPs, relative to naive A2C's: means. One should see the entropy and the KL form "
    "pull in opposite directions: where living pays (left: rewards -1, 0 and 1), the "
    "entropy form's bonus for living raises the score and the KL form's charge lowers "
    "it; where every step costs 2 more (right) it is the other way round. The control, "
    "naive A2C with the constant tau log A a step, has the sign of the entropy form "
    "until it overdoes it. At the paper's tau = 0.01 (dotted) no arm is 1 % from naive."
)
def scores() -> Sketch:
    """Mean gain against tau: one panel a world and a structure, one line an arm."""
    figure, axes = subplots(2, 2, figsize=(7, 4.6), sharex=True)
    temperatures = (0.01, 0.03, 0.1, 0.3)
    for row, (structure, title) in zip(axes, _DRAWN.items(), strict=True):
        for axis, living in zip(row, LIVING, strict=True):
            for arm, style in _LINES.items():
                gains = [mean_gain(structure, living, tau, arm) for tau in temperatures]
                percent = [steady(100 * each) for each in gains]
                axis.plot(temperatures, percent, marker="o", ms=3, **style)
            axis.set_xscale("log")
            axis.axhline(0, color="0.5", linewidth=0.7)
            axis.axvline(0.01, color="0.5", linestyle=":")
            axis.set_title(f"living {living}, {title}")
        row[0].set_ylabel("score, relative to naive (%)")
    for axis in axes[1]:
        axis.set_xlabel("temperature tau (reward)")
    axes[0, 0].legend()
    return figure
