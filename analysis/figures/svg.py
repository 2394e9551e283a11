"""Plots and strips of intervals as SVG: small, sharp, and in the page's own colours.

Matplotlib's SVG of one panel takes thirty kilobytes or more, and its colours are fixed;
a page has a hundred panels, one megabyte, and a dark side.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from analysis.figures.plot import Band, Line, Plot

WIDTH, HEIGHT = 320, 210  # of whole units, about a pixel each
LEFT, RIGHT, TOP, BOTTOM = 56, 6, 24, 38  # left of it: a label, and "−1000"
CAP = 4  # half of a whisker's

Floats = NDArray[np.float64]


class Frame(NamedTuple):
    """Where values lie on the drawing."""

    low_x: float
    high_x: float
    low_y: float
    high_y: float

    @classmethod
    def of(cls, plot: Plot) -> Frame:
        """A frame that holds everything that is drawn."""
        values = [each.y for each in plot.lines] + [plot.span]
        values += [side for band in plot.bands for side in (band.low, band.high)]
        together = np.concatenate([np.asarray(v, float) for v in values])
        y = together[np.isfinite(together)]
        low, high = (y.min(), y.max()) if y.size else (0.0, 1.0)
        room = 0.04 * (high - low) or 0.5
        x = np.asarray(plot.x, float)
        left, right = (x.min(), x.max()) if x.size else (0.0, 1.0)
        return cls(left, right if right > left else left + 1, low - room, high + room)

    def x(self, values: Sequence[float] | Floats) -> Floats:
        """Horizontal places."""
        share = (np.asarray(values, float) - self.low_x) / (self.high_x - self.low_x)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, values: Sequence[float] | Floats) -> Floats:
        """Vertical places, down from the top."""
        share = (np.asarray(values, float) - self.low_y) / (self.high_y - self.low_y)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def svg(plot: Plot, place: str = "") -> str:
    """Draw a plot; everything in it is escaped.

    Args:
        plot: Any.
        place: Attributes that say where it lies in another drawing.
    """
    frame = Frame.of(plot)
    place += " " * bool(place)
    return "".join(
        [
            f'<svg class="plot" {place}viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            f"<title>{escape(f'{plot.title}. {plot.says}')}</title>",
            f'<text class="name" x="{LEFT}" y="15">{escape(plot.title)}</text>',
            *_axes(plot, frame),
            *_span(plot, frame),
            '<g class="band">',
            *(_band(band, plot, frame) for band in plot.bands),
            '</g><g class="line">',
            *(_line(line, plot, frame) for line in plot.lines),
            "</g></svg>",
        ]
    )


def _axes(plot: Plot, frame: Frame) -> Iterator[str]:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    whole = all(float(x).is_integer() for x in plot.x)
    y = ticks(frame.low_y, frame.high_y)
    x = ticks(frame.low_x, frame.high_x, whole=whole)
    down, across = (np.rint(at).astype(int) for at in (frame.y(y), frame.x(x)))
    level = "".join(f"M{LEFT} {place}H{right}" for place in down)
    short = "".join(f"M{place} {bottom}v3" for place in across)
    yield f'<path class="grid" d="{level}"/>'
    yield f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{right}{short}"/>'
    yield '<g class="end">'
    for value, place in zip(y, down, strict=True):
        yield f'<text x="{LEFT - 4}" y="{place + 4}">{number(value)}</text>'
    yield '</g><g class="mid">'
    for value, place in zip(x, across, strict=True):
        yield f'<text x="{place}" y="{bottom + 14}">{number(value)}</text>'
    label, up = escape(plot.x_label), (TOP + bottom) // 2
    yield f'<text x="{(LEFT + right) // 2}" y="{HEIGHT - 6}">{label}</text>'
    turned = f'transform="translate(11 {up}) rotate(-90)"'
    yield f"<text {turned}>{escape(plot.y_label)}</text></g>"


def ticks(low: float, high: float, *, whole: bool = False) -> list[float]:
    """A few round values between two; whole numbers alone, if they are counts."""
    locator = MaxNLocator(4, steps=[1, 2, 2.5, 5, 10], integer=whole)
    found = locator.tick_values(low, high)
    return [float(v) + 0.0 for v in found if low <= v <= high]


def number(value: float) -> str:
    """A number on an axis."""
    return f"{value:.4g}".replace("-", "−")


def _span(plot: Plot, frame: Frame) -> Iterator[str]:
    if plot.span:
        low, high = frame.y(plot.span)
        width = WIDTH - LEFT - RIGHT
        shape = f'y="{high:.0f}" width="{width}" height="{low - high:.0f}"'
        yield f'<rect class="margin" x="{LEFT}" {shape}/>'


def _line(line: Line, plot: Plot, frame: Frame) -> str:
    x, y = _stepped(frame.x(plot.x), frame.y(line.y), plot.steps)
    path = "".join(_path(part) for part in runs_of(x, y))
    dash = f' stroke-dasharray="{line.dash}"' if line.dash else ""
    kind = ' class="aside"' if line.aside else ""
    return f'<path{kind} stroke="{escape(line.colour)}"{dash} d="{path}"/>'


def _band(band: Band, plot: Plot, frame: Frame) -> str:
    x, low = _stepped(frame.x(plot.x), frame.y(band.low), plot.steps)
    _, high = _stepped(frame.x(plot.x), frame.y(band.high), plot.steps)
    sides = np.stack([x, low, high], axis=1)
    path = whiskers = ""
    for part in _finite(sides):
        if len(part) == 1:  # an area would have no width
            whiskers += _whisker(*np.rint(part[0]).astype(int).tolist())
            continue
        there, back = part[:, [0, 2]], part[::-1, [0, 1]]
        path += _path(np.concatenate([there, back])) + "z"
    drawn = f'<path fill="{escape(band.colour)}" d="{path}"/>'
    if whiskers:
        look = f'class="whisker" stroke="{escape(band.colour)}"'
        drawn += f'<path {look} d="{whiskers}"/>'
    return drawn


def _whisker(x: int, low: int, high: int) -> str:
    caps = "".join(f"M{x - CAP} {y}h{2 * CAP}" for y in (low, high))
    return f"M{x} {low}V{high}{caps}"


def _stepped(x: Floats, y: Floats, steps: bool) -> tuple[Floats, Floats]:
    return (np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]) if steps else (x, y)


def runs_of(x: Floats, y: Floats) -> list[Floats]:
    """The unbroken parts of a line, ``float[points, 2]`` each."""
    return _finite(np.stack([x, y], axis=1))


def _finite(rows: Floats) -> list[Floats]:
    good = np.isfinite(rows).all(axis=1)
    edges = np.flatnonzero(np.diff(good.astype(int), prepend=0, append=0))
    return [rows[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _path(points: Floats) -> str:
    """Points as a path, in whole units: the first, then the way to each next one."""
    whole = np.rint(points).astype(int)
    ways = np.diff(whole, axis=0)
    kept = [f"{dx} {dy}" for dx, dy in ways.tolist() if dx or dy]
    start = f"M{whole[0, 0]} {whole[0, 1]}"
    # A single point has no length: a round cap makes it a dot.
    return start + ("l" + " ".join(kept).replace(" -", "-") if kept else "h0")


def strip(
    mean: float,
    wide: tuple[float, float],
    narrow: tuple[float, float],
    margin: tuple[float, float],
    reach: float,
    place: str = "",
) -> str:
    """An effect with its intervals, on an axis from ``-reach`` to ``reach``.

    An end beyond the axis is cut off, and has no cap; an interval without ends is not
    drawn. The table around it says the same in numbers, so that the strip is hidden
    from screen readers.

    Args:
        mean: The effect.
        wide: Ends of the interval that is thin.
        narrow: Ends of the one that is thick.
        margin: From where to where the margin reaches.
        reach: Above 0.
        place: Attributes that say where it lies in another drawing.
    """
    width, height, middle = 240, 24, 12
    place += " " * bool(place)

    def at(value: float) -> float:
        return round(width / 2 * (1 + max(-1.0, min(1.0, value / reach))), 1)

    def bar(ends: tuple[float, float], kind: str) -> str:
        low, high = ends
        if not (math.isfinite(low) and math.isfinite(high)):
            return ""
        return f'<path class="{kind}" d="M{at(low)} {middle}H{at(high)}"/>'

    caps = "".join(f"M{at(v)} 7v10" for v in wide if abs(v) <= reach)
    dot = f'<circle class="dot" cx="{at(mean)}" cy="{middle}" r="4"/>'
    return (
        f'<svg class="strip" {place}viewBox="0 0 {width} {height}" aria-hidden="true">'
        f'<rect class="margin" x="{at(margin[0])}" y="0" height="{height}" '
        f'width="{round(at(margin[1]) - at(margin[0]), 1)}"/>'
        f'<path class="zero" d="M{at(0)} 0v{height}"/>'
        + bar(wide, "wide")
        + (f'<path class="wide" d="{caps}"/>' if caps else "")
        + bar(narrow, "narrow")
        + (dot if abs(mean) <= reach else "")
        + "</svg>"
    )
