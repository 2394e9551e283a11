"""Figures of what is wrong: the misprints, and the mistakes of implementations."""

from __future__ import annotations

from analysis.figures.sketch import Sketch, subplots
from analysis.findings.theory import SMALLEST_ERROR
from benchmarks.theory.checks import CHECKS, picture
from benchmarks.theory.paper.estimators import gradient_distance
from benchmarks.theory.paper.mistakes import MISTAKES
from benchmarks.theory.report import place, steady
from benchmarks.theory.rows import Row
from benchmarks.theory.tabular.learners import Settings, actor_critic, q_learning

_PRINTED, _CORRECTED = "#D55E00", "#0072B2"


@picture(
    "Relative error of each equation that is wrong as printed (orange, one dot a "
    "temperature) and of its corrected form (blue; errors below 1e-12 are drawn at "
    "1e-12). One should see a gap of nine orders of magnitude and more: no blue dot is "
    "near an orange one. Eq. 82 and 83 as printed leave their fixed point by more than "
    "1e9 within ten backups at low temperature, so they cannot have been run."
)
def errata() -> Sketch:
    """Printed and corrected errors, one line an equation."""
    figure, axis = subplots(figsize=(6.5, 5))
    errata = [each for name, each in CHECKS.items() if name.startswith("errata_")]
    errata.sort(key=lambda each: place(each.equation))
    found = {each.equation: each() for each in errata}
    for line, rows in enumerate(found.values()):
        for expected, colour in (("holds", _CORRECTED), ("fails as printed", _PRINTED)):
            errors = _errors(rows, expected)
            axis.plot(errors, [line] * len(errors), "o", color=colour, markersize=4)
    axis.set_xscale("log")
    axis.set_xlim(SMALLEST_ERROR / 10, 1e22)
    axis.set_yticks(range(len(found)), list(found))
    axis.invert_yaxis()
    axis.set_xlabel("relative error (dimensionless)")
    axis.set_ylabel("equation")
    axis.plot([], [], "o", color=_PRINTED, label="as printed")
    axis.plot([], [], "o", color=_CORRECTED, label="corrected")
    axis.legend(loc="upper right")
    return figure


def _errors(rows: list[Row], expected: str) -> list[float]:
    return [
        steady(max(row.error, SMALLEST_ERROR))
        for row in rows
        if row.expected == expected
    ]


@picture(
    "Distance of the expected gradient of each common mistake from that of proper A2C "
    "with c = 0.5 (rollouts of 4 steps, every one enumerated). Q-learning with its "
    "heads rescaled lies at rounding error, drawn at 1e-12. One should see two kinds "
    "of mistake: of scale, which cost about as much at any temperature; and of "
    "regularisation, which cost in proportion to tau and are all below 1 % here at the "
    "paper's tau = 0.01."
)
def mistakes() -> Sketch:
    """Relative distances, one line a mistake, one marker a temperature."""
    figure, axis = subplots(figsize=(6.5, 3.8))
    learners = (*MISTAKES, q_learning)
    for tau, marker, colour in (
        (0.01, "o", "#D55E00"),
        (0.1, "s", "#0072B2"),
        (1.0, "^", "#000000"),
    ):
        distances = [
            gradient_distance(each, actor_critic, (4,), Settings(tau))
            for each in learners
        ]
        axis.plot(
            [steady(max(distance, SMALLEST_ERROR)) for distance in distances],
            range(len(learners)),
            marker,
            color=colour,
            markerfacecolor="none",
            label=f"tau = {tau:g}",
            markersize=6,
        )
    names = [each.__name__.replace("_", " ") for each in MISTAKES]
    axis.set_yticks(range(len(learners)), [*names, "Q-learning, no mistake"])
    axis.invert_yaxis()
    axis.set_xscale("log")
    axis.set_xlabel("relative distance of expected gradients (dimensionless)")
    axis.legend(loc="upper center")
    return figure
