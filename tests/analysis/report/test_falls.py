"""Falls within training are found, with how deep they were and how long."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pytest

from analysis.claims.scales import COLUMNS
from analysis.records.record import RunRecord
from analysis.report.falls import Diverged, Fall, Steadiness, steadiness
from tests.analysis.claims.planted import run_of, study_with
from tests.analysis.report.games import games_of

GAME, OTHER = "MinAtar/Breakout", "MinAtar/Freeway"
RANDOM, SCALE = 2.0, 40.0


def scales(usable: bool = True, family: str = "a2c") -> pd.DataFrame:
    cells = {"study": "minatar", "family": family, "game": GAME, "estimand": "final"}
    cells |= {"scale": SCALE, "random": RANDOM, "baseline": 42.0, "sd": 0.1, "runs": 2}
    cells |= {"frames": 1, "usable": usable, "label": "x", "source": "planted"}
    return pd.DataFrame([cells])[list(COLUMNS)].astype(COLUMNS)


def run(
    *levels: tuple[int, float],
    arm: str = "q-a2c",
    game: str = GAME,
    seed: int = 0,
    status: str = "done",
) -> RunRecord:
    return games_of(run_of(arm, game, seed, [1.0] * 10, status=status), levels)


def found(runs: Sequence[RunRecord]) -> Steadiness:
    (each,) = steadiness([study_with(runs)], scales())
    return each


def test_a_fall_has_its_depth_its_place_and_its_length() -> None:
    """The mean goes from 22 to 2 in a window's games, stays, and comes back."""
    each = found([run((300, 22.0), (200, 2.0), (300, 22.0))])
    assert (each.study, each.arm, each.runs, each.learned) == ("minatar", "q-a2c", 1, 1)
    # Half of 20 above random play is lost after 50 games of the worse kind, and less
    # than half with one more; regained after 50 of the better kind.
    first, lowest, back = 10 * 351, 10 * 400, 10 * 550
    assert each.falls == [Fall(0, GAME, 22.0, 2.0, lowest, back - first, back - first)]
    assert each.diverged == []


def test_one_that_does_not_come_back_lasts_to_the_end() -> None:
    (fall,) = found([run((300, 22.0), (200, 2.0))]).falls
    assert fall.below == 10 * (500 - 351)


@pytest.mark.parametrize(
    ("levels", "falls"),
    [
        ([(300, 22.0), (200, 12.1), (300, 22.0)], 0),  # loses less than half
        ([(300, 22.0), (200, 11.9), (300, 22.0)], 1),
        ([(300, 11.9), (200, 2.0), (300, 11.9)], 0),  # never had a quarter of 40
        ([(300, 12.1), (200, 2.0), (300, 12.1)], 1),
        ([(99, 22.0), (200, 2.0)], 1),  # less than a window, but 22 counts in one
        ([(20, 22.0), (200, 2.0)], 0),
        ([(300, 2.0), (300, 22.0)], 0),  # a rise
    ],
)
def test_a_fall_is_of_over_half_of_what_was_learned(
    levels: list[tuple[int, float]], falls: int
) -> None:
    good = run((300, 22.0), seed=1)  # so that the arm has learned something
    assert len(found([run(*levels), good]).falls) == falls


def test_the_deepest_fall_of_a_run_is_told() -> None:
    (fall,) = found(
        [run((300, 22.0), (200, 8.0), (300, 42.0), (200, 4.0), (300, 42.0))]
    ).falls
    assert (fall.best, fall.low, fall.frames) == (42.0, 4.0, 10 * 900)


def test_the_longest_fall_of_an_arm_need_not_be_a_deepest_one() -> None:
    """A run's first fall is long, its second deep; another run's is short and deep."""
    long, deep = [(900, 6.0), (300, 22.0)], [(120, 2.0), (300, 22.0)]
    each = found([run((300, 22.0), *long, *deep), run((300, 22.0), *deep, seed=1)])
    first, other = each.falls
    assert first.below == other.below < first.longest == each.longest
    # From 20 to 4 above random play: half is lost with 63 games, regained with 38.
    assert each.longest == 10 * (900 - 63 + 38)
    assert each.fell_on == {GAME: 2}


def test_runs_are_counted_by_what_they_learned_and_how_they_ended() -> None:
    runs = [
        run((300, 22.0), seed=0),
        run((300, 2.0), seed=1),
        run((300, 22.0), (300, 2.0), seed=2),
        run((300, 22.0), seed=3, status="failed"),
        run((300, 22.0), (300, 2.0), seed=4, status="unfinished"),
    ]
    each = found(runs)
    assert (each.runs, each.learned, len(each.diverged)) == (4, 3, 2)
    assert [fall.seed for fall in each.falls] == [2]


def test_a_run_that_diverged_has_its_games_and_whether_it_fell() -> None:
    """It had a quarter of the scale for too few games to fill a window, and lost it."""
    rising = run((300, 22.0), seed=0)
    lost = run_of("q-a2c", GAME, 1, [22.0] * 8 + [2.0] * 2)
    fallen = run((300, 22.0), (300, 2.0), seed=2)
    each = found([rising, lost, fallen])
    assert each.diverged == [
        Diverged(1, GAME, 1, False),
        Diverged(2, GAME, 60, True),
    ]


def test_a_short_fall_is_in_no_tenth() -> None:
    """What this module is for: claim C9's measure does not see it."""
    each = found([run((1000, 22.0), (120, 2.0), (880, 22.0))])
    assert len(each.falls) == 1 and each.diverged == []


def test_games_and_families_without_a_scale_are_left_out() -> None:
    fell = [(300, 22.0), (300, 2.0)]
    study = study_with([run(*fell), run(*fell, game=OTHER)])
    (each,) = steadiness([study], scales())
    assert (each.runs, [fall.game for fall in each.falls]) == (1, [GAME])
    assert steadiness([study], scales(usable=False)) == []
    assert steadiness([study], scales(family="dqn")) == []


def test_an_arm_that_learned_nothing_can_lose_nothing() -> None:
    assert steadiness([study_with([run((300, 2.0))])], scales()) == []


def test_a_run_that_begins_low_has_not_fallen_there() -> None:
    levels = (200, 2.0), (300, 22.0), (200, 5.0), (300, 22.0)
    (fall,) = found([run(*levels)]).falls
    assert (fall.frames, fall.low) == (10 * 600, 5.0)
