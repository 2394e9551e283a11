"""Which settings tuning chooses, and the table of it."""

from __future__ import annotations

import pytest

from analysis.claims.choice import choice, choice_markdown, is_tuning
from tests.analysis.claims.planted import SHAPE, run_of, study_with
from tests.analysis.claims.planted_tuning import FAST, GAMES, SLOW, TOPS, tuning

RANDOM = dict.fromkeys(GAMES, 0.5)


def test_the_settings_nearest_the_best_of_each_game_are_chosen():
    found = choice(tuning(), dict.fromkeys(GAMES, 0.0))
    order = found.order.set_index("label")
    assert list(order.index[order["chosen"]]) == [SLOW, "dqn-hard"]
    assert order.loc[SLOW, "share"] == pytest.approx((9.5 / 10.5 + 1) / 2)
    assert order.loc[FAST, "share"] == pytest.approx((1 + 45.5 / 90.5) / 2)
    assert set(order["games"]) == {2}


def test_shares_are_of_the_way_from_random_play():
    cells = choice(tuning(), RANDOM).cells.set_index(["label", "game"])
    assert cells.loc[(SLOW, GAMES[0]), "share"] == pytest.approx(9.0 / 10.0)
    assert cells.loc[(FAST, GAMES[1]), "share"] == pytest.approx(45.0 / 90.0)
    assert cells.loc[(SLOW, GAMES[0]), "score"] == pytest.approx(9.5)
    assert (cells["runs"] == 2).all()


def test_settings_that_were_not_run_on_every_game_are_not_chosen():
    # The fast rate has the better game alone, so that its mean share would be 1.
    some = {key: top for key, top in TOPS.items() if key != (FAST, GAMES[1])}
    order = choice(tuning(tops=some), RANDOM).order.set_index("label")
    assert order.loc[FAST, "share"] == 1.0
    assert not order.loc[FAST, "chosen"]
    assert order.loc[SLOW, "chosen"]


def test_where_nothing_beats_random_play_there_is_no_share():
    found = choice(tuning(), dict.fromkeys(GAMES, 1000.0))
    assert found.cells["share"].isna().all()
    assert not found.order["chosen"].any()
    assert "| 9.50 (–) |" in choice_markdown(found)


def test_other_arms_than_the_baseline_do_not_count():
    runs = [
        run_of(arm, GAMES[0], 1000, SHAPE * top, study="minatar-tuning")
        for arm, top in (("a2c-naive", 1.0), ("a2c-proper", 9.0))
    ]
    found = choice(study_with(runs, "minatar-tuning"), dict.fromkeys(GAMES, 0.0))
    assert list(found.order["label"]) == ["a2c-naive"]
    assert found.cells["share"].to_list() == [1.0]


def test_the_table_has_a_row_a_setting_the_chosen_first():
    some = {key: top for key, top in TOPS.items() if key != (FAST, GAMES[1])}
    text = choice_markdown(choice(tuning(tops=some), RANDOM))
    a2c, dqn = text.partition("## a2c")[2].split("## dqn")
    rows = [line for line in a2c.splitlines() if line.startswith("| a2c")]
    assert rows == [
        f"| {SLOW} | 90.5 (1.00) | 9.50 (0.90) | 2 | 0.95 | chosen |",
        f"| {FAST} | – | 10.5 (1.00) | 1 | 1.00 |  |",
    ]
    assert (
        "| dqn-hard | 6.50 (1.00) | 5.50 (1.00) | 2 | 1.00 | nothing else was tried |"
        in dqn
    )


def test_a_study_of_tuning_seeds_alone_is_one_of_tuning():
    assert is_tuning(tuning())
    assert not is_tuning(tuning(first=0))
    assert not is_tuning(tuning(first=999))


def test_the_score_of_a_setting_is_the_mean_over_its_runs():
    cells = choice(tuning(seeds=3), dict.fromkeys(GAMES, 0.0)).cells
    cells = cells.set_index(["label", "game"])
    assert cells.loc[(SLOW, GAMES[0]), "score"] == pytest.approx(9 + 1 / 3)
