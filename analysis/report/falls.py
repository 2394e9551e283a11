"""Runs that lose what they had learned, whether or not they learn it again.

Whether a run has *diverged* (claim C9) is read off the tenths of its training
(:mod:`analysis.claims.scores`), and a fall that is over within one of them is in none.
So here a run is followed game by game, by the mean return of its last 100 games. It has
*learned* something once that is a quarter of its game's scale above random play, and it
*falls* where it has less than half of the best that it had until then; both numbers
are those of the claim.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.claims.scales import Scale, scales_for
from analysis.claims.scores import LEARNED, LOST, curves, diverged
from analysis.figures.curves import WINDOW_GAMES, trailing_mean
from analysis.records.record import EPISODES
from analysis.records.study import Study, by_run
from analysis.tables.scoring import final_scores


@dataclass(frozen=True)
class Fall:
    """The deepest fall of a run.

    Attributes:
        seed: Of the run.
        game: Its game.
        best: The mean return of 100 games from which it fell.
        low: The lowest after it, before it had half of ``best`` again.
        frames: Emulator frames at which that was.
        below: Emulator frames from the first game with less than half of ``best``,
            above random play, to the next with more, or to the last.
        longest: The most that a fall of this run took, this one or another.
    """

    seed: int
    game: str
    best: float
    low: float
    frames: int
    below: int
    longest: int


@dataclass(frozen=True)
class Diverged:
    """A run that diverged, by claim C9's measure.

    Attributes:
        seed: Of the run.
        game: Its game.
        games: That it finished in the last tenth of its training.
        fell: Whether it fell, too.
    """

    seed: int
    game: str
    games: int
    fell: bool


@dataclass(frozen=True)
class Steadiness:
    """How steady the runs of an arm are.

    Attributes:
        study: The study's name.
        arm: The arm's label.
        runs: That have ended, on games that have a scale.
        learned_on: Of them, those that learned something, by game.
        falls: The deepest of each that fell, by game and seed.
        diverged: The runs that did, by game and seed.
    """

    study: str
    arm: str
    runs: int
    learned_on: Mapping[str, int]
    falls: Sequence[Fall]
    diverged: Sequence[Diverged]

    @property
    def learned(self) -> int:
        """Runs that learned something."""
        return sum(self.learned_on.values())

    @property
    def longest(self) -> int:
        """The most frames that a run had less than half; 0 if none fell."""
        return max((fall.longest for fall in self.falls), default=0)

    @property
    def fell_on(self) -> Mapping[str, int]:
        """How many runs fell, by the games on which one did."""
        return Counter(fall.game for fall in self.falls)


def steadiness(studies: Sequence[Study], scales: pd.DataFrame) -> list[Steadiness]:
    """The arms of all studies that have scales, where a run has learned something.

    Args:
        studies: Any.
        scales: What :func:`analysis.claims.scales.read_scales` returned.
    """
    found = [each for study in studies for each in _of_study(study, scales)]
    return [each for each in found if each.learned]


def _of_study(study: Study, scales: pd.DataFrame) -> Iterator[Steadiness]:
    table = curves(study, dict(scales.groupby("game")["random"].first()))
    table = table[table["status"] != "unfinished"]
    ended = final_scores(study).set_index("run_id")["games"]
    table = table.assign(games=table["run_id"].map(ended))
    episodes = by_run(study.episodes, EPISODES)
    for family, of_family in table.groupby("family"):
        found = scales_for(scales, study.name, str(family), "final")
        units = {game: unit for game, unit in found.items() if unit.usable}
        scaled = of_family[of_family["game"].isin(list(units))]
        for arm, runs in scaled.sort_values(["game", "seed"]).groupby("label"):
            yield _of_arm(study.name, str(arm), runs, episodes, units)


def _of_arm(
    study: str,
    arm: str,
    runs: pd.DataFrame,
    episodes: Mapping[str, pd.DataFrame],
    units: Mapping[str, Scale],
) -> Steadiness:
    learned, falls = Counter[str](), []
    for run in runs.to_dict("records"):
        unit = units[run["game"]]
        gains = _gains(episodes.get(run["run_id"], EPISODES.empty()), unit)
        learned[run["game"]] += bool((gains >= LEARNED * unit.scale).any())
        if (fall := _deepest(gains, unit, run["seed"], run["game"])) is not None:
            falls.append(fall)
    random, scale = (
        np.array([getattr(units[game], name) for game in runs["game"]])
        for name in ("random", "scale")
    )
    fallen = {(fall.game, fall.seed) for fall in falls}
    lost = [
        Diverged(seed, game, games, (game, seed) in fallen)
        for seed, game, games in runs.loc[
            diverged(runs, random, scale), ["seed", "game", "games"]
        ].itertuples(index=False)
    ]
    return Steadiness(study, arm, len(runs), learned, falls, lost)


def _gains(games: pd.DataFrame, unit: Scale) -> pd.Series:
    """Mean returns of 100 games above random play, by the frame that ends the last."""
    means = trailing_mean(games["game_return"].to_numpy(float), WINDOW_GAMES)
    by_frame = pd.Series(means - unit.random, index=games["frames"].to_numpy())
    return by_frame.iloc[WINDOW_GAMES - 1 :]


def _deepest(gains: pd.Series, unit: Scale, seed: int, game: str) -> Fall | None:
    best = gains.cummax()
    kept = (gains / best).where(best >= LEARNED * unit.scale, np.inf)
    if not (kept < LOST).any():
        return None
    low, fell = int(kept.to_numpy().argmin()), kept < LOST
    begins = fell.to_numpy() != fell.shift(fill_value=False).to_numpy()
    stretch = np.cumsum(begins, dtype=np.int64)
    falls = np.unique(stretch[fell.to_numpy()])
    lasted = {number: _lasted(gains.index, stretch, number) for number in falls}
    return Fall(
        seed,
        game,
        float(best.iloc[low]) + unit.random,
        float(gains.iloc[low]) + unit.random,
        int(gains.index[low]),
        lasted[stretch[low]],
        max(lasted.values()),
    )


def _lasted(frames: pd.Index, stretch: NDArray[np.int64], number: int) -> int:
    """From a stretch's first frame to the next one's, or to its own last."""
    inside, after = (frames[stretch == number + n] for n in (0, 1))
    return int((after[0] if len(after) else inside[-1]) - inside[0])
