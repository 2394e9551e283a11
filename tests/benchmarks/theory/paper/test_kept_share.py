"""The share of its constant that soft entropy keeps: by hand, and red rows."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from algorithms.entropy import soft_value
from benchmarks.theory.paper import kept_share
from benchmarks.theory.paper.kept_share import predicted_share, with_gap
from benchmarks.theory.paper.structures import STRUCTURES

COPIED = ("A=3 twice", "A=6 three times")


def passed(check):
    return [row.passed for row in check()]


@pytest.mark.parametrize(
    ("q", "share"),
    [
        ([0.0, 0.0], 1.0),
        ([0.0, -0.1], math.log(1 + math.exp(-1)) / math.log(2)),
        ([0.0, 0.0, -100.0, -100.0], 0.5),  # two of four
        ([1e4, 0.0], 0.0),
    ],
)
def test_the_share_by_hand(q, share):
    values = torch.tensor(q, dtype=torch.float64)
    assert float(kept_share.kept_share(values, 0.1)) == pytest.approx(share, abs=1e-12)


def test_actions_alike_keep_all_and_copies_their_part():
    for kinds, copies in STRUCTURES.values():
        assert float(predicted_share(0.0, kinds, copies)) == pytest.approx(1)
        least = math.log(copies) / math.log(kinds * copies)
        assert float(predicted_share(1e3, kinds, copies)) == pytest.approx(least)


@given(
    gap=st.floats(0, 20),
    tau=st.floats(0.01, 10),
    kinds=st.integers(2, 8),
    copies=st.integers(1, 4),
)
def test_the_formula_is_what_the_targets_keep(gap, tau, kinds, copies):
    q = with_gap(gap * tau, kinds, copies)
    predicted = predicted_share(gap, kinds, copies)
    torch.testing.assert_close(
        kept_share.kept_share(q, tau), predicted, rtol=0, atol=1e-10
    )


@pytest.fixture
def value_of_the_other_form(monkeypatch):
    """Eq. 82's value for Eq. 83's: less tau log A."""
    kept_share.kept.cache_clear()
    monkeypatch.setattr(
        kept_share,
        "soft_value",
        lambda q, tau: soft_value(q, tau) - tau * math.log(q.shape[-1]),
    )
    yield
    kept_share.kept.cache_clear()


@pytest.mark.usefixtures("value_of_the_other_form")
@pytest.mark.parametrize(
    "check",
    [kept_share.share_of_a_gap, kept_share.share_kept_in_games],
    ids=lambda check: check.name,
)
def test_the_kl_value_for_the_entropy_value_turns_every_row_red(check):
    assert not any(passed(check))


def test_copies_that_are_forgotten_are_seen(monkeypatch):
    genuine = kept_share.predicted_share
    monkeypatch.setattr(
        kept_share, "predicted_share", lambda gap, kinds, _: genuine(gap, kinds, 1)
    )
    for check in (kept_share.share_of_a_gap, kept_share.share_kept_in_games):
        copied = [row for row in check() if row.parameters.startswith(COPIED)]
        assert len(copied) == 8
        assert not any(row.passed for row in copied)


@pytest.mark.parametrize(
    ("arm", "expected"), [("hard", "differs"), ("hard + const", "holds")]
)
def test_another_arm_for_entropy_turns_the_rows_red(monkeypatch, arm, expected):
    """One that has none of the effect, and one that has all of it."""
    genuine = kept_share.played
    monkeypatch.setattr(
        kept_share,
        "played",
        lambda *key: {**genuine(*key), "soft entropy": genuine(*key)[arm]},
    )
    rows = kept_share.effect_of_what_is_kept()
    wrong = [row for row in rows if row.expected == expected]
    assert wrong and not any(row.passed for row in wrong)
