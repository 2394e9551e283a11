"""The anytime-valid t interval: its formula, and that it covers at every look."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from analysis.claims.sequences import EFFECT_VARIANCE, critical_t, half_width, interval


def log_bayes_factor(t, n, g=EFFECT_VARIANCE):
    """The logarithm of ``B``, as the docstring of ``sequences`` has it, of n blocks."""
    nu, k = n - 1, 1 + n * g
    ratio = np.log1p(t**2 / nu) - np.log1p(t**2 / (nu * k))
    return -0.5 * np.log(k) + 0.5 * n * ratio


@pytest.mark.parametrize("g", [0.25, 1.0, 4.0])
@pytest.mark.parametrize(("n", "t"), [(2, 0.5), (3, 2.0), (8, -3.0), (20, 5.0)])
def test_the_bayes_factor_is_the_mixture_over_effect_sizes(n, t, g):
    """Noncentral t, mixed numerically over N(0, g), against central t."""

    def mixed(effect: float) -> float:
        likelihood = stats.nct.pdf(t, n - 1, effect * np.sqrt(n))
        return likelihood * stats.norm.pdf(effect, scale=np.sqrt(g))

    ends = 10 * np.sqrt(g)
    mixture, _ = integrate.quad(mixed, -ends, ends, points=[0, t / np.sqrt(n)])
    expected = np.log(mixture / stats.t.pdf(t, n - 1))
    assert log_bayes_factor(t, n, g) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("alpha", [0.05, 0.1])
@pytest.mark.parametrize("n", [5, 6, 12, 40])
def test_the_critical_t_is_where_the_factor_reaches_its_bound(n, alpha):
    assert log_bayes_factor(critical_t(n, alpha), n) == pytest.approx(-np.log(alpha))


def test_too_few_blocks_bound_nothing():
    """At 3 and 4 blocks the factor never comes to 20, whatever they are."""
    assert np.isinf(critical_t([2, 3, 4], 0.05)).all()
    assert np.exp(log_bayes_factor(1e9, 4)) < 20 < np.exp(log_bayes_factor(1e9, 5))
    found = interval([0.1, 0.1001, 0.1002])
    assert (found.low, found.high) == (-np.inf, np.inf)


def test_an_interval_holds_the_means_that_the_factor_does_not_refuse():
    blocks = np.array([0.3, 0.1, -0.2, 0.4, 0.25, 0.05, 0.3])
    found = interval(blocks, 0.9)
    for mean in (found.low, found.high):
        t = stats.ttest_1samp(blocks, mean).statistic
        assert np.exp(log_bayes_factor(t, 7)) == pytest.approx(10)
    assert found.low + found.high == pytest.approx(2 * blocks.mean())
    assert found.within(found.low - 1e-9, found.high + 1e-9)
    assert not found.within(found.low, found.high + 1)


def test_an_interval_moves_and_stretches_with_the_blocks():
    blocks = np.array([0.3, 0.1, -0.2, 0.4, 0.25, 0.05, 0.3])
    one, other = interval(blocks), interval(5 - 2 * blocks)
    assert other.low == pytest.approx(5 - 2 * one.high)
    assert other.high == pytest.approx(5 - 2 * one.low)


def test_at_every_look_it_covers_as_often_as_it_says():
    """95 % at every one of 38 looks at once; a fixed-n interval fails in a third."""
    studies, n = 4000, np.arange(3, 41)
    draws = np.random.default_rng(0).normal(size=(studies, 40))
    sums, squares = draws.cumsum(1)[:, 2:], (draws**2).cumsum(1)[:, 2:]
    mean = sums / n
    sd = np.sqrt((squares - n * mean**2) / (n - 1))
    missed = (abs(mean) > half_width(n, sd, 0.05)).any(1).mean()
    assert 0.01 < missed <= 0.05
    fixed = (abs(mean) > stats.t.ppf(0.975, n - 1) * sd / np.sqrt(n)).any(1).mean()
    assert fixed > 0.2


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        ([0.1, 0.2], "fewer than 3 blocks: 2"),
        ([], "fewer than 3 blocks: 0"),
        ([0.1, float("inf"), 0.2], "infinite or not a number"),
        ([0.1, float("nan"), 0.2], "infinite or not a number"),
        ([0.1] * 5, "constant scores"),
    ],
)
def test_what_no_interval_is_of_is_said(blocks, said):
    with pytest.raises(ValueError, match=said):
        interval(blocks)
