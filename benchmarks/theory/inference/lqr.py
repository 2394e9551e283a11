"""Maximum-entropy linear-quadratic control: a Gaussian around the usual controller.

``x' = A x + B u + w`` with ``w ~ N(0, W)``, reward ``-1/2 (x'Q x + u'R u)`` and the
bonus ``tau`` times the differential entropy. The soft value is quadratic, and its
Riccati equation does not know tau::

    V(x)      = -1/2 x'P x + c
    M         = R + gamma B'P B,   K = gamma M^-1 B'P A
    P         = Q + gamma A'P A - gamma A'P B K
    pi(u | x) = N(-K x, tau M^-1)
    c (1 - gamma) = tau/2 log det(2 pi tau M^-1) - gamma/2 tr(P W)

The messages of exact inference put ``(P^-1 + W / tau)^-1`` for ``P`` of the next step:
they hope for helpful noise, and steer less.

Source: Levine (2018), Sec. 2-3; Todorov (2008); Ziebart (2010), Sec. 6.3; Whittle
(1990), Risk-sensitive optimal control, for the last.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from algorithms.entropy import boltzmann_log_policy, soft_value
from benchmarks.theory.checks import check
from benchmarks.theory.rows import Row, differs, holds

Matrix = NDArray[np.floating[Any]]
TEMPERATURES = (0.01, 0.1, 1.0, 10.0)


class Plant(NamedTuple):
    """A linear system and its costs, all matrices; ``B (d, 1)``: one control."""

    dynamics: Matrix
    control: Matrix
    state_cost: Matrix
    control_cost: Matrix
    noise: Matrix
    gamma: float


class Controller(NamedTuple):
    """``P (d, d)``, the gain ``K (1, d)`` and ``M (1, 1)``."""

    cost: Matrix
    gain: Matrix
    precision: Matrix


def scalar_plant() -> Plant:
    """An unstable state of one dimension."""
    one = np.eye(1)
    return Plant(1.2 * one, 0.5 * one, one, 0.3 * one, 0.2 * one, 0.95)


def cart() -> Plant:
    """Position and speed, pushed: the double integrator."""
    return Plant(
        np.array([[1.0, 0.1], [0.0, 1.0]]),
        np.array([[0.0], [0.1]]),
        np.diag([1.0, 0.1]),
        np.array([[0.05]]),
        np.diag([0.0, 0.02]),
        0.95,
    )


def one_step(plant: Plant, cost: Matrix) -> Controller:
    """The controller against the next step's ``P``, and this step's ``P``."""
    a, b, gamma = plant.dynamics, plant.control, plant.gamma
    precision = plant.control_cost + gamma * b.T @ cost @ b
    gain = gamma * np.linalg.solve(precision, b.T @ cost @ a)
    cost = plant.state_cost + gamma * a.T @ cost @ (a - b @ gain)
    return Controller((cost + cost.T) / 2, gain, precision)


def hopeful(plant: Plant, cost: Matrix, tau: float) -> Matrix:
    """``(P^-1 + W / tau)^-1``, for any P: the cost of a next state hoped for."""
    return np.linalg.solve(np.eye(len(cost)) + cost @ plant.noise / tau, cost)


def riccati(plant: Plant, hope_at: float | None = None) -> Controller:
    """The fixed point of :func:`one_step`.

    Args:
        plant: The system.
        hope_at: Use the messages' hopeful ``P`` at this tau, or None for the truth.
    """
    cost = plant.state_cost
    for _ in range(2000):
        following = cost if hope_at is None else hopeful(plant, cost, hope_at)
        found = one_step(plant, following)
        if np.abs(found.cost - cost).max() <= 1e-15 * np.abs(cost).max():
            break
        cost = found.cost
    return found


def constant(plant: Plant, controller: Controller, tau: float) -> float:
    """``c``: entropy earned and noise paid for ever after."""
    spread = 2 * math.pi * tau / float(controller.precision[0, 0])
    paid = plant.gamma * float(np.trace(controller.cost @ plant.noise))
    return (tau * math.log(spread) - paid) / (2 * (1 - plant.gamma))


def value(controller: Controller, c: float, x: Matrix) -> Matrix:
    """``V(x) = -1/2 x'P x + c``, ``(..., d) -> (...)``."""
    return -0.5 * np.einsum("...i,ij,...j", x, controller.cost, x) + c


class Grid(NamedTuple):
    """The soft policy of a state on a fine grid of controls: its moments and value."""

    mean: float
    variance: float
    value: float


