"""Blocks: what each seed says of a question, and which seeds can say nothing.

Block ``k`` holds the runs of seed ``k``: of both arms, on every game of the question.
Its value on a game is the difference of the arms' scores over the game's scale; its
value is the mean of that over the games. A block without all of its runs is left out,
and said to be: averages over other games would be other quantities. Two arms with one
seed begin with the same weights, and play the same games until an update parts them; so
a difference may vary a bit less, and is as independent of other blocks.

For whole *curves* a block is two seeds of each arm, ``2 k`` and ``2 k + 1``, and its
value on a game says how much further the arms are apart than each is from itself
(:mod:`analysis.claims.distances`).

For a *rate* a block's value on a game is 1 if its run diverged, and 0 if it didn't.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.claims.claim import Question
from analysis.claims.distances import apart
from analysis.claims.scales import Scale
from analysis.claims.scores import PARTS, area, curves, diverged, final
from analysis.claims.sequences import Floats
from analysis.records.configs import digest, numerics_of
from analysis.records.study import Study

NAMED = 3  # seeds, runs or games that a line names
_SCORES = {"final": final, "area": area}


class NoVerdictError(ValueError):
    """There can be no verdict; in one line, why."""


@dataclass(frozen=True, eq=False)
class Blocks:
    """The blocks of a question.

    Attributes:
        effects: ``float[block, game]``, in units of the games' scales.
        arms: ``float[block, game]`` for each arm, scores less random play's in these
            units; empty for curves and rates.
        notes: What was left out and why, a line each.
    """

    effects: pd.DataFrame
    arms: Mapping[str, pd.DataFrame]
    notes: tuple[str, ...]

    @property
    def pooled(self) -> Floats:
        """``float[block]``, the mean over the games."""
        return self.effects.to_numpy(float).mean(axis=1)


def scored(study: Study, random: Mapping[str, float]) -> pd.DataFrame:
    """What questions are answered from: a row a run.

    Args:
        study: Any.
        random: What random play scores, by game.

    Returns:
        The columns of ``scores.curves``, and ``numerics``, ``settings`` (a digest) and
        ``target_frames``.
    """
    configs = [study.configs[key] for key in study.runs["run_id"]]
    return curves(study, random).assign(
        numerics=[numerics_of(config) for config in configs],
        settings=[digest(config) for config in configs],
        target_frames=study.runs["target_frames"].to_numpy(),
    )


def blocks_of(
    table: pd.DataFrame, question: Question, study: str, scales: Mapping[str, Scale]
) -> Blocks:
    """The blocks of a question.

    Args:
        table: What :func:`scored` returned.
        question: Any.
        study: Whose runs these are.
        scales: The scale of each game, of the question's estimand and family.

    Raises:
        NoVerdictError: An arm or a game has no runs or no scale, runs of different
            numerics, settings or budgets meet, or a score is infinite.
    """
    runs = _runs_of(table, question, study)
    games, notes = _games(question.games[study], scales, study)
    _check_there(runs, question.arms, games, study)
    runs = runs[runs["game"].isin(games)]
    check_alike(runs, study)
    units = pd.DataFrame(
        [(scales[game].random, scales[game].scale) for game in runs["game"]],
        columns=["random", "scale"],
        index=runs.index,
    )
    if question.estimand == "curves":
        return _curve_blocks(runs, units, question.arms, games, notes)
    values = _values(runs, units, question)
    grid, lost = _complete(runs, values, question.arms, games)
    arms = {arm: pd.DataFrame(grid[arm]) for arm in question.arms}
    if question.estimand == "divergence":
        return Blocks(arms[question.arms[0]], {}, (*notes, *lost))
    return Blocks(
        arms[question.arms[0]] - arms[question.arms[1]], arms, (*notes, *lost)
    )


def _runs_of(table: pd.DataFrame, question: Question, study: str) -> pd.DataFrame:
    known = sorted(set(table["label"]))
    for arm in question.arms:
        if arm not in known:
            has = ", ".join(known) or "no runs"
            raise NoVerdictError(f"{study} has no runs of {arm!r}; it has: {has}")
    return table[table["label"].isin(question.arms)]


def _games(
    wanted: tuple[str, ...], scales: Mapping[str, Scale], study: str
) -> tuple[list[str], tuple[str, ...]]:
    """The games that count, and what is said of the others."""
    if bare := [game for game in wanted if game not in scales]:
        raise NoVerdictError(f"no scale for {_list(bare)} in {study}")
    flat = [game for game in wanted if not scales[game].usable]
    games = [game for game in wanted if scales[game].usable]
    if not games:
        raise NoVerdictError(f"no game of {study} has a scale that can be used")
    said = f"games left out, whose baseline learned too little: {', '.join(flat)}"
    return games, (said,) if flat else ()


def _check_there(
    runs: pd.DataFrame, arms: tuple[str, ...], games: list[str], study: str
) -> None:
    for arm in arms:
        played = set(runs.loc[runs["label"] == arm, "game"])
        if lost := [game for game in games if game not in played]:
            raise NoVerdictError(f"{study} has no runs of {arm!r} on {_list(lost)}")


def check_alike(runs: pd.DataFrame, study: str) -> None:
    """Runs that are compared differ in the arm and the seed alone.

    Args:
        runs: Rows of what :func:`scored` returned.
        study: Whose runs these are.

    Raises:
        NoVerdictError: They do not; in one line, in what.
    """
    if len(versions := sorted(set(runs["numerics"]))) > 1:
        each = ", ".join(map(str, versions))
        raise NoVerdictError(f"{study} mixes numerics versions: {each}")
    for (arm, game), part in runs.groupby(["label", "game"]):
        if part["settings"].nunique() > 1:
            raise NoVerdictError(f"{study} mixes settings of {str(arm)!r} on {game}")
        if part["seed"].duplicated().any():
            raise NoVerdictError(f"{study} has two runs of {arm!r} with one seed")
    for game, part in runs.groupby("game"):
        if len(frames := sorted(set(part["target_frames"]))) > 1:
            each = ", ".join(map(str, frames))
            raise NoVerdictError(f"arms have different frames on {game!s}: {each}")


def _values(runs: pd.DataFrame, units: pd.DataFrame, question: Question) -> Floats:
    random, scale = (units[name].to_numpy(float) for name in ("random", "scale"))
    if question.estimand == "divergence":
        fell = diverged(runs, random, scale).astype(float)
        return np.where(runs["status"] == "unfinished", np.nan, fell)
    scores = _SCORES[question.estimand](runs)
    if np.isinf(scores).any():
        raise NoVerdictError(
            f"a score of {runs['run_id'][np.isinf(scores)].iloc[0]} is infinite"
        )
    return (scores - random) / scale


def _complete(
    runs: pd.DataFrame, values: Floats, arms: tuple[str, ...], games: list[str]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """``float[seed, (arm, game)]`` of the blocks that have everything."""
    columns = pd.MultiIndex.from_product([arms, games])
    grid = runs.assign(value=values).pivot(
        index="seed", columns=["label", "game"], values="value"
    )
    grid = grid.reindex(columns=columns)
    bad = grid.isna().any(axis=1)
    return grid[~bad], _lost(grid[bad])


def _lost(rows: pd.DataFrame) -> tuple[str, ...]:
    """What is said of blocks that lack something."""
    if rows.empty:
        return ()
    first = [rows.columns[n] for n in rows.isna().to_numpy().argmax(axis=1)]
    each = [
        f"{seed} (no score of {arm} on {game})"
        for seed, (arm, game) in zip(rows.index, first, strict=True)
    ]
    return (f"blocks left out, {len(rows)}, of seeds: {_list(each)}",)


def _curve_blocks(
    runs: pd.DataFrame,
    units: pd.DataFrame,
    arms: tuple[str, ...],
    games: list[str],
    notes: tuple[str, ...],
) -> Blocks:
    points = runs[list(range(PARTS))].to_numpy(float)
    points = (points - units[["random"]].to_numpy()) / units[["scale"]].to_numpy()
    if np.isinf(points).any():
        raise NoVerdictError("a score on a curve is infinite")
    ended = (runs["status"] != "unfinished").to_numpy()
    there, lost = _complete(
        runs, np.where(ended, points.sum(axis=1), np.nan), arms, games
    )
    keys = zip(runs["label"], runs["game"], runs["seed"], strict=True)
    curve = dict(zip(keys, points, strict=True))
    seeds = set(there.index)
    pairs = sorted(k // 2 for k in seeds if k % 2 == 0 and k + 1 in seeds)
    rows = [
        [
            float(apart(*(_two(curve, arm, game, pair) for arm in arms)))
            for game in games
        ]
        for pair in pairs
    ]
    effects = pd.DataFrame(rows, index=pairs, columns=games, dtype=float)
    return Blocks(effects, {}, (*notes, *lost))


def _two(
    curve: Mapping[tuple[str, str, int], Floats], arm: str, game: str, pair: int
) -> Floats:
    """``float[2, points]``, the curves of a pair of seeds."""
    return np.stack([curve[arm, game, 2 * pair + i] for i in (0, 1)])


def _list(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
