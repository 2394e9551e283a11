"""Bounds of rates: their equation, by integration, and their level, by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta

from analysis.claims.rates import (
    judge_rate,
    least_blocks,
    log_capital,
    rate_decisions,
    rate_interval,
)


@pytest.mark.parametrize("higher", [True, False])
@pytest.mark.parametrize(("k", "n", "m"), [(0, 10, 0.05), (3, 20, 0.2), (9, 12, 0.4)])
def test_the_capital_is_a_mixture_of_bets_on_one_side(k, n, m, higher):
    ends = (m, 1) if higher else (0, m)
    prior = beta(0.5, 0.5)
    mass = prior.cdf(ends[1]) - prior.cdf(ends[0])

    def bet(rate):
        return prior.pdf(rate) * (rate / m) ** k * ((1 - rate) / (1 - m)) ** (n - k)

    wanted = quad(bet, *ends)[0] / mass
    assert np.exp(log_capital(k, n, m, higher)) == pytest.approx(wanted, rel=1e-6)


def test_a_hundred_runs_without_a_failure_show_a_rate_below_a_twentieth():
    assert judge_rate(np.zeros((20, 5)), 0.05).verdict == "supported"
    ten = judge_rate(np.zeros((10, 5)), 0.05)
    assert (ten.verdict, ten.missing) == ("undecided", 5)
    assert judge_rate(np.zeros((15, 5)), 0.05).missing == 0


@pytest.mark.parametrize(
    ("games", "margin"), [(1, 0.05), (5, 0.05), (7, 0.05), (2, 0.001)]
)
def test_fewer_blocks_than_the_least_show_no_rate(games, margin):
    least = least_blocks(games, margin)
    verdicts = [
        judge_rate(np.zeros((blocks, games)), margin).verdict
        for blocks in (least - 1, least)
    ]
    assert verdicts == ["undecided", "supported"]


def test_over_a_thousand_blocks_are_judged_too():
    assert least_blocks(1, 0.001) > 2000
    assert judge_rate(np.zeros((1001, 1)), 0.001).missing is None
    assert judge_rate(np.zeros((1001, 1)), 0.05).missing == 0


def test_many_failures_contradict():
    events = np.zeros((20, 5))
    events[:, 0] = 1
    found = judge_rate(events, 0.05)
    assert (found.verdict, found.mean, found.relation) == ("contradicted", 0.2, "above")
    assert found.wide.low < found.narrow.low < 0.2 < found.narrow.high < found.wide.high


def test_a_rate_among_several_questions_has_its_share_of_the_chance():
    """The bound against the claim moves out; that for it stays."""
    events = np.zeros((12, 5))
    events[:10, 0] = 1
    one, two = (judge_rate(events, 0.05, among=among) for among in (1, 2))
    assert (one.verdict, two.verdict) == ("contradicted", "undecided")
    assert two.contradicts.low < 0.05 < one.contradicts.low
    assert (two.wide, two.narrow) == (one.wide, one.narrow)
    well = np.zeros((20, 5))
    assert judge_rate(well, 0.05, among=2).verdict == "supported"


@pytest.mark.parametrize(("k", "n"), [(0, 40), (3, 100), (100, 100)])
def test_an_interval_holds_the_rates_that_are_not_refused(k, n):
    found = rate_interval(k, n, 0.1)
    assert (found.low == 0, found.high == 1) == (k == 0, k == n)
    for bound, higher in ((found.low, True), (found.high, False)):
        if 0 < bound < 1:
            assert log_capital(k, n, bound, higher) == pytest.approx(np.log(20))


@pytest.mark.parametrize("rates", [[0.05] * 5, [0.21, 0.01, 0.01, 0.01, 0.01]])
def test_few_studies_ever_state_something_false(rates):
    """A look after each block, at a rate of the margin, on games alike or not."""
    draw = np.random.default_rng(1).random((2000, 60, 5)) < rates
    k, n = draw.sum(2).cumsum(1), 5 * np.arange(1, 61)
    low, high = rate_decisions(k, n, 0.05)
    assert low[:, 2:].any(1).mean() < 0.05
    assert high[:, 2:].any(1).mean() < 0.05


@pytest.mark.parametrize(
    ("blocks", "margin", "said"),
    [(2, 0.05, "fewer than 3 blocks: 2"), (5, 1.5, "margin: expected a number betw")],
)
def test_what_gives_no_verdict_is_said(blocks, margin, said):
    with pytest.raises(ValueError, match=said):
        judge_rate(np.zeros((blocks, 5)), margin)


def test_the_smallest_margin_of_a_rate_is_where_its_verdict_turns():
    events = np.zeros((20, 5))
    events[3, 1] = 1
    turn = judge_rate(events, 0.5).smallest_margin
    said = [judge_rate(events, turn + step).verdict for step in (-1e-6, 1e-6)]
    assert said == ["undecided", "supported"]


def test_the_deviation_of_rates_is_that_between_blocks():
    events = np.zeros((4, 2))
    events[0] = 1
    assert judge_rate(events, 0.5).sd == pytest.approx(0.5)  # of 1, 0, 0, 0
