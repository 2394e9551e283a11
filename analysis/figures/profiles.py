"""Performance profiles: which share of runs scores more than so much.

Agarwal et al. (2021), "Deep Reinforcement Learning at the Edge of the Statistical
Precipice", Sec. 4.2: the share of runs with a normalised score above ``t``, averaged
over games, at every ``t``. The band is a stratified bootstrap's: runs are drawn again
within each game.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from analysis.figures.curves import Floats
from analysis.figures.plot import Band, Line, Plot, css_colour, css_dash

POINTS = 41
RESAMPLES = 400
LEVEL = 0.95
FEWEST = 3  # runs a game, of an arm that is shown
SEED = 20170421

Scores = Mapping[str, Floats]


def profile(scores: Scores, at: Floats) -> Floats:
    """``float[point]``: the mean over games of the share of runs above each point."""
    shares = [(values[:, None] > at).mean(axis=0) for values in scores.values()]
    return np.mean(shares, axis=0)


def profile_band(scores: Scores, at: Floats) -> tuple[Floats, Floats]:
    """The bootstrap's percentile interval of each point by itself; seeded."""
    draw = np.random.default_rng(SEED)
    total = np.zeros((RESAMPLES, len(at)))
    for values in scores.values():
        below = np.searchsorted(np.sort(values), at, side="right")
        size = len(values)
        # Which of its runs, from the lowest score on, a resample has.
        picked = draw.integers(size, size=(RESAMPLES, size))
        total += np.stack([(picked >= rank).mean(axis=1) for rank in below], axis=1)
    edge = (1 - LEVEL) / 2
    low, high = np.quantile(total / len(scores), [edge, 1 - edge], axis=0)
    return low, high


def profile_plot(
    title: str, arms: Sequence[tuple[str, str, Scores]], unit: str
) -> Plot | None:
    """The profiles of arms.

    Args:
        title: Above the plot.
        arms: Label, variant and, by game, the normalised scores of its runs.
        unit: What a score of 1 is.

    Returns:
        None if fewer than two arms have :data:`FEWEST` runs on every game of the first.
    """
    shown = [each for each in arms if _enough(each[2], arms[0][2])]
    if len(shown) < 2:
        return None
    every = np.concatenate([v for _, _, scores in shown for v in scores.values()])
    at = np.linspace(min(0.0, every.min()), every.max(), POINTS)
    lines, bands, ranks = [], [], dict.fromkeys((v for _, v, _ in shown), -1)
    for label, variant, scores in shown:
        ranks[variant] += 1
        look = css_colour(variant), css_dash(variant, ranks[variant])
        n = min(len(values) for values in scores.values())
        share = profile(scores, at).tolist()
        lines.append(Line(f"{label} (n = {n})", look[0], share, look[1]))
        low, high = profile_band(scores, at)
        bands.append(Band(label, look[0], low.tolist(), high.tolist()))
    says = f"Share of runs with a score above each value; 1 is {unit}"
    axes = "score", "share of runs above it"
    return Plot(title, says, *axes, at.tolist(), lines, bands, steps=True)


def _enough(scores: Scores, games: Scores) -> bool:
    return scores.keys() == games.keys() and all(
        len(values) >= FEWEST for values in scores.values()
    )
