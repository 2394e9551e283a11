"""Plots of pages: numbers, and their SVG."""

from __future__ import annotations

import re

import numpy as np
import pytest

from analysis.claims.sequences import interval
from analysis.figures.curve_plots import (
    Arm,
    difference_plot,
    learning_plot,
    seeds_plot,
)
from analysis.figures.plot import Band, Line, Plot
from analysis.figures.profiles import profile, profile_band, profile_plot
from analysis.figures.sequence_plots import Look, sequence_plot
from analysis.figures.svg import RIGHT, WIDTH, Frame, number, strip, svg, ticks

NAN = float("nan")
FRAMES = np.arange(1, 11) / 10


def arm(label: str, seeds: tuple[int, ...], level: float = 0.0) -> Arm:
    draw = np.random.default_rng(ord(label))
    values = level + draw.normal(size=(len(seeds), len(FRAMES)))
    return Arm(label, "#123456", "", seeds, values)


def plot(y: list[float], **more: object) -> Plot:
    line = Line("a", "currentColor", y)
    return Plot("t", "s", "x", "y", list(range(len(y))), [line], **more)


def paths(drawing: str, group: str) -> list[str]:
    inside = re.search(f'<g class="{group}">(.*?)</g>', drawing)
    assert inside
    return re.findall(r' d="(.*?)"', inside[1])


def test_a_line_goes_where_its_values_are() -> None:
    drawn = plot([0.0, 1.0, 0.0])
    frame = Frame.of(drawn)
    (path,) = paths(svg(drawn), "line")
    x, y = frame.x([0, 1]), frame.y([0, 1])
    start, step = (x[0], y[0]), (x[1] - x[0], y[1] - y[0])
    numbers = [int(n) for n in re.findall(r"-?\d+", path)]
    assert numbers == pytest.approx([*start, *step, step[0], -step[1]], abs=1)


def test_a_line_breaks_where_there_is_no_value() -> None:
    (path,) = paths(svg(plot([0.0, 1.0, NAN, 2.0, 3.0, NAN, 1.0])), "line")
    assert path.count("M") == 3
    assert path.endswith("h0")  # a lone value is a dot


def test_a_plot_without_any_value_is_drawn_all_the_same() -> None:
    assert "NaN" not in svg(plot([NAN, NAN])) and "nan" not in svg(plot([NAN]))


def test_a_band_without_an_end_is_not_drawn() -> None:
    band = Band("b", "#fff", [NAN, 0.0, 0.0], [NAN, 1.0, 1.0])
    (path,) = paths(svg(plot([0.0, 0.0, 0.0], bands=[band])), "band")
    assert path.count("z") == 1


def test_a_lone_interval_is_a_whisker_since_an_area_would_have_no_width() -> None:
    band = Band("b", "#fff", [NAN, NAN, -1.0], [NAN, NAN, 1.0])
    drawn = plot([0.0, 0.0, 0.0], bands=[band])
    area, whisker = paths(svg(drawn), "band")
    low, high = Frame.of(drawn).y([-1.0, 1.0]).round().astype(int)
    assert area == ""
    assert whisker.startswith(f"M{WIDTH - RIGHT} {low}V{high}M")
    assert whisker.count("h8") == 2  # its caps
    whole = Band("b", "#fff", [0.0, 0.0, -1.0], [1.0, 1.0, 1.0])
    assert "whisker" not in svg(plot([0.0, 0.0, 0.0], bands=[whole]))


@pytest.mark.parametrize("value", [-100.0, -1000.0])
def test_numbers_of_an_axis_are_beside_its_label(value: float) -> None:
    digit, baseline, descent = 7, 11, 3  # of text of 11 px, at most
    drawn = svg(plot([value, 0.0]))
    assert f"translate({baseline} " in drawn
    (end,) = re.findall(f'<text x="(\\d+)" y="\\d+">{number(value)}<', drawn)
    assert int(end) - digit * len(number(value)) >= baseline + descent


def test_names_are_escaped_and_values_that_are_none_are_null() -> None:
    evil = Plot("<b>", "<i>", "<u>", "<s>", [0], [Line("<p>", '"><p>', [np.inf])])
    assert not re.search("<[bpusi]>", svg(evil))
    assert evil.to_json()["lines"][0]["y"] == [None]


def test_learning_plots_have_a_band_where_there_are_two_runs() -> None:
    drawn = learning_plot("Pong", FRAMES, [arm("a", (0, 1)), arm("b", (0,))], 5)
    assert [line.label for line in drawn.lines] == ["a (n = 2)", "b (n = 1)"]
    (band,) = drawn.bands
    assert band.label == "a"
    values = arm("a", (0, 1)).values[:, -1]
    assert drawn.lines[0].y[-1] == pytest.approx(values.mean())
    assert band.high[-1] == pytest.approx(values.mean() + values.std(ddof=1))


