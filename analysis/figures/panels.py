"""One panel of a figure, and what its lines are."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from analysis.figures.curves import Curves
from analysis.figures.style import colour, dashes
from analysis.tables.markdown import range_text

MILLION = 1e6

_PALE: dict[str, Any] = {"lw": 0.8, "alpha": 0.4, "ls": "-", "label": "_halted"}


@dataclass(frozen=True)
class Entry:
    """A line of a legend: a label, how it is drawn and its numbers of runs."""

    label: str
    colour: str
    dashes: Any
    text: str
    alpha: float

    def handle(self, characters: int) -> Line2D:
        """The line as the legend shows it, its text wrapped to so many characters."""
        look = {"color": self.colour, "ls": self.dashes, "alpha": self.alpha}
        return Line2D([], [], label="\n".join(self.lines(characters)), **look)

    def lines(self, characters: int) -> list[str]:
        """The text, wrapped, but not within an equation as "n = 1"."""
        whole = self.text.replace(" = ", "\xa0=\xa0")
        return [line.replace("\xa0", " ") for line in textwrap.wrap(whole, characters)]


def entries_of(arms: pd.DataFrame, variants: Sequence[str]) -> list[Entry]:
    """The lines of the labels of ``variants``, in that order."""
    entries = []
    for variant in variants:
        of_variant = arms[arms["variant"] == variant]
        labels = sorted(of_variant["label"].unique())
        for rank, label in enumerate(labels):
            counts = of_variant[of_variant["label"] == label]
            text = f"{label} ({_counts(counts)})"
            # Where only unfinished runs are, there are only pale lines.
            alpha = 1.0 if counts["n"].any() else _PALE["alpha"]
            look = colour(variant), dashes(variant, rank)
            entries.append(Entry(label, *look, text, alpha))
    return entries


def _counts(arms: pd.DataFrame) -> str:
    text = f"n = {range_text(arms['n'])}"
    if arms["halted"].any():
        text += f"; pale: {range_text(arms['halted'])} unfinished"
    if arms["inexact"].any():
        text += f"; {range_text(arms['inexact'])} resumed statistically"
    return text


def draw_panel(axes: Axes, curves: Curves, game: str, entries: Sequence[Entry]) -> None:
    """Draw the curves of one game."""
    axes.set_title(game)
    # First everything pale, so that no pale line hides a mean.
    for entry in entries:
        _draw_halted(axes, _of(curves.runs, entry.label, game), entry)
    for entry in entries:
        _draw_mean(axes, _of(curves.mean, entry.label, game), entry)
    if not axes.lines:
        axes.text(0.5, 0.5, "no finished game", transform=axes.transAxes, ha="center")
    axes.set_xlim(0, _target_frames(curves, game, entries) / MILLION)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    sns.despine(ax=axes)


def _draw_mean(axes: Axes, mean: pd.DataFrame, entry: Entry) -> None:
    if not mean["mean"].notna().any():
        return
    x, y, sd = (mean[name].to_numpy() for name in ("frames", "mean", "sd"))
    x = x / MILLION
    if np.isfinite(sd).any():
        axes.fill_between(x, y - sd, y + sd, color=entry.colour, alpha=0.18, lw=0)
    axes.plot(x, y, color=entry.colour, ls=entry.dashes, label=entry.label)


def _draw_halted(axes: Axes, runs: pd.DataFrame, entry: Entry) -> None:
    for _, run in runs[runs["status"] != "done"].groupby("run_id"):
        if run["game_return"].notna().any():
            x = run["frames"] / MILLION
            axes.plot(x, run["game_return"], color=entry.colour, **_PALE)


def _of(frame: pd.DataFrame, label: str, game: str) -> pd.DataFrame:
    return frame[(frame["label"] == label) & (frame["game"] == game)]


def _target_frames(curves: Curves, game: str, entries: Sequence[Entry]) -> int:
    labels = [entry.label for entry in entries]
    shown = curves.arms["label"].isin(labels) & (curves.arms["game"] == game)
    return int(curves.arms.loc[shown, "target_frames"].max())
