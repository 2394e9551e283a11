"""Figures as files beside the paper's: what they show, and where they are not drawn."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from analysis.build import draw_figures
from analysis.claims.judging import judge_all
from analysis.claims.scales import read_scales
from analysis.figures.claim_sheets import claim_files
from analysis.figures.curves import learning_curves
from analysis.figures.plot import Line, Plot
from analysis.figures.sheet import Part, Sheet, sheet_svg
from analysis.figures.study_sheets import study_sheets
from analysis.figures.svg import WIDTH
from tests.analysis.claims.planted import SHAPE, run_of, study_with
from tests.analysis.claims.test_judging import GAMES, planted, write_scales
from tests.analysis.report.conftest import EVIL, planted_results

SPACE = "{http://www.w3.org/2000/svg}"
ARMS = {"a2c-proper": 0.2, "q-a2c": 0.2}


def drawn(results: Path) -> set[str]:
    paths = [path for path in draw_figures(results).paths if path.suffix == ".svg"]
    return {str(path.relative_to(results / "figures")) for path in paths}


@pytest.fixture(scope="module")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ElementTree.Element]:
    results = planted_results(tmp_path_factory.mktemp("sheets") / "results", 6)
    return {
        name: ElementTree.fromstring((results / "figures" / name).read_bytes())
        for name in drawn(results)
    }


def said(sheet: ElementTree.Element) -> str:
    return " ".join(each.text or "" for each in sheet.iter(f"{SPACE}text"))


def nested(sheet: ElementTree.Element, kind: str) -> list[ElementTree.Element]:
    return [each for each in sheet.iter(f"{SPACE}svg") if each.get("class") == kind]


def plots(sheet: ElementTree.Element) -> list[ElementTree.Element]:
    return nested(sheet, "plot")


def test_there_is_a_file_of_all_that_the_data_suffice_for(sheets) -> None:
    kinds = ("seeds", "differences", "profile")
    expected = {f"minatar/figure_{n}_{kind}.svg" for n in (1, 3) for kind in kinds}
    expected |= {"claims_effects.svg", *(f"claims_C{n}.svg" for n in (1, 7, 9))}
    assert set(sheets) == expected


def test_every_seed_is_a_line_and_every_game_a_panel(sheets) -> None:
    sheet = sheets["minatar/figure_1_seeds.svg"]
    assert len(plots(sheet)) == 2 * 5  # the paper's arms, and the controls
    (group, *_) = [g for g in plots(sheet)[0] if g.get("class") == "line"]
    assert len(group) == 3 * 6  # three labels, one of them a script
    assert "a2c-naive (n = 6)" in said(sheet) and EVIL in said(sheet)


def test_intervals_say_what_they_are(sheets) -> None:
    for name, words in {
        "minatar/figure_1_differences.svg": "95 % anytime-valid t interval",
        "minatar/figure_1_profile.svg": "95 % stratified bootstrap interval",
        "claims_C1.svg": "95 % anytime-valid t interval",
        "claims_effects.svg": "95 % anytime-valid interval",
    }.items():
        assert words in said(sheets[name])


def test_effects_of_rates_and_of_curves_are_not_called_differences(sheets) -> None:
    caption = said(sheets["claims_effects.svg"])
    for words in ("of rates, the share of runs", "of whole curves, how much further"):
        assert words in caption


def test_a_profiles_legend_has_the_arms_that_it_draws(tmp_path: Path) -> None:
    """Two runs of a control give no line: it is in the legend of seeds alone."""
    arms = {"a2c-naive": 4, "a2c-proper": 4, "a2c-proper-kl": 4, "a2c-naive-plus": 2}
    runs = [
        run_of(arm, game, seed, SHAPE * (10 + seed))
        for arm, seeds in arms.items()
        for game in GAMES
        for seed in range(seeds)
    ]
    write_scales(tmp_path)
    study = study_with(runs)
    curves, scales = learning_curves(study), read_scales(tmp_path)
    found = study_sheets(study, curves, scales)
    seeds, profile = (found[f"figure_1_{kind}"] for kind in ("seeds", "profile"))
    labels = [
        [label for label, *_ in sheet.parts[1].marks] for sheet in (seeds, profile)
    ]
    assert labels == [[f"{arm} (n = {n})" for arm, n in arms.items()], labels[0][:3]]
    assert "fewer than 3" in profile.caption


def test_a_legend_of_differences_leaves_out_the_arm_that_is_their_zero(sheets) -> None:
    words = said(sheets["minatar/figure_1_differences.svg"])
    assert "a2c-proper (n = 6)" in words and "less a2c-naive" in words
    assert "a2c-naive (n = 6)" not in words


def test_the_forest_has_a_row_with_its_margin_for_each_effect(sheets) -> None:
    sheet = sheets["claims_effects.svg"]
    strips = [
        each for each in sheet.iter(f"{SPACE}svg") if each.get("class") == "strip"
    ]
    margins = [r for s in strips for r in s if r.get("class") == "margin"]
    assert len(strips) == len(margins) == len(re.findall(r"n = 6", said(sheet))) > 5
    assert "C1.final a2c-proper less a2c-naive, MinAtar" in said(sheet)
    assert "contradicted (−10 %)" in said(sheet)


def test_a_margin_of_one_side_is_shaded_on_that_side_alone(sheets) -> None:
    sheet = sheets["claims_effects.svg"]
    signs = re.findall(r"\((.)(?:elow )?[\d.]+ %\)", said(sheet))
    sides = {"−": (True, False), "+": (False, True), "±": (True, True)}
    for sign, drawn in zip(signs, nested(sheet, "strip"), strict=True):
        (margin,) = [each for each in drawn if each.get("class") == "margin"]
        left, width = (float(margin.get(key) or 0) for key in ("x", "width"))
        ends = left < 120, left + width > 120  # 0 is in the middle
        assert ends == sides["+" if sign == "b" else sign]
    assert set(signs) == {*sides, "b"}


def test_a_claims_sequence_ends_with_its_verdict(sheets) -> None:
    (plot,) = plots(sheets["claims_C1.svg"])
    assert any(each.get("class") == "margin" for each in plot)
    assert "C1: Entropy in the returns does no harm" in said(sheets["claims_C1.svg"])
    assert "After 6 blocks" in (plot[0].text or "")


@pytest.mark.parametrize(
    ("seeds", "kinds"),
    [(1, set()), (2, {"seeds"}), (4, {"seeds", "profile"})],
)
def test_what_has_too_few_seeds_is_not_drawn(tmp_path: Path, seeds, kinds) -> None:
    """Below five blocks only that of a rate is finite: each of its runs counts."""
    planted(tmp_path, ARMS, 5)
    assert {"claims_C1.svg", "minatar/figure_1_differences.svg"} <= drawn(tmp_path)
    planted(tmp_path, ARMS, seeds)
    found = {f"minatar/figure_{n}_{kind}.svg" for n in (1, 3) for kind in kinds}
    if seeds > 2:
        found |= {"claims_effects.svg", "claims_C9.svg"}
    assert drawn(tmp_path) == found
    there = {p.name for p in (tmp_path / "figures").rglob("*.svg")}
    assert there == {Path(name).name for name in found}


def test_no_effect_is_drawn_of_blocks_that_give_no_verdict(tmp_path: Path) -> None:
    planted(tmp_path, {"a2c-proper": 0.2}, 2)
    assert claim_files(judge_all(tmp_path)) == {}


def test_a_legend_that_is_too_long_goes_on_below() -> None:
    marks = [(f"an arm with a long name, number {n}", "#123456", "") for n in range(9)]
    plot = Plot("t", "s", "x", "y", [0.0, 1.0], [Line("a", "#123456", [0.0, 1.0])])
    sheet = ElementTree.fromstring(sheet_svg(Sheet([Part("h", marks, [plot])], "c")))
    places = [
        (float(each.get("x") or 0), float(each.get("y") or 0))
        for each in sheet.iter(f"{SPACE}text")
        if each.get("class") == "label"
    ]
    assert len(set(places)) == 9 and len({y for _, y in places}) > 2
    assert max(x for x, _ in places) < 2 * WIDTH
