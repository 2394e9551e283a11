"""Section 5: damped Q-learning takes natural policy gradient steps.

With ``psi = grad log pi`` at ``theta_old``, ``F = E[psi psi']`` and the regularised
policy gradient ``g = E[psi Delta] - tau grad REG``::

    argmin_w E 1/2 (w'psi - eps (Delta - tau [log(pi/pibar) - REG]))^2 = eps F^-1 g

Damped Q-learning regresses ``Q = V + tau log(pi/pibar)`` on ``Q_old + eps (y - Q_old)``
with ``y = V + Delta + tau REG``. Its residual is tau times that of a step of
``eps / tau``: the two match for equal eps only if tau is 1 (Eq. 78 corrected).
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from analysis.figures.sketch import Sketch, subplots
from benchmarks.theory.checks import check, picture
from benchmarks.theory.paper.log_linear import STEP, LogLinear, problems
from benchmarks.theory.report import steady
from benchmarks.theory.rows import Row, differs, holds, relative_error
from benchmarks.theory.tabular.grid import TEMPERATURES


@check(section="5", equation="66-70", over="reference")
def least_squares_gives_natural_gradient() -> Iterator[Row]:
    """The compatible regression of the regularised advantage is ``eps F^-1 g``."""
    for tau in TEMPERATURES:
        for name, problem in problems(tau):
            score_form = torch.einsum(
                "sa,sap,sa->p", problem.weights, problem.score, problem.improvement
            )
            yield holds(
                "g = E[psi (Delta - tau [log(pi/pibar) - REG])]",
                relative_error(score_form, problem.policy_gradient),
                equation="69-70",
                tau=tau,
                reference=name,
            )
            fitted = problem.least_squares(problem.score, STEP * problem.improvement)
            yield holds(
                "argmin_w E(w'psi - eps (Delta - tau [log(pi/pibar) - REG]))^2 "
                "= eps F^-1 g",
                relative_error(fitted, STEP * problem.natural_gradient),
                equation="66-68",
                tau=tau,
                reference=name,
                eps=STEP,
            )


@check(section="5", equation="74-78", over="reference")
def damped_q_is_natural_gradient() -> Iterator[Row]:
    """The damped Q regression: its gradient, and its first-order minimiser."""
    for tau in TEMPERATURES:
        for name, problem in problems(tau):
            theta = problem.theta.clone().requires_grad_()
            (slope,) = torch.autograd.grad(problem.damped_loss(theta), theta)
            yield holds(
                "grad of the damped Q loss = -eps tau g",
                relative_error(slope, -STEP * tau * problem.policy_gradient),
                tau=tau,
                reference=name,
                eps=STEP,
            )
            fitted = problem.least_squares(
                tau * problem.score, STEP * problem.improvement
            )
            ratio = fitted.norm() / (STEP * problem.natural_gradient).norm()
            yield holds(
                "damped Q step, linearised = (eps/tau) F^-1 g",
                relative_error(fitted, STEP / tau * problem.natural_gradient),
                observed=f"{ratio:.6g} times the natural gradient step of eps",
                tau=tau,
                reference=name,
                eps=STEP,
            )


def damped_step(problem: LogLinear, step: float) -> Tensor:
    """``theta - theta_old`` at the damped loss's own minimum, by Newton's method."""
    theta = problem.theta.clone()

    def loss(x: Tensor) -> Tensor:
        return problem.damped_loss(x, step)

    for _ in range(30):
        point = theta.clone().requires_grad_()
        (slope,) = torch.autograd.grad(loss(point), point)
        move = torch.linalg.solve(_hessian(problem, theta, step), slope)
        theta = theta - move
        if move.norm() <= 1e-14 * theta.norm():
            break
    return theta - problem.theta


def _hessian(problem: LogLinear, theta: Tensor, step: float) -> Tensor:
    hessian = torch.autograd.functional.hessian(
        lambda x: problem.damped_loss(x, step), theta
    )
    assert isinstance(hessian, Tensor)
    return hessian


def curvature(problem: LogLinear, step: float) -> float:
    """``|damped Q step - (eps/tau) F^-1 g| / (eps/tau)^2``, in units of theta."""
    scale = step / problem.temperature
    apart = damped_step(problem, step) - scale * problem.natural_gradient
    return float(apart.norm()) / scale**2


@check(section="5", equation="78")
def difference_is_of_second_order() -> Iterator[Row]:
    """Without linearising, the two steps differ by ``O((eps/tau)^2)``."""
    for tau in (0.1, 1.0, 10.0):
        _, problem = next(problems(tau))
        constants = [curvature(problem, tau * size) for size in (1e-3, 1e-4)]
        yield holds(
            "|damped Q step - (eps/tau) F^-1 g| / (eps/tau)^2 tends to a constant",
            abs(constants[0] / constants[1] - 1),
            tolerance=0.1,
            observed=f"{constants[0]:.3f} and {constants[1]:.3f}",
            tau=tau,
            eps="tau/1e3 and tau/1e4",
        )
        large = curvature(problem, tau) / float(problem.natural_gradient.norm())
        yield differs(
            "at eps = tau, the undamped regression, it is another step",
            large,
            threshold=0.05,
            tau=tau,
        )


@picture(
    "Distance between the damped Q-learning step and the natural policy gradient step, "
    "as a fraction of the latter, for a log-linear policy (exact minima, no sampling). "
    "Solid: natural step of size eps/tau, Eq. 78 corrected; the distance goes to 0 in "
    "proportion to eps/tau, so the steps agree to first order at every temperature. "
    "Dashed: natural step of size eps, Eq. 78 as printed; at tau other than 1 the "
    "distance stays at |1/tau - 1| however small the step."
)
def natural_gradient() -> Sketch:
    """Relative distance of the steps against eps/tau, one colour a temperature."""
    figure, axis = subplots(figsize=(6, 3.6))
    sizes = [10 ** (-k / 2) for k in range(4, 11)]
    colours = {0.1: "#D55E00", 1.0: "#0072B2", 10.0: "#009E73"}
    for tau, colour in colours.items():
        _, problem = next(problems(tau))
        for style, factor in (("-", 1 / tau), ("--", 1.0)):
            distances = [
                steady(_distance(problem, tau * size, factor)) for size in sizes
            ]
            form = "eps/tau" if style == "-" else "eps"
            label = f"tau = {tau:g}, natural step of {form}"
            axis.loglog(sizes, distances, style, color=colour, label=label)
    axis.set_xlabel("eps / tau (dimensionless)")
    axis.set_ylabel("distance of the two steps\n(fraction of the natural step)")
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def _distance(problem: LogLinear, step: float, factor: float) -> float:
    natural = factor * step * problem.natural_gradient
    return float((damped_step(problem, step) - natural).norm() / natural.norm())
