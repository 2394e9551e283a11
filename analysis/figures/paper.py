"""The paper's three figures: take curves, return the figure, read no files."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from analysis.figures.comparisons import (
    FIGURES,
    Block,
    Comparison,
    comparisons,
    left_out,
)
from analysis.figures.curves import WINDOW_GAMES, Curves
from analysis.figures.panels import Entry, draw_panel, entries_of
from analysis.figures.style import figure_style
from analysis.records.labels import numerics_note

LINES_PER_INCH = 1 / 0.14  # of a caption


class NothingToDrawError(Exception):
    """A study has no two arms of a figure to compare."""


def figure_1(curves: Curves) -> Figure:
    """A2C with the entropy bonus at the current step only, or in the returns too.

    Raises:
        NothingToDrawError: No two arms have finished runs on a game.
    """
    return draw(curves, FIGURES["figure_1"])


def figure_2(curves: Curves) -> Figure:
    """DQN with hard and soft targets, of one step and of five.

    Raises:
        NothingToDrawError: No two arms have finished runs on a game.
    """
    return draw(curves, FIGURES["figure_2"])


def figure_3(curves: Curves) -> Figure:
    """A2C and Q-learning written as A2C; dashed with the value error's weight c = 100.

    Raises:
        NothingToDrawError: No two arms have finished runs on a game.
    """
    return draw(curves, FIGURES["figure_3"])


def draw(curves: Curves, blocks: Sequence[Block]) -> Figure:
    """Draw a figure's blocks, as far as there is something to compare.

    Raises:
        NothingToDrawError: There is nothing; it says what is missing.
    """
    if why := nothing_to_draw(curves, blocks):
        raise NothingToDrawError(why)
    with figure_style():
        return _drawn(curves, comparisons(curves, blocks))


def nothing_to_draw(curves: Curves, blocks: Sequence[Block]) -> str:
    """Why a figure can't be drawn; empty if it can."""
    if comparisons(curves, blocks):
        return ""
    names = dict.fromkeys(name for block in blocks for name in block.variants)
    return "; ".join(left_out(curves, blocks) or [f"no run of {', '.join(names)}"])


def _drawn(curves: Curves, shown: Sequence[Comparison]) -> Figure:
    columns = max(_columns(len(each.games)) for each in shown)
    width = 2.45 * columns if columns > 1 else 4.6
    layouts = [_Layout.of(each, columns, width) for each in shown]
    caption = _caption(curves, pd.concat([each.arms for each in shown]), width)
    heights = [layout.height() for layout in layouts]
    heights.append((caption.count("\n") + 1) / LINES_PER_INCH + 0.12)
    figure = Figure(figsize=(width, sum(heights)), layout="constrained")
    # Their frames end at 0 but for rounding, whose sign is not the same each time.
    parts = figure.subfigures(
        len(heights), 1, height_ratios=heights, squeeze=False, frameon=False
    )
    for part, layout in zip(parts.flat, layouts, strict=False):
        _draw_block(part, curves, layout)
    parts.flat[-1].text(0.012, 0.98, caption, va="top", fontsize=7, color="#444444")
    # Lay out once, not again for every format that the figure is saved in.
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return figure


@dataclass(frozen=True)
class _Layout:
    """A block's heading, panels and legend, and the room that they take in inches."""

    heading: str
    games: Sequence[str]
    entries: Sequence[Entry]
    columns: int
    width: float

    @classmethod
    def of(cls, shown: Comparison, columns: int, width: float) -> _Layout:
        heading = textwrap.fill(shown.block.heading, int(width * 14))
        entries = entries_of(shown.arms, shown.block.variants)
        return cls(heading, shown.games, entries, columns, width)

    @property
    def rows(self) -> int:
        return -(-len(self.games) // self.columns)

    @property
    def legend_columns(self) -> int:
        return max(1, min(len(self.entries), int(self.width / 2.4)))

    @property
    def legend_characters(self) -> int:
        """How many characters of a legend's text fit beside its line, at most."""
        line, character = 0.6, 0.068
        return int((self.width / self.legend_columns - line) / character)

    def height(self) -> float:
        heading = 0.35 + 0.17 * self.heading.count("\n")
        panel = 1.75 if self.columns > 1 else 2.9
        return heading + self.rows * panel + 0.2 * self._legend_rows() + 0.25

    def _legend_rows(self) -> int:
        lines = [len(entry.lines(self.legend_characters)) for entry in self.entries]
        # The columns of a legend are filled from the top, one after the other.
        height = -(-len(lines) // self.legend_columns)
        return max(sum(lines[i : i + height]) for i in range(0, len(lines), height))


def _draw_block(part: SubFigure, curves: Curves, layout: _Layout) -> None:
    part.suptitle(layout.heading, x=0.012, ha="left", fontsize=10)
    panels = part.subplots(layout.rows, layout.columns, squeeze=False)
    for index, axes in enumerate(panels.flat):
        if index < len(layout.games):
            draw_panel(axes, curves, layout.games[index], layout.entries)
            _name_axes(axes, index, layout.columns, len(layout.games))
        else:
            axes.set_axis_off()
    handles = [entry.handle(layout.legend_characters) for entry in layout.entries]
    part.legend(
        handles=handles, loc="outside lower center", ncols=layout.legend_columns
    )


def _name_axes(axes: Axes, index: int, columns: int, games: int) -> None:
    if index + columns >= games:
        axes.set_xlabel("frames (millions)")
    if index % columns == 0:
        axes.set_ylabel("game return")


def _caption(curves: Curves, arms: pd.DataFrame, width: float) -> str:
    text = (
        "Line: mean over n finished runs (seeds); a run's value is the mean return of "
        f"the last {WINDOW_GAMES} full games it has finished, however long ago, "
        "unclipped, under the training policy. Band: ± 1 standard deviation over runs; "
        "none if n = 1. Where n is a range, it differs between games."
    )
    if curves.frame_skips == {1}:
        text += " A frame is a step of the agent."
    if curves.arms["halted"].any():
        text += " Pale thin lines: unfinished or failed runs, which are in no mean."
    text += f" Study: {curves.study}. {numerics_note(arms, curves.newest)}"
    return textwrap.fill(text, width=int(width * 19))


def _columns(games: int) -> int:
    return {5: 3, 6: 3}.get(games, min(games, 4))