@pytest.mark.parametrize("draw", [learning_plot, seeds_plot, difference_plot])
def test_a_plot_ends_where_its_longest_arm_does(draw) -> None:
    """Other arms of the game, which it does not show, may go on."""
    short, shorter = arm("a", (0, 1)), arm("b", (0, 1))
    short.values[:, 6:] = NAN
    shorter.values[:, 4:] = NAN
    drawn = draw("Pong", FRAMES, [short, shorter], 100)
    assert drawn.x == pytest.approx(FRAMES[:6])
    assert {len(line.y) for line in drawn.lines} == {6}


def test_counts_have_no_ticks_between_them() -> None:
    looks = [Look(n, 0.1, (0.0, 0.2), (0.0, 0.2)) for n in (3, 4, 5)]
    drawn = svg(sequence_plot("C1", looks, (-0.1, 0.1), 0.05, "effect, %"))
    inside = re.search('<g class="mid">(.*?)</g>', drawn)
    assert inside
    assert re.findall(r">([\d.]+)</text>", inside[1]) == ["3", "4", "5"]
    assert 3.5 in ticks(3.0, 5.0)


def test_differences_are_of_seeds_that_both_arms_have() -> None:
    first, other = arm("a", (0, 1, 2, 3, 4, 9)), arm("b", (0, 1, 2, 3, 4, 5), 1.0)
    drawn = difference_plot("Pong", FRAMES, [first, other], 10)
    assert drawn is not None
    assert drawn.lines[0].label == "b (blocks: 5)"
    found = interval(other.values[:5, -1] - first.values[:5, -1], 0.95)
    (band,) = drawn.bands
    assert (band.low[-1], band.high[-1]) == pytest.approx((found.low, found.high))


def test_differences_without_a_finite_interval_have_none() -> None:
    seeds = (0, 1, 2, 3)
    drawn = difference_plot("Pong", FRAMES, [arm("a", seeds), arm("b", seeds)], 10)
    assert drawn is not None and not drawn.bands
    alone = [arm("a", (0,)), arm("b", (1,))]
    assert difference_plot("Pong", FRAMES, alone, 10) is None


def test_profiles_are_shares_of_runs_by_game() -> None:
    scores = {"x": np.array([1.0, 3.0]), "y": np.array([1.0, 1.0, 1.0, 3.0])}
    shares = profile(scores, np.array([0.0, 1.0, 2.0, 3.0]))
    assert shares.tolist() == [1.0, 0.375, 0.375, 0.0]


def test_bands_of_profiles_are_of_a_stratified_bootstrap() -> None:
    """A share of half among ten runs: a binomial's quantiles, over ten."""
    values = np.array([0.0] * 5 + [1.0] * 5)
    low, high = profile_band({"x": values}, np.array([-1.0, 0.0, 2.0]))
    assert low[0] == high[0] == 1 and low[2] == high[2] == 0
    assert (low[1], high[1]) == pytest.approx((0.2, 0.8), abs=0.05)


def test_a_profile_needs_two_arms_with_three_runs_a_game() -> None:
    few, enough = {"x": np.ones(2)}, {"x": np.arange(3.0)}
    arms = [("a", "a2c-naive", enough), ("b", "a2c-proper", few)]
    assert profile_plot("p", arms, "u") is None
    drawn = profile_plot("p", [*arms, ("c", "q-a2c", enough)], "u")
    assert drawn is not None and len(drawn.lines) == 2


def test_a_sequence_has_no_band_while_no_interval_is_finite() -> None:
    inf = float("inf")
    looks = [Look(3, 0.1, (-inf, inf), (-inf, inf)), Look(4, 0.2, (0, 0.4), (0.1, 0.3))]
    drawn = sequence_plot("C1", looks, (-0.1, 0.1), 0.05, "effect, %")
    (band,) = drawn.bands
    assert drawn.to_json()["bands"][0]["low"] == [None, 0]
    assert band.label == "95 % interval" and band.high[1] == 40
    assert drawn.span == (-10, 10)


def test_a_strip_cuts_off_what_is_beyond_its_axis() -> None:
    drawn = strip(0.3, (-9.0, 0.5), (0.1, 0.4), (-0.1, 0.1), 1.0)
    assert 'class="wide" d="M0.0 12H180.0"' in drawn
    assert drawn.count("v10") == 1  # a cap on the one end that is there
    assert "circle" not in strip(2.0, (1.5, 2.5), (1.6, 2.4), (-0.1, 0.1), 1.0)
