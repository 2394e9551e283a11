"""The paper's three figures: take curves, return the figure, read no files."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from analysis.curves import Curves
from analysis.panels import Entry, draw_panel, entries_of
from analysis.style import figure_style

ONE_STEP = (
    "dqn-hard",
    "dqn-soft-entropy",
    "dqn-soft-kl",
    "dqn-hard-plus",
    "dqn-hard-minus",
)
FIVE_STEP = ("dqn-hard-5step", "dqn-soft-entropy-5step", "dqn-soft-kl-5step")


class NothingToDrawError(Exception):
    """A study has no run of any variant of a figure."""


@dataclass(frozen=True)
class Block:
    """Panels that share a heading and a legend.

    Attributes:
        heading: What the block compares.
        variants: Whose curves it shows, in the legend's order.
        beside: Variants that it shows for comparison if it has any of its own.
    """

    heading: str
    variants: tuple[str, ...]
    beside: tuple[str, ...] = ()


def figure_1(curves: Curves) -> Figure:
    """A2C with the entropy bonus at the current step only, or in the returns too.

    Raises:
        NothingToDrawError: There is no run of either.
    """
    heading = "Figure 1: A2C, entropy bonus naive or proper"
    return _figure(curves, [Block(heading, ("a2c-naive", "a2c-proper"))])


def figure_2(curves: Curves) -> Figure:
    """DQN with hard and soft targets, of one step and of five.

    Raises:
        NothingToDrawError: There is no run of any.
    """
    one = Block("Figure 2: DQN, hard and soft 1-step targets", ONE_STEP)
    five = Block("Figure 2: DQN, 5-step targets", FIVE_STEP, beside=("dqn-hard",))
    return _figure(curves, [one, five])


def figure_3(curves: Curves) -> Figure:
    """A2C and Q-learning written as A2C; dashed with the value error's weight c = 100.

    Raises:
        NothingToDrawError: There is no run of any.
    """
    heading = "Figure 3: policy gradient (A2C) and Q-learning with its gradient"
    variants = ("a2c-proper", "q-a2c", "a2c-proper-c100", "q-a2c-c100")
    return _figure(curves, [Block(heading, variants)])


FIGURES: dict[str, Callable[[Curves], Figure]] = {
    "figure_1": figure_1,
    "figure_2": figure_2,
    "figure_3": figure_3,
}


def _figure(curves: Curves, blocks: Sequence[Block]) -> Figure:
    present = [block for block in blocks if len(_arms(curves, block.variants))]
    if not present:
        wanted = ", ".join(name for block in blocks for name in block.variants)
        raise NothingToDrawError(f"no run of {wanted}")
    with figure_style():
        return _drawn(curves, present)


def _drawn(curves: Curves, blocks: Sequence[Block]) -> Figure:
    arms = [_arms(curves, block.variants + block.beside) for block in blocks]
    entries = [
        entries_of(part, block.variants + block.beside)
        for part, block in zip(arms, blocks, strict=True)
    ]
    games = [sorted(part["game"].unique()) for part in arms]
    columns = max(_columns(len(names)) for names in games)
    width = 2.45 * columns if columns > 1 else 4.6
    caption = _caption(curves, width)
    heights = [
        _block_height(len(names), columns, lines, width)
        for names, lines in zip(games, entries, strict=True)
    ]
    heights.append(0.14 * (caption.count("\n") + 1) + 0.12)
    figure = Figure(figsize=(width, sum(heights)), layout="constrained")
    parts = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)
    for i, block in enumerate(blocks):
        content = games[i], entries[i], columns, width
        _draw_block(parts.flat[i], curves, block.heading, *content)
    parts.flat[-1].text(0.012, 0.98, caption, va="top", fontsize=7, color="#444444")
    # Lay out once, not again for every format that the figure is saved in.
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return figure


def _draw_block(
    part: SubFigure,
    curves: Curves,
    heading: str,
    games: Sequence[str],
    entries: Sequence[Entry],
    columns: int,
    width: float,
) -> None:
    part.suptitle(heading, x=0.012, ha="left", fontsize=10)
    rows = -(-len(games) // columns)
    panels = part.subplots(rows, columns, squeeze=False)
    for index, axes in enumerate(panels.flat):
        if index < len(games):
            draw_panel(axes, curves, games[index], entries)
            _name_axes(axes, index, columns, len(games))
        else:
            axes.set_axis_off()
    _legend(part, entries, width)


def _name_axes(axes: Axes, index: int, columns: int, games: int) -> None:
    if index + columns >= games:
        axes.set_xlabel("frames (millions)")
    if index % columns == 0:
        axes.set_ylabel("game return")


def _legend(part: SubFigure, entries: Sequence[Entry], width: float) -> None:
    columns = _legend_columns(len(entries), width)
    characters = _legend_characters(columns, width)
    handles = [entry.handle(characters) for entry in entries]
    part.legend(handles=handles, loc="outside lower center", ncols=columns)


def _arms(curves: Curves, variants: Sequence[str]) -> pd.DataFrame:
    return curves.arms[curves.arms["variant"].isin(variants)]


def _caption(curves: Curves, width: float) -> str:
    text = (
        "Line: mean over n finished runs (seeds); a run's value is the mean return of "
        f"the last {curves.window} full games it has finished, unclipped, under the "
        "training policy. Band: ± 1 standard deviation over runs; none if n = 1. "
        "Where n is a range, it differs between games."
    )
    if curves.arms["halted"].any():
        text += " Pale thin lines: unfinished or failed runs, which are in no mean."
    text += f" Study: {curves.study}."
    return textwrap.fill(text, width=int(width * 19))


def _columns(games: int) -> int:
    return {5: 3, 6: 3}.get(games, min(games, 4))


def _legend_columns(entries: int, width: float) -> int:
    return max(1, min(entries, int(width / 2.4)))


def _legend_characters(columns: int, width: float) -> int:
    """How many characters of a legend's text fit beside its line, at most."""
    line, character = 0.6, 0.068  # inches
    return int((width / columns - line) / character)


def _block_height(
    games: int, columns: int, entries: Sequence[Entry], width: float
) -> float:
    rows = -(-games // columns)
    in_legend = _legend_columns(len(entries), width)
    characters = _legend_characters(in_legend, width)
    lines = [len(entry.lines(characters)) for entry in entries]
    # The columns of a legend are filled from the top, one after the other.
    height = -(-len(lines) // in_legend)
    parts = [lines[i : i + height] for i in range(0, len(lines), height)]
    legend_rows = max(sum(part) for part in parts)
    panel = 1.75 if columns > 1 else 2.9
    return 0.35 + rows * panel + 0.2 * legend_rows + 0.25
