"""What a reader of a figure is told, read off the figure."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.axes import Axes
from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D

from analysis.figures.comparisons import FIGURES, Block, left_out
from analysis.figures.curves import Curves, learning_curves
from analysis.figures.panels import Entry
from analysis.figures.paper import (
    NothingToDrawError,
    draw,
    figure_1,
    figure_2,
    figure_3,
)
from analysis.figures.style import COLOURS, DASHED, SPARSE, colour, dashes
from analysis.records.exchange import export_study
from analysis.records.labels import with_distinct_labels
from analysis.records.study import load_study
from tests.analysis.records_on_disk import config_of, write_run


def curves_of(results: Path) -> Curves:
    return learning_curves(load_study(results / "data", "atari"))


def curves_with(tmp_path: Path, *configs: dict) -> Curves:
    for config in configs:
        write_run(tmp_path / "runs", config, [(500, 1.0), (900, 2.0)])
    export_study(tmp_path / "runs", "atari", tmp_path / "data")
    return curves_of(tmp_path)


BOTH = ("a2c-naive", "a2c-proper")
NAIVE = config_of("a2c-naive")


def caption_of(figure: Figure) -> str:
    texts = [text.get_text() for part in figure.subfigs for text in part.texts]
    return " ".join(" ".join(texts).split())


def panels_of(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if axes.axison]


def legends(figure: Figure) -> list[str]:
    found = figure.findobj(Legend)
    return [text.get_text() for legend in found for text in legend.get_texts()]


def panels(figure: Figure) -> dict[str, Axes]:
    return {axes.get_title(): axes for axes in figure.axes if axes.axison}


def line(axes: Axes, label: str) -> Line2D:
    (found,) = [line for line in axes.lines if line.get_label() == label]
    return found


def test_the_legend_says_n_and_what_is_not_finished(small_study: Path) -> None:
    figure = figure_1(curves_of(small_study))
    assert legends(figure) == [
        "a2c-naive (n = 2)",
        "a2c-proper (n = 2; pale: 1 unfinished)",
    ]


def test_the_legend_says_what_was_resumed_inexactly(tmp_path: Path) -> None:
    marked = config_of(seed=1) | {"resumes": ["statistical resume at step 9: why"]}
    figure = figure_1(curves_with(tmp_path, NAIVE, config_of(seed=0), marked))
    assert legends(figure)[1] == "a2c-proper (n = 2; 1 resumed statistically)"


def test_the_mean_is_of_finished_runs_only(small_study: Path) -> None:
    axes = panels(figure_1(curves_of(small_study)))["Breakout"]
    proper = line(axes, "a2c-proper")
    # Seeds 0 and 1 score 9.7 and 15.4; the unfinished seed 2 is near 1500.
    assert proper.get_xdata()[-1] == pytest.approx(0.001)
    assert proper.get_ydata()[-1] == pytest.approx((9.7 + 15.4) / 2)


def test_an_unfinished_run_is_pale_and_thin(small_study: Path) -> None:
    axes = panels(figure_1(curves_of(small_study)))["Breakout"]
    pale = line(axes, "_halted")
    assert pale.get_alpha() < 0.5
    assert pale.get_linewidth() < line(axes, "a2c-proper").get_linewidth()
    assert pale.get_color() == COLOURS["a2c-proper"]


def test_the_band_is_one_standard_deviation(small_study: Path) -> None:
    axes = panels(figure_1(curves_of(small_study)))["Breakout"]
    bands = axes.findobj(FillBetweenPolyCollection)
    naive = bands[0].get_paths()[0].vertices
    last = sorted(y for x, y in naive if x == pytest.approx(0.001))
    sd = (11.4 - 5.7) / 2**0.5
    assert (last[-1] - last[0]) == pytest.approx(2 * sd)


def test_one_seed_has_no_band(tmp_path: Path) -> None:
    figure = figure_1(curves_with(tmp_path, NAIVE, config_of()))
    assert legends(figure) == ["a2c-naive (n = 1)", "a2c-proper (n = 1)"]
    assert not figure.findobj(FillBetweenPolyCollection)


def test_there_is_a_panel_per_game(tmp_path: Path) -> None:
    games = ("Pong", "Breakout", "Seaquest", "Qbert", "Enduro")
    configs = [config_of(arm, game) for arm in BOTH for game in games]
    figure = figure_1(curves_with(tmp_path, *configs))
    assert list(panels(figure)) == sorted(games)


def test_parts_draw_no_frame_whose_edge_is_nought_but_for_rounding(
    small_study: Path,
) -> None:
    # In the PDF it is "0" or "-0", by what was drawn before.
    figure = figure_1(curves_of(small_study))
    assert figure.subfigs
    assert not any(part.patch.get_visible() for part in figure.subfigs)


def test_n_that_differs_between_games_is_a_range(tmp_path: Path) -> None:
    places = [("Pong", 0), ("Breakout", 0), ("Breakout", 1)]
    configs = [config_of(arm, game, seed) for arm in BOTH for game, seed in places]
    figure = figure_1(curves_with(tmp_path, *configs))
    assert legends(figure) == ["a2c-naive (n = 1–2)", "a2c-proper (n = 1–2)"]


def test_a_legend_is_not_broken_within_its_n() -> None:
    entry = Entry("dqn-own", "k", "-", "dqn-own (n = 10, 2 of 12 unfinished)", 1.0)
    assert entry.lines(11) == ["dqn-own", "(n = 10, 2", "of 12", "unfinished)"]


def test_figure_2_has_one_step_above_five_step(tmp_path: Path) -> None:
    variants = ("dqn-hard", "dqn-soft-kl", "dqn-hard-5step")
    figure = figure_2(curves_with(tmp_path, *map(config_of, variants)))
    shown = [text.partition(" (")[0] for text in legends(figure)]
    # The one-step baseline is drawn again beside the five-step variants.
    assert shown == ["dqn-hard", "dqn-soft-kl", "dqn-hard-5step", "dqn-hard"]


def test_figure_3_dashes_the_large_value_weight(tmp_path: Path) -> None:
    curves = curves_with(tmp_path, config_of("q-a2c"), config_of("q-a2c-c100"))
    axes = panels(figure_3(curves))["Breakout"]
    assert line(axes, "q-a2c").get_linestyle() == "-"
    assert line(axes, "q-a2c-c100").get_linestyle() == "--"
    assert line(axes, "q-a2c").get_color() == line(axes, "q-a2c-c100").get_color()


def test_constants_are_dashed_and_soft_targets_are_not() -> None:
    """As in the theory's figures: their hues are near each other."""
    assert {dashes(f"dqn-soft-{kind}", 0) for kind in ("entropy", "kl")} == {"-"}
    constants = [dashes(f"dqn-hard-{kind}", 0) for kind in ("plus", "minus")]
    assert constants == [dashes("a2c-proper-c100", 0)] * 2