def on_grid(
    plant: Plant, controller: Controller, c: float, tau: float, x: Matrix
) -> Grid:
    """Softmax and log-sum-exp of ``Q(x, u)``; trapezoids are exact for Gaussians."""
    width = math.sqrt(tau / float(controller.precision[0, 0]))
    centre = -float((controller.gain @ x)[0])
    u = np.linspace(centre - 12 * width, centre + 11 * width, 4001)  # not centred
    after = plant.dynamics @ x + u[:, None] * plant.control[:, 0]
    paid = plant.gamma * float(np.trace(controller.cost @ plant.noise)) / 2
    reward = -0.5 * (x @ plant.state_cost @ x + plant.control_cost[0, 0] * u**2)
    q = torch.from_numpy(reward + plant.gamma * value(controller, c, after) - paid)
    step = u[1] - u[0]
    chances = boltzmann_log_policy(q, tau).exp().numpy()
    mean = float(chances @ u)
    return Grid(
        mean,
        float(chances @ (u - mean) ** 2),
        float(soft_value(q, tau)) + tau * math.log(step),
    )


@check(section="inference", equation="28-29; Levine 2018, Sec. 3")
def the_soft_controller_is_gaussian() -> Iterator[Row]:
    """Mean, variance and value of ``softmax Q`` on a grid of controls."""
    for name, plant, x in (
        ("scalar", scalar_plant(), np.array([0.7])),
        ("double integrator", cart(), np.array([0.5, -0.3])),
    ):
        controller = riccati(plant)
        for tau in TEMPERATURES:
            c = constant(plant, controller, tau)
            found = on_grid(plant, controller, c, tau, x)
            mean = -float((controller.gain @ x)[0])
            variance = tau / float(controller.precision[0, 0])
            exact = float(value(controller, c, x))
            yield holds(
                "mean of softmax(Q / tau) = -K x, K of the Riccati equation",
                abs(found.mean - mean) / max(abs(mean), math.sqrt(variance)),
                observed=f"{mean:.3f}",
                plant=name,
                tau=tau,
            )
            yield holds(
                "variance of softmax(Q / tau) = tau (R + gamma B'P B)^-1",
                abs(found.variance / variance - 1),
                observed=f"{variance:.3g}",
                plant=name,
                tau=tau,
            )
            yield holds(
                "tau log int exp(Q / tau) du = -1/2 x'P x + c",
                abs(found.value - exact) / max(abs(exact), abs(c)),
                plant=name,
                tau=tau,
            )


def hoped_value(plant: Plant, cost: float, tau: float, mean: float) -> float:
    """``tau log E exp(-x'P x / (2 tau))`` of ``x ~ N(mean, W)``, on a grid; scalar."""
    width = math.sqrt(float(plant.noise[0, 0]))
    z = np.linspace(-14, 14, 4001)
    log_density = -0.5 * z**2 - 0.5 * math.log(2 * math.pi) + math.log(z[1] - z[0])
    values = torch.from_numpy(-0.5 * cost * (mean + width * z) ** 2)
    return float(soft_value(values, tau, torch.from_numpy(log_density)))


@check(section="inference", equation="Levine 2018, Sec. 2.4")
def messages_steer_less() -> Iterator[Row]:
    """The gain of exact inference, which hopes for helpful noise, against K."""
    scalar, cost, tau = scalar_plant(), 1.5, 0.3
    far, near = (hoped_value(scalar, cost, tau, mean) for mean in (1.0, 0.0))
    exact = -0.5 * float(hopeful(scalar, np.array([[cost]]), tau)[0, 0])
    yield holds(
        "tau log E exp(V(x') / tau) is quadratic, with (P^-1 + W / tau)^-1 for P",
        abs((far - near) / exact - 1),
        observed=f"P = {cost} becomes {-2 * exact:.3f}",
        plant="scalar",
        tau=tau,
    )
    for name, plant in (("scalar", scalar_plant()), ("double integrator", cart())):
        gain = float(np.abs(riccati(plant).gain).sum())
        for tau in (0.1, 1.0):
            hoping = float(np.abs(riccati(plant, hope_at=tau).gain).sum())
            yield differs(
                "sum |K| of the messages is lower than the controller's, by a share",
                1 - hoping / gain,
                observed=f"{hoping:.3f} for {gain:.3f}",
                plant=name,
                tau=tau,
            )
        certain = plant._replace(noise=0 * plant.noise)
        same = riccati(certain, hope_at=0.1).gain - riccati(certain).gain
        yield holds(
            "without noise the messages' K is the controller's",
            float(np.abs(same).max()) / gain,
            plant=name,
            tau=0.1,
        )
