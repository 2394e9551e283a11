"""What a reader of a figure is told, read off the figure."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.axes import Axes
from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from records_on_disk import config_of, write_run

from analysis.curves import Curves, learning_curves
from analysis.exchange import export_study
from analysis.figures import (
    FIVE_STEP,
    ONE_STEP,
    NothingToDrawError,
    figure_1,
    figure_2,
    figure_3,
)
from analysis.study import load_study
from analysis.style import COLOURS, DASHED, colour, dashes


def curves_of(results: Path) -> Curves:
    return learning_curves(load_study(results / "data", "atari"))


def curves_with(tmp_path: Path, *configs: dict) -> Curves:
    for config in configs:
        write_run(tmp_path / "runs", config, [(500, 1.0), (900, 2.0)])
    export_study(tmp_path / "runs", "atari", tmp_path / "data")
    return curves_of(tmp_path)


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
    figure = figure_1(curves_with(tmp_path, config_of(seed=0), marked))
    assert legends(figure) == ["a2c-proper (n = 2; 1 resumed statistically)"]


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
    figure = figure_1(curves_with(tmp_path, config_of()))
    assert legends(figure) == ["a2c-proper (n = 1)"]
    assert not figure.findobj(FillBetweenPolyCollection)


def test_there_is_a_panel_per_game(tmp_path: Path) -> None:
    games = ("Pong", "Breakout", "Seaquest", "Qbert", "Enduro")
    figure = figure_1(curves_with(tmp_path, *[config_of(game=game) for game in games]))
    assert list(panels(figure)) == sorted(games)


def test_n_that_differs_between_games_is_a_range(tmp_path: Path) -> None:
    places = [("Pong", 0), ("Breakout", 0), ("Breakout", 1)]
    configs = [config_of(game=game, seed=seed) for game, seed in places]
    assert legends(figure_1(curves_with(tmp_path, *configs))) == [
        "a2c-proper (n = 1–2)"
    ]


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


def test_labels_of_one_variant_look_different(tmp_path: Path) -> None:
    curves = curves_with(tmp_path, config_of(), config_of(temperature=0.1))
    axes = panels(figure_1(curves))["Breakout"]
    plain, warm = line(axes, "a2c-proper"), line(axes, "a2c-proper (temperature=0.1)")
    assert plain.get_linestyle() != warm.get_linestyle()


@pytest.mark.parametrize(
    "together",
    [
        ("a2c-naive", "a2c-proper"),
        ONE_STEP,
        (*FIVE_STEP, "dqn-hard"),
        ("a2c-proper", "q-a2c", "a2c-proper-c100", "q-a2c-c100"),
    ],
)
def test_no_two_lines_of_a_block_look_alike(together: tuple[str, ...]) -> None:
    looks = [
        (colour(name), str(dashes(name, rank))) for name in together for rank in (0, 1)
    ]
    assert len(set(looks)) == len(looks)
    assert set(together) <= COLOURS.keys()
    assert COLOURS.keys() >= DASHED


def test_a_figure_without_its_variants_is_not_drawn(small_study: Path) -> None:
    with pytest.raises(NothingToDrawError, match="dqn-hard"):
        figure_2(curves_of(small_study))


def test_a_run_without_a_finished_game_leaves_a_note(tmp_path: Path) -> None:
    write_run(tmp_path / "runs", config_of(), [])
    export_study(tmp_path / "runs", "atari", tmp_path / "data")
    axes = panels(figure_1(curves_of(tmp_path)))["Breakout"]
    assert [text.get_text() for text in axes.texts] == ["no finished game"]


def test_the_caption_says_what_is_drawn(small_study: Path) -> None:
    figure = figure_1(curves_of(small_study))
    caption = " ".join(text for part in figure.subfigs for text in _texts(part))
    for words in ("last 100 full games", "1 standard deviation", "in no mean", "atari"):
        assert words in caption.replace("\n", " ")


def _texts(part: Figure) -> list[str]:
    return [text.get_text() for text in part.texts]
