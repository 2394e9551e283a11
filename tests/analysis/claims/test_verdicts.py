"""Verdicts on planted data, and that every statement is of the right side."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.claims.sequences import half_width
from analysis.claims.verdicts import RULES, decisions, judge_blocks, least_blocks
from analysis.claims.words import per_cent

MARGIN = 0.1


def blocks(mean: float, n: int = 20, sd: float = 0.05, seed: int = 0) -> np.ndarray:
    """Blocks whose average and deviation are exactly those."""
    draws = np.random.default_rng(seed).normal(size=n)
    return mean + sd * (draws - draws.mean()) / draws.std(ddof=1)


@pytest.mark.parametrize(
    ("kind", "effect", "verdict"),
    [
        ("superiority", 0.2, "supported"),
        ("superiority", 0.0, "contradicted"),
        ("superiority", -0.2, "contradicted"),
        ("superiority", 0.06, "supported"),  # by less than the margin
        ("inferiority", -0.2, "supported"),
        ("inferiority", 0.0, "contradicted"),
        ("inferiority", 0.2, "contradicted"),
        ("non-inferiority", 0.2, "supported"),
        ("non-inferiority", 0.0, "supported"),
        ("non-inferiority", -0.06, "supported"),
        ("non-inferiority", -0.2, "contradicted"),
        ("non-inferiority", -0.1, "undecided"),
        ("equivalence", 0.0, "supported"),
        ("equivalence", 0.06, "supported"),
        ("equivalence", 0.1, "undecided"),
        ("equivalence", 0.2, "contradicted"),
        ("equivalence", -0.2, "contradicted"),
        ("difference", 0.2, "supported"),
        ("difference", -0.2, "supported"),
        ("difference", 0.0, "contradicted"),
    ],
)
def test_verdicts_on_planted_effects(kind, effect, verdict):
    assert judge_blocks(blocks(effect), kind, MARGIN).verdict == verdict


@pytest.mark.parametrize(
    ("kind", "effect", "least"),
    [
        ("superiority", 5.0, 5),
        ("inferiority", -5.0, 5),
        ("difference", 5.0, 5),
        ("non-inferiority", 5.0, 4),
        ("equivalence", 0.0, 4),
    ],
)
def test_fewer_blocks_than_the_least_support_nothing(kind, effect, least):
    """Blocks that are nearly alike, far on the right side."""
    verdicts = [
        judge_blocks(blocks(effect, n, 1e-6), kind, MARGIN).verdict for n in range(3, 7)
    ]
    assert verdicts.index("supported") + 3 == least == least_blocks(kind)


@pytest.mark.parametrize(
    ("effect", "relation"),
    [
        (0.0, "equivalent"),
        (0.2, "different"),
        (-0.2, "different"),
        (0.06, "different, within the margin"),
        (0.1, "different"),
    ],
)
def test_relations_of_planted_effects(effect, relation):
    assert judge_blocks(blocks(effect), "equivalence", MARGIN).relation == relation


def test_what_is_open_stays_open():
    noisy = judge_blocks(blocks(0.02, n=6, sd=0.3), "equivalence", MARGIN)
    assert (noisy.verdict, noisy.relation) == ("undecided", "open")
    assert noisy.missing > 100


@pytest.mark.parametrize("kind", RULES)
def test_two_blocks_give_no_verdict(kind):
    with pytest.raises(ValueError, match="fewer than 3 blocks: 2"):
        judge_blocks([0.1, 0.2], kind, MARGIN)


@pytest.mark.parametrize("kind", RULES)
def test_three_blocks_are_never_enough(kind):
    found = judge_blocks([0.2, 0.2001, 0.2002], kind, MARGIN)
    assert found.verdict == "undecided"
    assert found.missing is not None


@pytest.mark.parametrize("margin", [0, -0.1, float("nan"), float("inf")])
def test_a_margin_is_a_number_above_0(margin):
    with pytest.raises(ValueError, match="margin: expected a number above 0"):
        judge_blocks(blocks(0), "equivalence", margin)


@pytest.mark.parametrize(
    ("kind", "effect", "sign"),
    [
        ("equivalence", 0.03, 1),
        ("equivalence", -0.03, 1),
        ("non-inferiority", 0.02, 1),
        ("inferiority", 0.02, -1),
        ("superiority", 0.02, -1),
    ],
)
def test_the_smallest_margin_is_where_the_verdict_turns(kind, effect, sign):
    """Just above it the arms are equivalent, or not inferior; just below, not."""
    data = blocks(effect)
    turn = judge_blocks(data, kind, MARGIN).smallest_margin
    below, above = (
        judge_blocks(data, kind, turn + step).verdict for step in (-1e-9, 1e-9)
    )
    assert above == ("supported" if sign > 0 else "contradicted")
    assert below != above


def test_missing_blocks_are_those_that_decide_at_the_same_mean_and_deviation():
    found = judge_blocks(blocks(0.01, n=8, sd=0.12), "equivalence", MARGIN)
    assert found.verdict == "undecided"
    enough = found.n + found.missing
    assert judge_blocks(blocks(0.01, enough, 0.12), "equivalence", MARGIN).missing == 0
    short = judge_blocks(blocks(0.01, enough - 1, 0.12), "equivalence", MARGIN)
    assert short.verdict == "undecided"


@pytest.mark.parametrize(
    ("effect", "verdict"),
    [(0.0, "supported"), (0.2, "contradicted"), (MARGIN, "undecided")],
)
def test_over_a_thousand_blocks_are_judged_too(effect, verdict):
    found = judge_blocks(blocks(effect, 1001), "equivalence", MARGIN)
    assert found.verdict == verdict
    assert found.missing == (None if verdict == "undecided" else 0)


def test_up_to_a_thousand_blocks_are_said_to_be_missing():
    """However many there are."""
    found = judge_blocks(blocks(0.09, 900, 0.12), "equivalence", MARGIN)
    assert found.missing is not None
    enough = found.n + found.missing
    assert 1000 < enough <= found.n + 1000
    assert judge_blocks(blocks(0.09, enough, 0.12), "equivalence", MARGIN).missing == 0


def test_no_number_of_blocks_decides_an_effect_at_the_margin():
    assert judge_blocks(blocks(MARGIN), "equivalence", MARGIN).missing is None


def test_where_any_of_two_contradicts_each_has_half_of_the_chance():
    """The bound against the claim moves out; that for it stays."""
    data = blocks(0.1785, n=8)
    assert judge_blocks(data, "equivalence", MARGIN).verdict == "contradicted"
    assert judge_blocks(data, "equivalence", MARGIN, among=2).verdict == "undecided"
    data = blocks(0.05, n=8, sd=0.03)
    one, two = (
        judge_blocks(data, "equivalence", MARGIN, among=among) for among in (1, 2)
    )
    assert one.verdict == two.verdict == "supported"


@pytest.mark.parametrize("among", [1, 2, 3])
@pytest.mark.parametrize("kind", RULES)
def test_what_contradicts_is_read_off_the_interval_that_is_said_to(kind, among):
    """One end of it crosses a bound where the verdict turns; all three are shown."""
    for effect in np.linspace(-0.3, 0.3, 121):
        found = judge_blocks(blocks(effect, 8), kind, MARGIN, among=among)
        low, high = found.contradicts.low, found.contradicts.high
        against = {
            "superiority": high < MARGIN,
            "inferiority": low > -MARGIN,
            "non-inferiority": high < -MARGIN,
            "equivalence": low > MARGIN or high < -MARGIN,
            "difference": low > -MARGIN and high < MARGIN,
        }[kind]
        expected = against and found.verdict != "supported"
        assert (found.verdict == "contradicted") == expected
        shown = {found.wide, found.narrow, found.contradicts}
        assert set(found.intervals) == shown
        assert len(found.intervals) == len(shown)


@pytest.mark.parametrize(
    ("kind", "among", "levels"),
    [
        ("equivalence", 1, [0.95, 0.9]),
        ("equivalence", 2, [0.95, 0.9, 0.975]),
        ("inferiority", 2, [0.95, 0.9]),
        ("inferiority", 4, [0.95, 0.9, 0.975]),
    ],
)
def test_a_third_interval_is_shown_where_it_is_another(kind, among, levels):
    found = judge_blocks(blocks(0.1), kind, MARGIN, among=among)
    assert [each.level for each in found.intervals] == pytest.approx(levels)


@pytest.mark.parametrize("sd", [0.02, 0.1])
@pytest.mark.parametrize("kind", RULES)
def test_many_studies_are_decided_as_one_by_one(kind, sd):
    many = np.random.default_rng(3).normal(0.05, sd, (200, 12))
    mean, sd = many.mean(1), many.std(1, ddof=1)
    for_it, against_it = decisions(12, mean, sd, kind, MARGIN)
    verdicts = [judge_blocks(each, kind, MARGIN).verdict for each in many]
    assert [v == "supported" for v in verdicts] == list(for_it)
    assert [v == "contradicted" for v in verdicts] == list(against_it)


def test_no_minus_stands_before_a_nought():
    assert [per_cent(x) for x in (-1e-5, 1e-5, -0.0006)] == [
        "+0.0 %",
        "+0.0 %",
        "−0.1 %",
    ]


WIDE, NARROW = (float(half_width(8, 0.05, alpha)) for alpha in (0.05, 0.1))


@pytest.mark.parametrize(
    ("kind", "sign"), [("non-inferiority", -1), ("equivalence", -1), ("equivalence", 1)]
)
def test_that_an_effect_is_beyond_a_margin_is_shown_by_the_wide_interval(kind, sign):
    between = MARGIN + (WIDE + NARROW) / 2
    found = judge_blocks(blocks(sign * between, 8), kind, MARGIN)
    assert found.verdict == "undecided"


@pytest.mark.parametrize("sign", [1, -1])
def test_that_there_is_a_difference_is_shown_by_the_wide_interval(sign):
    between = (WIDE + NARROW) / 2
    found = judge_blocks(blocks(sign * between, 8), "equivalence", 0.01)
    assert found.relation == "open"


@pytest.mark.parametrize(("sd", "is_said"), [(0.8, True), (1.0, False)])
def test_no_more_than_a_thousand_blocks_are_said_to_be_missing(sd, is_said):
    missing = judge_blocks(blocks(0.0, 6, sd), "equivalence", MARGIN).missing
    assert (missing is not None) == is_said
    if missing is not None:
        assert 600 < missing + 6 <= 1000
