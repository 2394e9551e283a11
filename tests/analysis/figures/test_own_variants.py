"""Variants that no figure of the paper has are drawn beside those that one has."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from matplotlib.colors import to_rgb

from algorithms import ALGORITHMS
from analysis.build import draw_figures
from analysis.figures.comparisons import FIGURES, OWN_FIGURE, PAPERS, figures_of
from analysis.figures.paper import draw
from analysis.figures.style import COLOURS, _luminance, colour, dashes
from tests.analysis.figures.test_figures import (
    NAIVE,
    curves_with,
    legends,
    line,
    panels_of,
)
from tests.analysis.records_on_disk import config_of

MINE = config_of("mine")


def test_the_papers_figures_have_every_variant_of_the_project():
    assert set(PAPERS) == set(ALGORITHMS)
    assert len(PAPERS) == len(set(PAPERS))


def test_an_own_variant_is_drawn_beside_the_arms_of_its_family(tmp_path: Path) -> None:
    others = config_of(), config_of("dqn-hard"), config_of("dqn-mine")
    curves = curves_with(tmp_path, MINE, NAIVE, *others)
    figure = draw(curves, figures_of(curves)[OWN_FIGURE])
    shown = [text.partition(" (")[0] for text in legends(figure)]
    assert shown == ["a2c-naive", "a2c-proper", "mine", "dqn-hard", "dqn-mine"]
    drawn = line(panels_of(figure)[0], "mine")
    assert drawn.get_color() == colour("mine") not in COLOURS.values()
    assert drawn.get_xydata()[-1].tolist() == [pytest.approx(0.001), 1.5]


def test_a_study_of_the_papers_arms_has_no_such_figure(tmp_path: Path) -> None:
    curves = curves_with(tmp_path, NAIVE, config_of())
    assert figures_of(curves) == FIGURES


def test_the_figure_comes_and_goes_with_its_data(tmp_path: Path) -> None:
    curves_with(tmp_path, MINE, NAIVE)
    path = tmp_path / f"figures/atari/{OWN_FIGURE}.png"
    assert path in draw_figures(tmp_path, ["atari"]).paths
    for folder in (tmp_path / "data/atari", *(tmp_path / "runs").glob("mine*")):
        shutil.rmtree(folder)
    curves_with(tmp_path, NAIVE, config_of())
    assert any(str(path) in note for note in draw_figures(tmp_path, ["atari"]).notes)
    assert not path.exists()


def test_a_name_keeps_its_colour_and_its_dashes():
    found = [colour(name) for name in ("mine", "munchausen-dqn")]
    assert found == ["#548b18", "#15794d"]
    assert dashes("mine", 0) == (0, (3, 1))
    assert dashes("mine", 0) != dashes("mine", 1) != dashes("mine", 2)


@pytest.mark.parametrize("name", [f"arm-{number}" for number in range(40)])
def test_every_own_colour_stands_out_from_light_and_from_dark(name: str) -> None:
    luminance = _luminance(to_rgb(colour(name)))
    assert 1.05 / (luminance + 0.05) >= 2.9  # from white
    assert (luminance + 0.05) / 0.058 >= 2.9  # from the page's dark side
    assert str(dashes(name, 0)) not in {
        str(dashes(known, rank)) for known in COLOURS for rank in range(3)
    }
