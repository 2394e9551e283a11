"""Cross-checks against rliable, statsmodels and scipy on the same numbers.

``rliable.json`` was made in an environment of its own, since rliable fails to import
with the pandas that the suite has; it says with which versions.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import permutation_test

from analysis.claims.blocks import Blocks
from analysis.claims.crosschecks import (
    cross_check,
    holm,
    improvement,
    iqm,
    iqm_interval,
    permutation_p,
)

THEIRS = json.loads(Path(__file__).with_name("rliable.json").read_text())


@pytest.mark.parametrize("theirs", THEIRS["sets"])
def test_iqm_and_improvement_are_rliables(theirs):
    a, b = np.array(theirs["a"]), np.array(theirs["b"])
    assert iqm(a) == pytest.approx(theirs["iqm_a"], rel=1e-12)
    assert iqm(b) == pytest.approx(theirs["iqm_b"], rel=1e-12)
    assert improvement(a, b) == pytest.approx(theirs["improvement"], rel=1e-12)


@pytest.mark.parametrize("theirs", THEIRS["sets"])
def test_the_bootstrap_interval_is_rliables_but_for_chance(theirs):
    """Of 20,000 draws each: a quantile's error is a hundredth or so of the width."""
    a, b = np.array(theirs["a"]), np.array(theirs["b"])
    low, high = iqm_interval(a, b, repeats=20_000)
    width = theirs["high"] - theirs["low"]
    assert low == pytest.approx(theirs["low"], abs=0.03 * width)
    assert high == pytest.approx(theirs["high"], abs=0.03 * width)
    assert (low, high) == iqm_interval(a, b, repeats=20_000)


@pytest.mark.parametrize("n", [2, 5, 9])
def test_all_permutations_are_gone_through(n):
    blocks = np.random.default_rng(n).normal(0.5, 1, n)
    theirs = permutation_test(
        (blocks,), np.mean, permutation_type="samples", n_resamples=np.inf
    )
    assert permutation_p(blocks) == pytest.approx(theirs.pvalue, rel=1e-12)


def test_permutations_of_many_blocks_and_of_equal_ones():
    assert permutation_p(np.ones(40)) == pytest.approx(2 / 2**40)
    assert permutation_p([1.0, -1.0, 1.0, -1.0]) == 1
    with pytest.raises(ValueError, match="more than 40 blocks: 41"):
        permutation_p(np.ones(41))


def test_holm_is_that_of_statsmodels():
    names = {f"C{n}": p for n, p in enumerate(THEIRS["p"])}
    assert list(names) != sorted(names, key=names.get)
    adjusted = holm(names)
    assert [adjusted[name] for name in names] == pytest.approx(THEIRS["holm"])
    assert holm({}) == {}


def test_a_p_that_is_not_a_number_adjusts_no_other():
    p = {"a": 0.04, "many blocks": np.nan, "b": 0.01, "c": 0.03}
    adjusted = holm(p)
    assert np.isnan(adjusted.pop("many blocks"))
    assert adjusted == holm({name: p[name] for name in adjusted})
    assert adjusted == pytest.approx({"a": 0.06, "b": 0.03, "c": 0.06})
    assert np.isnan(list(holm({"x": np.nan}).values())).all()


def test_over_forty_blocks_have_cross_checks_without_a_p():
    effects = pd.DataFrame(np.ones((41, 2)))
    arms = {"a": effects + 1, "b": effects * 0}
    found = cross_check(Blocks(effects, arms, ()))
    assert found.iqm == 2 and np.isnan(found.p)


def test_blocks_without_two_arms_have_no_cross_check():
    effects = pd.DataFrame(np.ones((4, 2)))
    assert cross_check(Blocks(effects, {}, ())) is None
    arms = {"a": effects + 1, "b": effects * 0}
    found = cross_check(Blocks(effects, arms, ()))
    assert (found.iqm, found.improvement, found.p) == (2, 1, pytest.approx(2 / 16))
