"""Figures beside the paper's own: every seed, differences with intervals, profiles.

Each belongs to one of the paper's figures, ``figure_N_<kind>``, and is drawn where the
data suffice: two arms of two finished runs each for seeds; five blocks, the fewest of a
finite interval, for differences; three runs of two arms on each game for profiles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.claims.scales import Scale, scales_for
from analysis.figures.comparisons import Comparison, comparisons, figures_of
from analysis.figures.curve_plots import (
    Arm,
    Grid,
    difference_plot,
    grids,
    named,
    seeds_of,
    seeds_plot,
)
from analysis.figures.curves import WINDOW_GAMES, Curves, Floats
from analysis.figures.plot import Plot
from analysis.figures.profiles import FEWEST, profile_plot
from analysis.figures.sheet import Mark, Part, Sheet
from analysis.records.study import Study
from analysis.tables.scoring import final_scores

POINTS = 50
CAPTIONS = {
    "seeds": "Every finished run, a line a seed: the mean return of the last "
    f"{WINDOW_GAMES} full games that it finished, however long ago, unclipped, under "
    "the training policy.",
    "differences": "Each arm less the first, over blocks (seeds that both have). Band: "
    "95 % anytime-valid t interval of their mean, at each point by itself.",
    "profile": "Share of runs with a score above each value, over games with a scale "
    "(Agarwal et al. 2021); 0 is random play. Band: 95 % stratified bootstrap interval "
    "(percentile), at each point by itself, for a look at one time alone. n: scored "
    "runs, on the game with fewest; arms with fewer than "
    f"{FEWEST} there are not drawn.",
}
Played = Mapping[str, tuple[Floats, list[Arm]]]  # frames and arms, by game


class Units:
    """The scores of a study's runs, and the scales that were fixed for its claims."""

    def __init__(self, study: Study, scales: pd.DataFrame) -> None:
        self.study, self.scales = study.name, scales
        self.final = final_scores(study).dropna(subset="score")


def study_sheets(
    study: Study, curves: Curves, scales: pd.DataFrame
) -> dict[str, Sheet]:
    """The figures that a study's data suffice for, by name.

    Args:
        study: Its labels must not mix settings.
        curves: Its own.
        scales: What ``claims.scales.read_scales`` returned.
    """
    runs, units = grids(curves, seeds_of(study.runs)), Units(study, scales)
    found = {}
    for name, blocks in figures_of(curves).items():
        parts: dict[str, list[Part]] = {kind: [] for kind in CAPTIONS}
        for shown in comparisons(curves, blocks):
            played = arms_of_games(curves, runs, shown)
            for kind, panels in _panels(played, shown, units).items():
                if panels:
                    marks = _marks(kind, played, panels)
                    parts[kind].append(Part(shown.block.heading, marks, panels))
        for kind, there in parts.items():
            if there:
                said = f"{CAPTIONS[kind]} Study: {study.name}."
                found[sheet_name(name, kind)] = Sheet(there, said)
    return found


def sheet_name(figure: str, kind: str) -> str:
    """Of a figure's file, without its ending."""
    return f"{figure}_{kind}"


def arms_of_games(
    curves: Curves, runs: Mapping[str, Grid], shown: Comparison
) -> Played:
    """The arms of a comparison that have finished runs, by game."""
    variants = shown.block.variants
    return {
        game: (runs[game].frames, runs[game].arms(curves, variants))
        for game in shown.games
    }


def legend(played: Played) -> list[Arm]:
    """Every arm once, from the game on which it has most runs."""
    found: dict[str, Arm] = {}
    for _, arms in played.values():
        for arm in arms:
            if arm.label not in found or len(arm.seeds) > len(found[arm.label].seeds):
                found[arm.label] = arm
    return list(found.values())


def study_profile(shown: Comparison, units: Units) -> Plot | None:
    """Of runs in units of the scales that were fixed for claims, where they were."""
    family = str(shown.arms["family"].iloc[0])
    scales = scales_for(units.scales, units.study, family, "final")
    games = [game for game in shown.games if game in scales and scales[game].usable]
    if not games:
        return None
    arms = []
    for variant in shown.block.variants:
        labels = shown.arms.loc[shown.arms["variant"] == variant, "label"]
        for label in sorted(set(labels)):
            rows = units.final[units.final["label"] == label]
            arms.append((label, variant, _normalised(rows, games, scales)))
    unit = f"what the tuned baseline of {family} learned"
    return profile_plot("Performance profile", arms, unit)


def _panels(
    played: Played, shown: Comparison, units: Units
) -> dict[str, Sequence[Plot]]:
    profile = study_profile(shown, units)
    differences = [
        plot
        for game, (frames, arms) in played.items()
        if (plot := difference_plot(game, frames, arms, POINTS)) and plot.bands
    ]
    seeds = [
        seeds_plot(game, frames, arms, POINTS)
        for game, (frames, arms) in played.items()
        if sum(len(arm.seeds) > 1 for arm in arms) > 1
    ]
    return {
        "seeds": seeds,
        "differences": differences,
        "profile": [profile] if profile else [],
    }


def _marks(kind: str, played: Played, panels: Sequence[Plot]) -> list[Mark]:
    """A legend of what is drawn, which may be fewer arms than have finished runs.

    A profile leaves out arms with too few, and differences are those of the other arms
    from the first, which is their line of zero.
    """
    if kind == "profile":
        return [(line.label, line.colour, line.dash) for line in panels[0].lines]
    arms = legend(played)
    if kind == "differences":
        others = {arm.label for _, there in played.values() for arm in there[1:]}
        arms = [arm for arm in arms if arm.label in others]
    return [(named(arm), arm.colour, arm.dash) for arm in arms]


def _normalised(
    rows: pd.DataFrame, games: Sequence[str], scales: Mapping[str, Scale]
) -> dict[str, Floats]:
    return {
        game: (np.asarray(part["score"], float) - scales[game].random)
        / scales[game].scale
        for game in games
        if len(part := rows[rows["game"] == game])
    }
