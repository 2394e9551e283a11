"""What the rules say of simulated studies, with a look after each block.

A study of blocks ``D_k = effect + sd z_k`` is looked at after 3, 4, ... blocks. What it
*ever* states counts, as if it were stopped at whichever look suits. False statements
are counted where they are most likely: at the border of what makes them false.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, get_args

import numpy as np

from analysis.claims.distances import apart
from analysis.claims.rates import rate_decisions
from analysis.claims.sequences import MIN_BLOCKS, Floats
from analysis.claims.verdicts import Kind, Truths, decisions, shown

BLOCKS = 40
Said = Callable[[float], tuple[Truths, Truths]]  # of an effect, in margins
RELATION = "different / equivalent"


class Border(NamedTuple):
    """Effects, in margins, at which a rule is tried.

    Attributes:
        for_false: Where support would be just false.
        against_false: Where a contradiction would be.
        for_true: Where it should be supported.
        against_true: Where it should be contradicted.
    """

    for_false: tuple[float, ...]
    against_false: tuple[float, ...]
    for_true: float
    against_true: float


BORDERS: Mapping[str, Border] = {
    RELATION: Border((0,), (-1, 1), 2, 0),
    "superiority": Border((0,), (1,), 2, 0),
    "inferiority": Border((0,), (-1,), -2, 0),
    "non-inferiority": Border((-1,), (-1,), 0, -2),
    "equivalence": Border((-1, 1), (-1, 1), 0, 2),
    "difference": Border((0,), (-1, 1), 2, 0),
}


@dataclass(frozen=True, eq=False)
class Looks:
    """Studies as they stand at each look.

    Attributes:
        n: ``int[look]``, blocks.
        mean: ``float[study, look]``.
        sd: Likewise (``ddof=1``).
    """

    n: Floats
    mean: Floats
    sd: Floats


@dataclass(frozen=True)
class Rates:
    """How often a rule said what, over studies that are looked at until the last block.

    Attributes:
        false_for: Ever supported where that is just false; the worst such effect.
        false_against: Ever contradicted where that is just false.
        found_for: Supported where it should be.
        found_against: Contradicted where it should be.
        n_for: Blocks by then, the median over the studies that were supported.
        n_against: Over those that were contradicted.
    """

    false_for: float
    false_against: float
    found_for: float
    found_against: float
    n_for: float
    n_against: float


def looks_at(z: Floats) -> Looks:
    """Averages and deviations after each block.

    Args:
        z: ``float[study, block]``.
    """
    n = np.arange(1, z.shape[1] + 1, dtype=float)
    mean = z.cumsum(axis=1) / n
    with np.errstate(divide="ignore", invalid="ignore"):
        square = (np.square(z).cumsum(axis=1) - n * mean**2) / (n - 1)
    sd = np.sqrt(np.maximum(square, 0))
    first = MIN_BLOCKS - 1
    return Looks(n[first:], mean[:, first:], sd[:, first:])


def rule_rates(rule: str, looks: Looks, sd: float, margin: float) -> Rates:
    """How often a rule is wrong, and how often it finds what there is.

    Args:
        rule: A key of :data:`BORDERS`.
        looks: Of ``z``, centred.
        sd: What ``z`` is multiplied by.
        margin: Of the rule.
    """

    def at(effect: float) -> tuple[Truths, Truths]:
        mean = effect * margin + sd * looks.mean
        return _says(rule, looks.n, mean, sd * looks.sd, margin)

    return _rates(at, BORDERS[rule], looks.n)


def _says(
    rule: str, n: Floats, mean: Floats, sd: Floats, margin: float
) -> tuple[Truths, Truths]:
    varied = sd > 0  # blocks that are all equal give no verdict
    if rule == RELATION:
        seen = shown(n, mean, sd, margin)
        different = seen.higher | seen.lower
        return different & varied, seen.not_higher & seen.not_lower & varied
    kinds: Mapping[str, Kind] = {kind: kind for kind in get_args(Kind)}
    for_it, against = decisions(n, mean, sd, kinds[rule], margin)
    return for_it & varied, against & varied


def _rates(at: Said, border: Border, n: Floats) -> Rates:
    supported, _ = at(border.for_true)
    _, contradicted = at(border.against_true)
    return Rates(
        max(float(at(effect)[0].any(1).mean()) for effect in border.for_false),
        max(float(at(effect)[1].any(1).mean()) for effect in border.against_false),
        float(supported.any(1).mean()),
        float(contradicted.any(1).mean()),
        _median_first(supported, n),
        _median_first(contradicted, n),
    )


def _median_first(said: Truths, n: Floats) -> float:
    """The median number of blocks at which those studies that ever say it first do."""
    ever = said.any(1)
    return float(np.median(n[said[ever].argmax(1)])) if ever.any() else float("nan")


def curve_rates(
    draws: Floats, margin: float, shape: Floats
) -> tuple[Rates, tuple[float, float]]:
    """The same of the equivalence of whole curves.

    Args:
        draws: ``float[study, block, game, arm, seed, point]``, of one algorithm.
        margin: Of the rule.
        shape: ``float[point]``, how an effect of 1 changes a curve.

    Returns:
        The rates, and the effects whose expected block is the margin and twice that.
    """

    def values(effect: float) -> Floats:
        arm = draws[..., 0, :, :] + effect * shape
        return apart(arm, draws[..., 1, :, :]).mean(axis=-1)

    effects = {0.0: 0.0}
    for times in (1.0, 2.0):
        effects[times] = _effect_of(values, times * margin)

    def at(times: float) -> tuple[Truths, Truths]:
        looks = looks_at(values(effects[times]))
        return _says("equivalence", looks.n, looks.mean, looks.sd, margin)

    n = np.arange(MIN_BLOCKS, draws.shape[1] + 1, dtype=float)
    border = Border((1.0,), (1.0,), 0.0, 2.0)
    return _rates(at, border, n), (effects[1.0], effects[2.0])


def _effect_of(values: Callable[[float], Floats], wanted: float) -> float:
    """The effect at which blocks are ``wanted`` on average, by bisection."""
    low, high = 0.0, 64.0
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (middle, high) if values(middle).mean() < wanted else (low, middle)
    return (low + high) / 2


def divergence_rates(
    uniform: Floats, margin: float, of_games: Mapping[float, Floats]
) -> Rates:
    """The same of the rate at which runs diverge.

    Args:
        uniform: ``float[study, block, game]``, between 0 and 1.
        margin: Of the rule.
        of_games: ``float[game]``, each game's rate, by their mean in margins: 1, where
            each statement is just false, a fifth, and twice.
    """
    games = uniform.shape[2]
    n = np.arange(1, uniform.shape[1] + 1)
    counts = n[MIN_BLOCKS - 1 :].astype(float)

    def at(times: float) -> tuple[Truths, Truths]:
        k = (uniform < of_games[times]).sum(axis=2).cumsum(axis=1)
        low, high = rate_decisions(k, n * games, margin)
        return low[:, MIN_BLOCKS - 1 :], high[:, MIN_BLOCKS - 1 :]

    return _rates(at, Border((1.0,), (1.0,), 0.2, 2.0), counts)