@pytest.mark.parametrize("what", ["c100", "t0.1"])
def test_of_arms_that_coincide_the_upper_one_leaves_more_than_it_hides(
    what: str,
) -> None:
    lower, upper = (dashes(f"{arm}-{what}", 0) for arm in ("a2c-proper", "q-a2c"))
    on, off = upper[1]
    assert off > on and upper != lower


def test_labels_of_one_variant_look_different(tmp_path: Path) -> None:
    curves = curves_with(tmp_path, NAIVE, config_of(), config_of(temperature=0.1))
    axes = panels(figure_1(curves))["Breakout"]
    plain, warm = line(axes, "a2c-proper"), line(axes, "a2c-proper (temperature=0.1)")
    assert plain.get_linestyle() != warm.get_linestyle()


@pytest.mark.parametrize(
    "block", [pytest.param(b, id=b.heading) for each in FIGURES.values() for b in each]
)
def test_no_two_lines_of_a_block_look_alike(block: Block) -> None:
    looks = [
        (colour(name), str(dashes(name, rank)))
        for name in block.variants
        for rank in (0, 1)
    ]
    assert len(set(looks)) == len(looks)
    assert set(block.variants) <= COLOURS.keys()
    assert COLOURS.keys() >= DASHED | SPARSE


@pytest.mark.parametrize(
    ("name", "papers", "beside"),
    [
        ("figure_1", ["a2c-naive", "a2c-proper"], ["a2c-proper-kl", "a2c-naive-plus"]),
        (
            "figure_3",
            ["a2c-proper", "q-a2c", "a2c-proper-c100", "q-a2c-c100"],
            ["q-a2c-raw", "a2c-proper-t0.1", "q-a2c-t0.1"],
        ),
    ],
)
def test_the_papers_own_arms_come_first_and_the_others_beside_them(
    tmp_path: Path, name: str, papers: list[str], beside: list[str]
) -> None:
    configs = [config_of(variant) for variant in [*reversed(beside), *papers]]
    figure = draw(curves_with(tmp_path, *configs), FIGURES[name])
    shown = [text.partition(" (")[0] for text in legends(figure)]
    assert shown == [*papers, *papers[:2], *beside]


