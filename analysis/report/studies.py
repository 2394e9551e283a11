"""A study as the page shows it: figures, profiles, scores and settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.figures.comparisons import Comparison, comparisons, figures_of, left_out
from analysis.figures.curve_plots import (
    Grid,
    difference_plot,
    grids,
    learning_plot,
    named,
    seeds_of,
)
from analysis.figures.curves import WINDOW_GAMES, Curves, learning_curves
from analysis.figures.plot import Plot
from analysis.figures.study_sheets import (
    Units,
    arms_of_games,
    legend,
    study_profile,
)
from analysis.records.gaps import gaps
from analysis.records.labels import numerics_note
from analysis.records.study import Study
from analysis.report.packed import packed
from analysis.tables.hyperparameters import hyperparameters
from analysis.tables.scoring import comparison, scores

# Points of a line that is there without scripts; a share of what scripts are given.
MOST_POINTS, SHARE = 60, 0.6


@dataclass(frozen=True, eq=False)
class Panel:
    """A game of a figure: its curves, and their differences from the first arm's."""

    game: str
    curves: Plot
    differences: Plot | None


@dataclass(frozen=True, eq=False)
class FigureView:
    """A block of one of the paper's figures.

    Attributes:
        heading: What it compares.
        arms: Label, colour, dashes and name with its runs, of each arm.
        panels: A game each.
        profile: Over these games; None where runs are too few.
    """

    heading: str
    arms: Sequence[tuple[str, str, str, str]]
    panels: Sequence[Panel]
    profile: Plot | None


@dataclass(frozen=True, eq=False)
class StudyView:
    """All of a study."""

    name: str
    gaps: Sequence[str]
    older: str
    lacks: Sequence[str]
    figures: Sequence[FigureView]
    payload: Mapping[str, Any]
    scores: pd.DataFrame
    comparison: pd.DataFrame
    settings: pd.DataFrame
    frame_skips: frozenset[int]
    window: int = WINDOW_GAMES  # of the games that a curve is the mean of


def study_view(
    study: Study,
    published: pd.DataFrame,
    scales: pd.DataFrame,
    newest: int,
    points: int,
) -> StudyView:
    """Everything that the page shows of a study.

    Args:
        study: Its labels must not mix settings, see ``with_distinct_labels``.
        published: What ``published.read_all_published`` returned.
        scales: What ``claims.scales.read_scales`` returned.
        newest: The newest numerics version that there are data of.
        points: Of each run's curve, for scripts.
    """
    curves = learning_curves(study, newest=newest)
    runs = grids(curves, seeds_of(study.runs))
    table = scores(study, published)
    blocks = [block for each in figures_of(curves).values() for block in each]
    shown, units = comparisons(curves, blocks), Units(study, scales)
    plain = min(MOST_POINTS, int(SHARE * points))
    return StudyView(
        study.name,
        gaps(study),
        numerics_note(table, newest),
        left_out(curves, blocks),
        [_figure(curves, runs, each, units, plain) for each in shown],
        packed(curves, runs, points) if shown else {},
        table.sort_values(["game", "label"]),
        comparison(table, published),
        hyperparameters(study),
        curves.frame_skips,
    )


def _figure(
    curves: Curves,
    runs: Mapping[str, Grid],
    shown: Comparison,
    units: Units,
    points: int,
) -> FigureView:
    played = arms_of_games(curves, runs, shown)
    panels = [
        Panel(
            game,
            learning_plot(game, frames, arms, points),
            difference_plot(game, frames, arms, points),
        )
        for game, (frames, arms) in played.items()
    ]
    marks = [(a.label, a.colour, a.dash, named(a)) for a in legend(played)]
    return FigureView(shown.block.heading, marks, panels, study_profile(shown, units))
