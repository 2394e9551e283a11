"""What minima and maxima of noisy critics add to a target: TD3, SAC and DQN.

Each of ``A`` actions is worth the same; critics err by independent ``N(0, sigma^2)``.
With the distribution ``F`` of one estimate, the largest of ``A`` has ``F^A``, so that::

    hard maximum          E max_a Z_a                  overestimates (Q-learning)
    double Q              E Z'_{argmax Z}              = 0
    clipped double Q      E min(Z, Z')_{argmax Z}      TD3
    twin minimum          E min(Z, Z')                 = -sigma / sqrt(pi), A = 1
    maximum of minima     E max_a min(Z_a, Z'_a)

Errors of correlation ``rho`` shrink the twin minimum to ``-sigma sqrt((1 - rho)/pi)``.
A bias ``b`` of every target is a constant as in Eq. 82: it shifts Q by
``gamma b / (1 - gamma)`` where nothing ends, and is a cost of living where episodes do.

Source: Fujimoto et al. (2018), Addressing function approximation error (TD3), Sec. 4;
Haarnoja et al. (2018), Sec. 4.2; van Hasselt (2010), Double Q-learning.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr

from algorithms.entropy import soft_value, uniform_log_reference
from analysis.figures.sketch import Sketch, subplots
from benchmarks.theory.checks import check, picture
from benchmarks.theory.rows import Row, differs, holds, relative_error
from benchmarks.theory.tabular.mdp import random_mdp
from benchmarks.theory.tabular.solvers import hard_optimum

Array = NDArray[np.float64]

_HALF_WIDTH, _POINTS = 12.0, 2001  # the trapezoid rule is exact to 1e-15 on these


def mean(density: Callable[[Array], Array]) -> float:
    """``E z`` of a density on the line, by the trapezoid rule."""
    z = np.linspace(-_HALF_WIDTH, _HALF_WIDTH, _POINTS)
    return float((z * density(z)).sum() * (z[1] - z[0]))


def normal(z: Array) -> Array:
    """The standard normal density."""
    return np.exp(-0.5 * z**2) / math.sqrt(2 * math.pi)


def largest(n: int) -> float:
    """``E max`` of ``n`` standard normal errors: density ``n phi Phi^(n - 1)``."""
    return mean(lambda z: n * normal(z) * np.exp((n - 1) * log_ndtr(z)))


def twin_minimum(correlation: float = 0.0) -> float:
    """``E min(Z, Z')`` of two errors: one is below the other, then far below 0.

    ``P(Z' > z | Z = z) = Phi(-z sqrt((1 - rho) / (1 + rho)))``.
    """
    slope = math.sqrt((1 - correlation) / (1 + correlation))
    return mean(lambda z: 2 * normal(z) * ndtr(-slope * z))


def largest_minimum(n: int) -> float:
    """``E max_a min(Z_a, Z'_a)`` over ``n`` actions."""

    def density(z: Array) -> Array:
        below = 1 - ndtr(-z) ** 2  # distribution of one minimum
        return n * below ** (n - 1) * 2 * normal(z) * ndtr(-z)

    return mean(density)


def clipped_double(n: int) -> float:
    """``E min(Z, Z')`` where ``Z`` is largest of ``n`` and ``Z'`` independent: TD3."""

    def density(z: Array) -> Array:
        first = np.exp(n * log_ndtr(z))  # distribution of the largest
        first_density = n * normal(z) * np.exp((n - 1) * log_ndtr(z))
        return first_density * ndtr(-z) + normal(z) * (1 - first)

    return mean(density)


@check(section="inference", equation="Fujimoto 2018, Eq. 10")
def minima_and_maxima_in_closed_form() -> Iterator[Row]:
    """Quadrature against the known means of normal order statistics."""
    root = math.sqrt(math.pi)
    largest_4 = 6 / root * (0.25 + math.asin(1 / 3) / (2 * math.pi))
    known = (
        ("E max of 2 = 1 / sqrt(pi)", largest(2), 1 / root),
        ("E max of 3 = 3 / (2 sqrt(pi))", largest(3), 1.5 / root),
        ("E max of 4 = 6 / sqrt(pi) (1/4 + asin(1/3) / (2 pi))", largest(4), largest_4),
        ("E min of twins = -1 / sqrt(pi)", twin_minimum(), -1 / root),
        (
            "E max over one action of minima = -1 / sqrt(pi)",
            largest_minimum(1),
            -1 / root,
        ),
        (
            "E clipped double Q of one action = -1 / sqrt(pi)",
            clipped_double(1),
            -1 / root,
        ),
    )
    for statement, found, exact in known:
        yield holds(
            statement,
            abs(found / exact - 1),
            observed=f"{found:+.3f} sigma",
        )
    for rho in (-0.5, 0.5, 0.9):
        exact = -math.sqrt((1 - rho) / math.pi)
        yield holds(
            "E min of correlated twins = -sqrt((1 - rho) / pi)",
            abs(twin_minimum(rho) / exact - 1),
            observed=f"{exact:+.3f} sigma",
            rho=rho,
        )


@check(section="inference", equation="Fujimoto 2018, Sec. 4")
def twins_underestimate_what_one_overestimates() -> Iterator[Row]:
    """Signs: the maximum is too high, TD3's target always too low."""
    for n in (2, 4, 18):
        yield differs(
            "bias of the hard maximum is above 0 (sigma)",
            largest(n),
            threshold=0.1,
            observed=f"{largest(n):+.3f} sigma",
            A=n,
        )
        yield differs(
            "bias of clipped double Q is below 0, by (sigma)",
            -clipped_double(n),
            threshold=1e-3,
            observed=f"{clipped_double(n):+.3f} sigma",
            A=n,
        )


def softened(temperature: float, kl: bool) -> float:
    """``E`` of the soft value of two noisy actions, by quadrature over their gap.

    The value of ``(Z + D / 2, Z - D / 2)`` is ``Z`` plus that of ``(D / 2, -D / 2)``,
    and ``D`` has variance 2.
    """
    z = torch.linspace(-_HALF_WIDTH, _HALF_WIDTH, _POINTS, dtype=torch.float64)
    gap = math.sqrt(2) * z / 2
    reference = uniform_log_reference(2) if kl else None
    value = soft_value(torch.stack([gap, -gap], -1), temperature, reference)
    weights = torch.from_numpy(normal(z.numpy())) * (z[1] - z[0])
    return float((weights * value).sum())


@check(section="inference", equation="81-83")
def softness_and_overestimation() -> Iterator[Row]:
    """The bias of soft targets of noisy Q: entropy adds to it, KL takes from it."""
    previous = largest(2)
    for tau in (0.1, 1.0, 10.0):
        entropy, kl = softened(tau, kl=False), softened(tau, kl=True)
        yield holds(
            "bias by entropy - bias by KL = tau log 2 (two actions)",
            abs((entropy - kl) / (tau * math.log(2)) - 1),
            observed=f"{entropy:+.3f} and {kl:+.3f} sigma",
            tau=f"{tau} sigma",
        )
        yield differs(
            "KL overestimates less than at lower tau, down from the maximum's (sigma)",
            previous - kl,
            observed=f"maximum {largest(2):+.3f} sigma",
            tau=f"{tau} sigma",
        )
        previous = kl


@check(section="inference", equation="82; Fujimoto 2018, Sec. 4")
def a_bias_is_a_constant() -> Iterator[Row]:
    """The twin minimum shifts Q as the constant of Eq. 82 does."""
    mdp, sigma = random_mdp(4, n_states=5, n_actions=4, gamma=0.9), 0.3
    bias = sigma * twin_minimum()
    plain, biased = hard_optimum(mdp), hard_optimum(mdp, bias)
    shift = torch.tensor(mdp.gamma * bias / (1 - mdp.gamma), dtype=torch.float64)
    yield holds(
        "targets of max Q + b: Q is shifted by gamma b / (1 - gamma)",
        relative_error(biased.q - plain.q, shift),
        observed=f"b = {bias:.3f}, shift {shift:.2f} reward",
        sigma=sigma,
    )
    tau = -bias / math.log(mdp.n_actions)
    constant = soft_value(plain.q, tau, uniform_log_reference(4)) - soft_value(
        plain.q, tau
    )
    yield holds(
        "b is the KL arm's - tau log A at tau = sigma / (sqrt(pi) log A)",
        relative_error(constant, torch.tensor(bias, dtype=torch.float64)),
        observed=f"tau = {tau:.3f}",
        sigma=sigma,
        A=4,
    )


@picture(
    "Bias of a bootstrapped target when all actions are equally good and critics err "
    "independently by a normal error of standard deviation sigma (exact, by "
    "quadrature). One should see the maximum over one critic rise with the number of "
    "actions, and the minimum of twins, as SAC takes it of one sampled action, stay at "
    "-0.56 sigma; TD3's minimum at the first critic's best action stays below 0 for "
    "any number of actions and tends to it; the best of minima over two critics does "
    "not: from 3 actions on it overestimates again."
)
def twin_bias() -> Sketch:
    """Bias against the number of actions, one line a target."""
    figure, axis = subplots(figsize=(7, 3))
    counts = range(1, 19)
    for label, bias_of, colour in (
        ("max Q (DQN)", largest, "#000000"),
        ("max of min(Q1, Q2)", largest_minimum, "#E69F00"),
        ("min(Q1, Q2) at argmax Q1 (TD3)", clipped_double, "#0072B2"),
        ("min(Q1, Q2) of any action (SAC)", lambda _: twin_minimum(), "#D55E00"),
    ):
        biases = [bias_of(n) for n in counts]
        axis.plot(counts, biases, ".-", color=colour, label=label)
    axis.axhline(0, color="0.5", lw=0.7)
    axis.set_xlabel("number of actions")
    axis.set_ylabel("bias of the target (sigma)")
    axis.set_xticks([1, 4, 6, 9, 18])
    axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure
