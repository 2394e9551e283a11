"""Plots side by side as one SVG file: small, light or dark, always the same."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import NamedTuple

from analysis.figures.plot import Plot
from analysis.figures.svg import HEIGHT, WIDTH, svg

PLOT_STYLE = Path(__file__).with_name("plot.css")  # of pages too
STYLE = Path(__file__).with_name("sheet.css")
GAP, LINE, EDGE = 18, 17, 14  # of whole units, as in plots
LETTER = 6.6  # the width of one, at most on average
MOST_COLUMNS = 3

Mark = tuple[str, str, str]  # label, colour, dashes


class Place(NamedTuple):
    """Where a mark lies."""

    x: int
    below: int
    mark: Mark


@dataclass(frozen=True)
class Part:
    """Panels under a heading, with the legend of all of them."""

    heading: str
    marks: Sequence[Mark]
    panels: Sequence[Plot]


@dataclass(frozen=True)
class Sheet:
    """A figure: its parts, and what is to be said below them."""

    parts: Sequence[Part]
    caption: str


def sheet_svg(sheet: Sheet) -> bytes:
    """The file of a figure; everything in it is escaped."""
    columns = min(MOST_COLUMNS, max(len(part.panels) for part in sheet.parts))
    width = max(columns * (WIDTH + GAP), 2 * WIDTH)
    lines, y = list[str](), EDGE
    for part in sheet.parts:
        rows = list(_legend(part.marks, width))
        lines += text(part.heading, y + LINE, "heading")
        y += LINE + GAP
        lines += [each for row in rows for each in _marks(row, y)]
        y += LINE * len(rows)
        lines += _panels(part.panels, columns, y)
        y += -(-len(part.panels) // columns) * (HEIGHT + GAP)
    said = text(sheet.caption, y, "caption", wide=width)
    return document(width + 2 * EDGE, y + LINE * len(said) + EDGE, [*lines, *said])


def _panels(panels: Sequence[Plot], columns: int, top: int) -> Iterator[str]:
    for number, plot in enumerate(panels):
        row, column = divmod(number, columns)
        x, y = EDGE + column * (WIDTH + GAP), top + row * (HEIGHT + GAP)
        size = f'width="{WIDTH}" height="{HEIGHT}" overflow="visible"'
        yield svg(plot, f'x="{x}" y="{y}" {size}')


def document(width: int, height: int, lines: Sequence[str]) -> bytes:
    """An SVG file of that size, in units of about a pixel, with its style."""
    style = "".join(path.read_text(encoding="utf-8") for path in (PLOT_STYLE, STYLE))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}">\n<style>{style}</style>\n'
        f'<rect class="ground" width="{width}" height="{height}"/>\n'
        + "\n".join(lines)
        + "\n</svg>\n"
    ).encode()


def text(said: str, y: int, kind: str, x: int = EDGE, wide: int = 0) -> list[str]:
    """Text at a place, a line each; wrapped, if it is to be no wider than so much."""
    room = int(wide / LETTER)
    rows = textwrap.wrap(said, room, break_on_hyphens=False) if wide else [said]
    return [
        f'<text class="{kind}" x="{x}" y="{y + LINE * number}">{escape(row)}</text>'
        for number, row in enumerate(rows)
    ]


def _legend(marks: Sequence[Mark], width: int) -> Iterator[list[Place]]:
    """Rows of marks, each with where it begins."""
    row, x, number = list[Place](), EDGE, 0
    for mark in marks:
        room = 44 + int(LETTER * len(mark[0]))
        if row and x + room > width:
            yield row
            row, x, number = [], EDGE, number + 1
        row.append(Place(x, LINE * number, mark))
        x += room
    if row:
        yield row


def _marks(row: Sequence[Place], top: int) -> Iterator[str]:
    for x, below, (label, colour, dash) in row:
        y = top + below
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        shape = f'stroke="{escape(colour)}"{dashes} d="M{x} {y - 4}h24"'
        yield f'<path class="mark" {shape}/>'
        yield from text(label, y, "label", x + 30)