def test_a_study_without_controls_has_no_row_for_them(tmp_path: Path) -> None:
    curves = curves_with(tmp_path, NAIVE, config_of())
    assert len(panels_of(figure_1(curves))) == 1
    assert not left_out(curves, FIGURES["figure_1"])


def test_one_arm_alone_is_no_comparison(tmp_path: Path) -> None:
    curves = curves_with(tmp_path, config_of(), config_of(temperature=0.1))
    missing = "Breakout: no finished run of a2c-naive beside a2c-proper"
    with pytest.raises(NothingToDrawError, match=missing):
        figure_1(curves)


def test_an_unfinished_run_makes_no_comparison(tmp_path: Path) -> None:
    write_run(tmp_path / "runs", NAIVE, [(500, 1.0)], "unfinished")
    with pytest.raises(NothingToDrawError, match="no finished run of a2c-naive"):
        figure_1(curves_with(tmp_path, config_of()))


def test_a_panel_with_one_arm_is_left_out_and_said(tmp_path: Path) -> None:
    curves = curves_with(tmp_path, NAIVE, config_of(), config_of(game="Pong"))
    assert list(panels(figure_1(curves))) == ["Breakout"]
    assert left_out(curves, FIGURES["figure_1"]) == [
        "Pong: no finished run of a2c-naive beside a2c-proper"
    ]


def test_what_stands_beside_alone_is_no_comparison_either(tmp_path: Path) -> None:
    """Two baselines, and a control that has not finished: no row of controls."""
    write_run(tmp_path / "runs", config_of("a2c-proper-kl"), [(500, 1.0)], "failed")
    curves = curves_with(tmp_path, NAIVE, config_of())
    assert len(panels_of(figure_1(curves))) == 1
    assert left_out(curves, FIGURES["figure_1"]) == [
        "Breakout: no finished run of a2c-proper-kl, a2c-naive-plus beside a2c-naive, "
        "a2c-proper"
    ]


def test_runs_of_two_numerics_share_no_line(tmp_path: Path) -> None:
    old, new = config_of(seed=0), config_of(seed=1) | {"numerics": 2}
    curves_with(tmp_path, NAIVE | {"numerics": 2}, old, new)
    study = with_distinct_labels(load_study(tmp_path / "data", "atari"))
    figure = figure_1(learning_curves(study, newest=3))
    assert legends(figure) == [
        "a2c-naive (n = 1)",
        "a2c-proper [numerics 1] (n = 1)",
        "a2c-proper [numerics 2] (n = 1)",
    ]
    assert (
        "version 1: a2c-proper [numerics 1]; version 2: a2c-naive, a2c-proper "
        "[numerics 2]; the newest data: version 3."
    ) in caption_of(figure)


def test_arms_that_are_not_shown_are_not_called_old(tmp_path: Path) -> None:
    new = [config_of(arm) | {"numerics": 2} for arm in BOTH]
    curves_with(tmp_path, config_of("q-a2c"), *new)
    curves = learning_curves(load_study(tmp_path / "data", "atari"), newest=2)
    assert "numerics" not in caption_of(figure_1(curves))
    assert "version 1: q-a2c;" in caption_of(figure_3(curves))


def test_a_figure_without_its_variants_is_not_drawn(small_study: Path) -> None:
    with pytest.raises(NothingToDrawError, match="dqn-hard"):
        figure_2(curves_of(small_study))


def test_a_run_without_a_finished_game_leaves_a_note(tmp_path: Path) -> None:
    for arm in BOTH:
        write_run(tmp_path / "runs", config_of(arm), [])
    export_study(tmp_path / "runs", "atari", tmp_path / "data")
    axes = panels(figure_1(curves_of(tmp_path)))["Breakout"]
    assert [text.get_text() for text in axes.texts] == ["no finished game"]


def test_the_caption_says_what_is_drawn(small_study: Path) -> None:
    caption = caption_of(figure_1(curves_of(small_study)))
    for words in (
        "last 100 full games",
        "long ago",
        "1 standard deviation",
        "in no mean",
        "atari",
    ):
        assert words in caption
