"""How often each rule of the claims is wrong: a table of simulated studies.

Every kind of claim is tried at the margins that claims have, on blocks of these kinds:

- *normal*, for which the intervals are made;
- *exponential* and its mirror image: far more skewed than a block can be that averages
  several games and two arms; and *exponential scores*, such a block, of five games;
- *games*: the difference of two games' returns, drawn from those that a recorded run
  finished in its last tenth, with all runs of all studies in turn. A score is a mean of
  many, so that real blocks are nearer to normal;
- *A/A*: the same arm on both sides, runs drawn from a recorded arm's seeds on each game
  of its study, where there are two seeds and scales.

Blocks of whole curves and of rates are no differences of scores, and have draws of
their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.claims.scales import read_scales, scales_for
from analysis.claims.scores import PARTS, curves, final
from analysis.claims.sequences import Floats
from analysis.claims.simulation import (
    BLOCKS,
    BORDERS,
    curve_rates,
    divergence_rates,
    looks_at,
    rule_rates,
)
from analysis.records.study import Study, load_study, study_names
from analysis.tables.scoring import FINAL_PART

STUDIES = 20_000
SEED = 1704
GAMES = 5
MARGIN, CURVE_MARGIN, RATE_MARGIN = 0.1, 0.25, 0.05
SDS = (0.05, 0.1, 0.2, 0.3)
LEAST_GAMES = 50
_SHARES = ("false_for", "false_against", "found_for", "found_against")
COLUMNS = {"blocks": "str", "rule": "str", "margin": "float64", "sd": "float64"}
COLUMNS |= {"studies": "int64", **dict.fromkeys(_SHARES, "float64")}
COLUMNS |= {"n_for": "float64", "n_against": "float64"}


def calibration(results: Path, studies: int = STUDIES) -> pd.DataFrame:
    """Try every rule.

    Args:
        results: The folder of all results, for recorded games and runs.
        studies: To be simulated for each row.

    Returns:
        A row a kind of blocks, rule and deviation; columns :data:`COLUMNS`.
    """
    random = np.random.default_rng(SEED)
    rows = [
        {"blocks": name, "rule": rule, "margin": MARGIN, "sd": sd, "studies": studies}
        | asdict(rule_rates(rule, looks, sd, MARGIN))
        for name, z, sds in _kinds_of_blocks(results, studies, random)
        for looks in [looks_at(z)]
        for rule in BORDERS
        for sd in sds
    ]
    rows += _curve_rows(max(studies // 10, 1), random)
    rows += _rate_rows(studies, random)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _kinds_of_blocks(
    results: Path, studies: int, random: np.random.Generator
) -> Iterator[tuple[str, Floats, tuple[float, ...]]]:
    """Kinds of blocks: a name, ``float[study, block]`` of mean 0, and deviations."""
    shape = (studies, BLOCKS)
    yield "normal", random.normal(size=shape), SDS
    skewed = random.exponential(size=shape) - 1
    yield "exponential", skewed, SDS[1:3]
    yield "exponential, mirrored", -skewed, SDS[1:3]
    pairs = random.exponential(size=(*shape, GAMES, 2))
    pooled = (pairs[..., 0] - pairs[..., 1]).mean(axis=-1) * np.sqrt(GAMES / 2)
    yield "exponential scores", pooled, SDS[1:3]
    recorded = [
        load_study(results / "data", name) for name in study_names(results / "data")
    ]
    if pools := [pool for study in recorded for pool in _games(study)]:
        yield "games", _game_blocks(pools, shape, random), SDS[1:3]
    for study in recorded:
        for name, scores in _arms(results, study):
            z = _aa_blocks(scores, shape, random)
            yield f"A/A: {name}", z / z.std(), (float(z.std()),)


def _games(study: Study) -> Iterator[Floats]:
    """The returns in the last tenth of each finished run, with deviation 1."""
    done = study.runs[study.runs["status"] == "done"]
    for run_id, frames in zip(done["run_id"], done["target_frames"], strict=True):
        games = study.episodes[study.episodes["run_id"] == run_id]
        late = games["frames"] > (1 - FINAL_PART) * frames
        returns = games.loc[late, "game_return"].to_numpy(float)
        if len(returns) >= LEAST_GAMES and returns.std() > 0:
            yield returns / returns.std()


def _game_blocks(
    pools: list[Floats], shape: tuple[int, int], random: np.random.Generator
) -> Floats:
    blocks = np.empty(shape)
    for first, pool in enumerate(pools):
        part = blocks[first :: len(pools)]
        one, other = random.choice(pool, (2, *part.shape))
        part[:] = (one - other) / np.sqrt(2)
    return blocks


def _arms(results: Path, study: Study) -> Iterator[tuple[str, list[Floats]]]:
    """Final scores of recorded arms in units of scales: by game, those of each seed."""
    scales = read_scales(results)
    for label, runs in study.runs.groupby("label"):
        family = str(runs["family"].iloc[0])
        whose = study.name.removesuffix("-tuning")
        units = scales_for(scales, whose, family, "final")
        table = curves(study, {game: unit.random for game, unit in units.items()})
        table = table.assign(score=final(table))[table["label"] == label]
        scores = [
            (rows["score"].dropna().to_numpy(float) - units[str(game)].random)
            / units[str(game)].scale
            for game, rows in table.groupby("game")
            if str(game) in units and units[str(game)].usable
        ]
        if scores and min(map(len, scores)) >= 2:
            yield f"{label} of {study.name}, {len(scores)} games", scores


def _aa_blocks(
    scores: list[Floats], shape: tuple[int, int], random: np.random.Generator
) -> Floats:
    games = [np.subtract(*random.choice(each, (2, *shape))) for each in scores]
    return np.asarray(np.mean(games, axis=0))


def _curve_rows(
    studies: int, random: np.random.Generator
) -> Iterator[dict[str, object]]:
    """Curves that rise, with a deviation between seeds that rises with them."""
    rise = (1 + np.arange(PARTS)) / PARTS
    shape = (studies, BLOCKS // 2, GAMES, 2, 2, PARTS)
    noise = {
        "curves, normal": random.normal(size=shape),
        "curves, exponential": random.exponential(size=shape),
    }
    for name, each in noise.items():
        level = each[..., :1]  # a seed's own, beside what differs from tenth to tenth
        draws = rise * (0.8 * level + 0.6 * each)
        rates, _ = curve_rates(draws, CURVE_MARGIN, rise)
        yield {
            "blocks": name,
            "rule": "equivalence",
            "margin": CURVE_MARGIN,
            "studies": studies,
        } | asdict(rates)


def _rate_rows(
    studies: int, random: np.random.Generator
) -> Iterator[dict[str, object]]:
    """Runs that diverge: on all games alike, and on one game alone."""
    uniform = random.random((studies, BLOCKS, GAMES))
    alike, alone = np.ones(GAMES), GAMES * np.eye(GAMES)[0]
    for name, spread in (("runs, games alike", alike), ("runs, one game", alone)):
        of_games = {times: times * RATE_MARGIN * spread for times in (0.2, 1.0, 2.0)}
        yield {
            "blocks": name,
            "rule": "rate",
            "margin": RATE_MARGIN,
            "studies": studies,
        } | asdict(divergence_rates(uniform, RATE_MARGIN, of_games))
