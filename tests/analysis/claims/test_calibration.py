"""The rules' error rates: a quick version of the table, and what it is made of."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t

from analysis.claims import calibration, sequences, simulation, verdicts
from analysis.claims.calibration import calibration as calibrate
from analysis.claims.calibration_page import calibration_markdown
from analysis.claims.reading import load_claims
from analysis.claims.simulation import (
    BLOCKS,
    BORDERS,
    RELATION,
    curve_rates,
    looks_at,
    rule_rates,
)
from analysis.records.study import save_study
from tests.analysis.claims.planted import SHAPE, planted_study, run_of, study_with
from tests.analysis.claims.test_judging import GAMES, planted, write_scales
from tests.analysis.report.games import games_of

MARGIN = 0.1
NORMAL = np.random.default_rng(5).normal(size=(3000, BLOCKS))


@pytest.mark.parametrize("sd", [0.05, 0.2])
@pytest.mark.parametrize("rule", BORDERS)
def test_no_rule_is_wrong_more_often_than_it_states(rule, sd):
    """A look after each block from 3 to 40, on normal blocks."""
    found = rule_rates(rule, looks_at(NORMAL), sd, MARGIN)
    assert found.false_for <= 0.05
    assert found.false_against <= 0.05


@pytest.mark.parametrize("rule", BORDERS)
def test_rules_find_what_there_is(rule):
    found = rule_rates(rule, looks_at(NORMAL), 0.05, MARGIN)
    assert found.found_for > 0.99
    assert found.found_against > 0.99
    assert 4 < found.n_for < 10


def test_a_rule_of_one_look_that_is_looked_at_often_is_found_out(monkeypatch):
    """Student's t at each look: a fifth of studies then see a difference."""

    def naive(n, sd, alpha):
        return t.ppf(1 - alpha / 2, np.asarray(n) - 1) * np.asarray(sd) / np.sqrt(n)

    monkeypatch.setattr(verdicts, "half_width", naive)
    found = rule_rates(RELATION, looks_at(NORMAL), 0.2, MARGIN)
    assert found.false_for > 0.15
    assert sequences.half_width(5, 1, 0.05) > naive(5, 1, 0.05)


def test_looks_are_averages_and_deviations_so_far():
    looks = looks_at(NORMAL[:2])
    assert list(looks.n) == list(range(3, BLOCKS + 1))
    assert looks.mean[1, 4] == pytest.approx(NORMAL[1, :7].mean())
    assert looks.sd[1, 4] == pytest.approx(NORMAL[1, :7].std(ddof=1))


def test_first_statements_are_counted_from_the_blocks_by_then():
    said = np.array([[False, True, True], [False, False, True], [False] * 3])
    n = np.array([3.0, 4.0, 5.0])
    assert simulation._median_first(said, n) == 4.5


def test_effects_of_curves_are_those_of_the_margin():
    draws = np.random.default_rng(2).normal(size=(60, 20, 5, 2, 2, 10))
    found, (one, two) = curve_rates(draws, 0.25, np.ones(10))
    assert 0.5 < one < two
    assert found.false_for <= 0.05 and found.false_against <= 0.05


@pytest.fixture
def results(tmp_path):
    """A study with three seeds an arm, and one without scales."""
    planted(tmp_path, {}, 3)
    save_study(
        tmp_path / "data", planted_study({"a2c-naive": 1}, ["Pong"], 2, name="x")
    )
    write_scales(tmp_path)
    return tmp_path


def test_recorded_runs_are_split_against_themselves(results, monkeypatch):
    monkeypatch.setattr(calibration, "LEAST_GAMES", 1)
    table = calibrate(results, 30)
    kinds = list(dict.fromkeys(table["blocks"]))
    assert kinds == [
        "normal", "exponential", "exponential, mirrored", "exponential scores",
        "A/A: a2c-naive of minatar, 5 games", "A/A: a2c-proper of minatar, 5 games",
        "curves, normal", "curves, exponential", "runs, games alike", "runs, one game",
    ]  # fmt: skip
    sd = table[table["blocks"].str.startswith("A/A")]["sd"]
    assert (sd > 0).all() and (sd < 0.1).all()  # of .05 a run, on five games
    page = calibration_markdown(table)
    assert "| normal | superiority | 10 | 5 |" in page
    assert calibrate(results, 30).equals(table)


def test_real_games_have_mean_zero_and_deviation_one():
    pools = [np.array([0.0, 0, 0, 4]) / np.std([0.0, 0, 0, 4]), np.array([-1.0, 1.0])]
    blocks = calibration._game_blocks(pools, (400, 50), np.random.default_rng(0))
    for first in (0, 1):
        part = blocks[first::2]
        assert abs(part.mean()) < 4 / np.sqrt(part.size)
        assert part.std() == pytest.approx(1, abs=0.03)


def test_every_kind_of_claim_is_in_the_table():
    """At the margins that claims have; effects are tried in margins."""
    asked = [q for claim in load_claims() for q in claim.questions]
    margins = {
        "curves": calibration.CURVE_MARGIN,
        "divergence": calibration.RATE_MARGIN,
    }
    for question in asked:
        assert question.margin == margins.get(question.estimand, calibration.MARGIN)
        assert question.kind in {*BORDERS, verdicts.RATE}
    assert {q.level for q in asked} == {1 - verdicts.ALPHA}


def test_blocks_that_are_made_up_have_mean_zero_and_deviation_one(tmp_path):
    kinds = calibration._kinds_of_blocks(tmp_path, 500, np.random.default_rng(0))
    for name, z, _ in kinds:
        assert abs(z.mean()) < 4 / np.sqrt(z.size), name
        assert z.std() == pytest.approx(1, abs=0.05), name


def test_games_are_those_of_the_last_tenth_with_deviation_one():
    games = [(900, 50.0), (50, 1.0), (50, 5.0)]
    run = games_of(run_of("q-a2c", "Pong", 0, SHAPE), games)
    (pool,) = calibration._games(study_with([run]))
    assert len(pool) == 100
    assert pool.std() == pytest.approx(1)
    assert set(pool.round(9)) == {0.5, 2.5}


def test_an_arm_is_held_against_itself_alone(tmp_path):
    write_scales(tmp_path)
    study = planted_study({"a2c-naive": 10.0, "a2c-proper": 90.0}, GAMES, 3, 0.1)
    found = dict(calibration._arms(tmp_path, study))
    means = {name.split()[0]: np.mean(scores) for name, scores in found.items()}
    assert means == pytest.approx({"a2c-naive": 1.0, "a2c-proper": 9.0}, abs=0.05)
    assert {len(game) for scores in found.values() for game in scores} == {3}


def test_arms_of_tuning_have_the_scales_of_their_study(tmp_path):
    write_scales(tmp_path)
    study = planted_study({"a2c-naive": 10.0}, GAMES, 3, 0.1, 1000, "minatar-tuning")
    ((name, _),) = calibration._arms(tmp_path, study)
    assert name == "a2c-naive of minatar-tuning, 5 games"


def test_rates_of_both_kinds_of_studies_are_at_the_border(monkeypatch):
    seen = []
    monkeypatch.setattr(
        calibration, "divergence_rates", lambda _u, _m, games: seen.append(games)
    )
    monkeypatch.setattr(calibration, "asdict", lambda _: {})
    assert list(calibration._rate_rows(3, np.random.default_rng(0)))
    for games in seen:
        for times, rates in games.items():
            assert rates.mean() == pytest.approx(times * calibration.RATE_MARGIN)
    assert [len(set(games[1.0])) for games in seen] == [1, 2]
