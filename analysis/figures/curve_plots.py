"""Learning curves of a panel as plots, and what arms differ by, seed by seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.claims.sequences import half_width
from analysis.figures.curves import WINDOW_GAMES, Curves, Floats
from analysis.figures.panels import MILLION
from analysis.figures.plot import Band, Line, Plot, css_colour, css_dash

ALPHA = 0.05
FIRST_SEEDS = 5  # fewer have no finite interval at this level


@dataclass(frozen=True, eq=False)
class Arm:
    """The runs of one label, on one game.

    Attributes:
        label: As in the legend.
        colour: As CSS has it.
        dash: As SVG has it.
        seeds: Of its finished runs, rising.
        values: ``float[seed, point]``, game returns.
    """

    label: str
    colour: str
    dash: str
    seeds: tuple[int, ...]
    values: Floats


@dataclass(frozen=True, eq=False)
class Grid:
    """Every run of a game, at the same frames.

    Attributes:
        frames: ``float[point]``, millions of emulator frames.
        runs: ``label``, ``status`` and ``seed`` of each run, by label and seed.
        values: ``float[run, point]``, game returns.
    """

    frames: Floats
    runs: pd.DataFrame
    values: Floats

    def arms(self, curves: Curves, variants: Sequence[str]) -> list[Arm]:
        """The arms that have finished runs, in the order of the legend."""
        done = (self.runs["status"] == "done").to_numpy()
        found = []
        for label, colour, dash in looks(curves, variants):
            mine = done & (self.runs["label"] == label).to_numpy()
            if mine.any():
                seeds = tuple(self.runs["seed"][mine].astype(int))
                found.append(Arm(label, colour, dash, seeds, self.values[mine]))
        return found


def looks(curves: Curves, variants: Sequence[str]) -> list[tuple[str, str, str]]:
    """Label, colour and dashes of every label of variants, in their order."""
    found = []
    for variant in variants:
        labels = sorted(set(curves.arms["label"][curves.arms["variant"] == variant]))
        look = css_colour(variant)
        found += [(name, look, css_dash(variant, r)) for r, name in enumerate(labels)]
    return found


def grids(curves: Curves, seeds: Mapping[str, int]) -> dict[str, Grid]:
    """The runs of each game. Runs of fewer frames than the longest end before it.

    Args:
        curves: Of the study.
        seeds: The seed of each run, by ``run_id``.
    """
    table = curves.runs.assign(seed=curves.runs["run_id"].map(dict(seeds)))
    order = ["label", "seed", "run_id", "frames"]
    return {
        str(game): _grid(part.sort_values(order))
        for game, part in table.groupby("game")
    }


def _grid(part: pd.DataFrame) -> Grid:
    runs = part.drop_duplicates("run_id")[["label", "status", "seed"]]
    shape = len(runs), -1
    frames = part["frames"].to_numpy(float).reshape(shape)
    values = part["game_return"].to_numpy(float).reshape(shape)
    longest = frames[frames[:, -1].argmax()]
    rows = [
        y if x[-1] == longest[-1] else np.interp(longest, x, y, right=np.nan)
        for x, y in zip(frames, values, strict=True)
    ]
    return Grid(longest / MILLION, runs.reset_index(drop=True), np.array(rows))


def thinned(count: int, points: int) -> np.ndarray:
    """Which of ``count`` points are kept: evenly spaced, the last one always."""
    kept = min(points, count)
    return np.rint(np.arange(1, kept + 1) * count / max(kept, 1)).astype(int) - 1


def reached(arms: Sequence[Arm]) -> int:
    """How many of a game's points there are until the longest of these arms ends."""
    there = np.isfinite(np.concatenate([arm.values for arm in arms])).any(axis=0)
    points = np.flatnonzero(there)
    return int(points[-1]) + 1 if points.size else len(there)


def learning_plot(game: str, frames: Floats, arms: Sequence[Arm], points: int) -> Plot:
    """Means over finished runs, with a band of one standard deviation."""
    kept = thinned(reached(arms), points)
    lines, bands = [], []
    for arm in arms:
        values = arm.values[:, kept]
        mean = values.mean(axis=0)
        lines.append(Line(named(arm), arm.colour, _listed(mean), arm.dash))
        if len(values) > 1:
            sd = values.std(axis=0, ddof=1)
            sides = _listed(mean - sd), _listed(mean + sd)
            bands.append(Band(arm.label, arm.colour, *sides))
    ends = "; ".join(f"{arm.label} {_last(arm.values.mean(axis=0))}" for arm in arms)
    last = f"the last {WINDOW_GAMES} games at the end of training"
    says = f"Mean game return of {last}: {ends}"
    axes = "frames (millions)", "game return", _listed(frames[kept])
    return Plot(game, says, *axes, lines, bands)


def seeds_plot(game: str, frames: Floats, arms: Sequence[Arm], points: int) -> Plot:
    """Every finished run, a thin line each."""
    kept = thinned(reached(arms), points)
    lines = [
        Line(
            f"{arm.label}, seed {seed}", arm.colour, _listed(row), arm.dash, aside=True
        )
        for arm in arms
        for seed, row in zip(arm.seeds, arm.values[:, kept], strict=True)
    ]
    says = f"Every seed: {'; '.join(map(named, arms))}"
    axes = "frames (millions)", "game return", _listed(frames[kept])
    return Plot(game, says, *axes, lines)


def named(arm: Arm) -> str:
    """An arm with its number of runs."""
    return f"{arm.label} (n = {len(arm.seeds)})"


def difference_plot(
    game: str, frames: Floats, arms: Sequence[Arm], points: int
) -> Plot | None:
    """What every arm's curve has more than the first one's; None if none can have.

    Seeds that both have form blocks; the interval of their mean is the anytime-valid t
    interval, of each point by itself.
    """
    kept, first = thinned(reached(arms), points), arms[0]
    lines, bands = [], []
    for arm in arms[1:]:
        blocks = block_differences(arm, first)[:, kept]
        if not len(blocks):
            continue
        mean, n = blocks.mean(axis=0), len(blocks)
        label = f"{arm.label} (blocks: {n})"
        lines.append(Line(label, arm.colour, _listed(mean), arm.dash))
        if n >= FIRST_SEEDS:
            half = half_width(n, blocks.std(axis=0, ddof=1), ALPHA)
            sides = _listed(mean - half), _listed(mean + half)
            bands.append(Band(arm.label, arm.colour, *sides))
    if not lines:
        return None
    zero = Line("no difference", "var(--muted)", [0.0] * len(kept), "4 4", aside=True)
    says = f"Difference of game returns from {first.label}"
    axes = "frames (millions)", "difference", _listed(frames[kept])
    return Plot(f"{game}, less {first.label}", says, *axes, [*lines, zero], bands)


def block_differences(arm: Arm, first: Arm) -> Floats:
    """``float[block, point]``: of the seeds that both arms have."""
    common = [seed for seed in arm.seeds if seed in first.seeds]
    mine = arm.values[[arm.seeds.index(seed) for seed in common]]
    return mine - first.values[[first.seeds.index(seed) for seed in common]]


def _last(values: Floats) -> str:
    good = values[np.isfinite(values)]
    return f"{good[-1]:.3g}" if good.size else "unknown"


def _listed(values: Floats) -> list[float]:
    return [float(value) for value in values]


def seeds_of(runs: pd.DataFrame) -> dict[str, int]:
    """The seed of each run, by ``run_id``."""
    return dict(zip(runs["run_id"], runs["seed"].astype(int), strict=True))
