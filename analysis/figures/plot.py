"""A plot as numbers, for pages: drawn as SVG, and again by a script that can hover.

What a page shows without scripts (:mod:`.svg`) and what it shows with them are of these
same numbers. Not a number where there is none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.figures.style import colour, dashes

INK = "currentColor"  # the page's own, on a light ground and on a dark one
DIGITS = 4  # of the numbers that a script is given


@dataclass(frozen=True)
class Line:
    """A line.

    Attributes:
        label: What it is.
        colour: As CSS has it.
        y: A value an ``x`` of the plot.
        dash: As SVG's ``stroke-dasharray``; empty for a line without gaps.
        aside: Whether it is only thin: an aid to the others.
    """

    label: str
    colour: str
    y: Sequence[float]
    dash: str = ""
    aside: bool = False


@dataclass(frozen=True)
class Band:
    """What lies between two lines; not drawn where either has no finite value."""

    label: str
    colour: str
    low: Sequence[float]
    high: Sequence[float]


@dataclass(frozen=True)
class Plot:
    """One panel.

    Attributes:
        title: Above it.
        says: What it shows, in words: what a screen reader reads.
        x_label: With its unit.
        y_label: With its unit.
        x: Rising.
        lines: Over the bands.
        bands: Below the lines.
        span: From where to where, up the plot, a margin reaches; none if empty.
        steps: Whether lines go level from one ``x`` to the next.
    """

    title: str
    says: str
    x_label: str
    y_label: str
    x: Sequence[float]
    lines: Sequence[Line]
    bands: Sequence[Band] = ()
    span: tuple[float, float] | tuple[()] = ()
    steps: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain types alone; ``null`` where there is no finite number."""
        return {
            "title": self.title,
            "xLabel": self.x_label,
            "yLabel": self.y_label,
            "x": plain(self.x),
            "lines": [
                {
                    "label": each.label,
                    "colour": each.colour,
                    "y": plain(each.y),
                    "dash": [float(part) for part in each.dash.split()],
                    "aside": each.aside,
                }
                for each in self.lines
            ],
            "bands": [
                {
                    "label": each.label,
                    "colour": each.colour,
                    "low": plain(each.low),
                    "high": plain(each.high),
                }
                for each in self.bands
            ],
            "span": plain(self.span),
            "steps": self.steps,
        }


def plain(values: Iterable[float]) -> list[float | int | None]:
    """Numbers with :data:`DIGITS` digits, whole ones without a point."""
    return [_plain(float(value)) for value in values]


def _plain(value: float) -> float | int | None:
    if not math.isfinite(value):
        return None
    short = float(f"{value:.{DIGITS}g}")
    return int(short) if short.is_integer() else short


def css_colour(variant: str) -> str:
    """The colour of a variant; black is the page's ink."""
    found = colour(variant)
    return INK if found == "#000000" else found


def css_dash(variant: str, rank: int) -> str:
    """The dash pattern of a variant's ``rank``-th label."""
    pattern = dashes(variant, rank)
    return (
        "" if isinstance(pattern, str) else " ".join(f"{2 * p:g}" for p in pattern[1])
    )
