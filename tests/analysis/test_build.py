"""From data to files: complete, reproducible, harmless."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from analysis import build
from analysis.build import Built, draw_figures, write_report, write_tables
from analysis.records.errors import StudyNotFoundError
from analysis.records.exchange import export_study
from analysis.records.gaps import gaps
from analysis.records.study import Study, load_study
from tests.analysis.records_on_disk import config_of, write_run

BUILD = """
import sys
from pathlib import Path
from analysis.build import draw_figures, write_report, write_tables
for make in (draw_figures, write_tables, write_report):
    make(Path(sys.argv[1]))
"""
FOREIGN = ("torch", "stable_baselines3", "wandb", "algorithms", "benchmarks")
IMPORT_ALL = f"""
import importlib, pkgutil, sys
import analysis
for module in pkgutil.walk_packages(analysis.__path__, "analysis."):
    importlib.import_module(module.name)
print(sorted(set(sys.modules) & set({FOREIGN!r})))
"""
RECORDS_ONLY = """
import sys
import analysis.records.record
print(sorted(set(sys.modules) & {"matplotlib", "seaborn", "scipy", "jinja2"}))
"""


def run_python(code: str, *arguments: str) -> str:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def generated(results: Path) -> dict[str, bytes]:
    folders = [results / name for name in ("figures", "tables")]
    files = [path for folder in folders for path in folder.rglob("*.*")]
    files += results.glob("report*.html")
    return {str(path.relative_to(results)): path.read_bytes() for path in files}


def test_each_study_gets_its_files(small_study: Path) -> None:
    figures, tables = draw_figures(small_study), write_tables(small_study)
    report = write_report(small_study)
    drawn = [f"figures/atari/figure_1.{kind}" for kind in KINDS]
    drawn.append("figures/atari/figure_1_seeds.svg")  # two seeds: no interval
    assert relative(figures.paths, small_study) == drawn
    assert len(tables.paths) == 6
    assert relative(report.paths, small_study) == ["report.html"]
    assert all(path.stat().st_size for path in figures.paths + tables.paths)
    no_dqn, no_q = figures.notes
    assert no_dqn.startswith("atari: figure_2 is not drawn: no run of dqn-hard")
    assert no_q == (
        "atari: figure_3 is not drawn: Breakout: no finished run of q-a2c, "
        "a2c-proper-c100, q-a2c-c100 beside a2c-proper"
    )


def test_a_figure_that_the_data_no_longer_give_is_deleted(small_study: Path) -> None:
    old = small_study / "figures/atari/figure_3.pdf"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"of one arm alone")
    notes = draw_figures(small_study).notes
    assert not old.exists()
    assert f"{old}: the one drawn before is deleted" in notes


@pytest.mark.parametrize("make", [draw_figures, write_tables, write_report])
def test_an_unknown_study_is_refused_before_any_is_read(
    small_study: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[..., Built]
) -> None:
    read: list[str] = []

    def seen(data: Path, name: str) -> Study:
        read.append(name)
        return load_study(data, name)

    monkeypatch.setattr(build, "load_study", seen)
    with pytest.raises(StudyNotFoundError, match="no study 'foo'"):
        make(small_study, ["atari", "foo"])
    assert read == ["foo"]


def test_a_panel_that_is_left_out_is_said(small_study: Path, runs_dir: Path) -> None:
    write_run(runs_dir, config_of("a2c-naive", "Pong"), [(950, 1.0)])
    export_study(runs_dir, "atari", small_study / "data")
    lacks = "atari: figure_1 lacks Pong: no finished run of a2c-proper beside a2c-naive"
    assert lacks in draw_figures(small_study).notes


KINDS = ("png", "pdf")


def relative(paths: list[Path], results: Path) -> list[str]:
    return [str(path.relative_to(results)) for path in paths]


def test_two_processes_write_the_same_bytes(small_study: Path) -> None:
    run_python(BUILD, str(small_study))
    first = generated(small_study)
    for name in first:
        (small_study / name).unlink()
    run_python(BUILD, str(small_study))
    assert generated(small_study) == first
    assert len(first) == 3 + 6 + 1


def test_nothing_that_trains_is_imported() -> None:
    assert run_python(IMPORT_ALL).strip() == "[]"


def test_a_writer_of_records_loads_no_plotting_library() -> None:
    assert run_python(RECORDS_ONLY).strip() == "[]"


def test_what_was_made_under_older_numerics_is_marked(
    small_study: Path, runs_dir: Path
) -> None:
    write_run(runs_dir, config_of(study="new") | {"numerics": 2}, [(950, 1.0)])
    export_study(runs_dir, "new", small_study / "data")
    write_tables(small_study)
    note = (
        "Made under older numerics, which give other numbers for the same settings and "
        "seed: version 1: a2c-naive, a2c-proper; the newest data: version 2."
    )
    tables = small_study / "tables"
    for name in ("scores.md", "comparison.md"):
        assert f"\n\n**{note}**\n\n" in (tables / "atari" / name).read_text()
        assert "older numerics" not in (tables / "new" / name).read_text()
    for study, version in (("atari", 1), ("new", 2)):
        scores = pd.read_csv(tables / study / "scores.csv")
        assert scores["numerics"].unique().tolist() == [version]
    pages = [write_report(small_study, [name]).paths for name in ("atari", "new")]
    assert [note in page.read_text() for (page,) in pages] == [True, False]


def test_nothing_is_said_of_numerics_where_all_are_of_one_version(
    small_study: Path,
) -> None:
    write_tables(small_study)
    (report,) = write_report(small_study).paths
    texts = [path.read_text() for path in [report, *small_study.rglob("*.md")]]
    assert len(texts) == 4
    assert not any("older numerics" in text for text in texts)


def test_what_is_missing_is_named(small_study: Path) -> None:
    built = write_tables(small_study)
    assert built.gaps == [
        "atari: a2c-proper-breakout-s2-1000 is unfinished at 950 frames",
        "atari: a2c-naive on Breakout has no run of seed 2",
    ]


def test_a_tuning_study_has_its_choice_beside_its_scores(
    small_study: Path, runs_dir: Path, data_dir: Path
) -> None:
    for rate, top in ((0.001, 20.0), (0.002, 41.7)):
        config = config_of(
            "a2c-naive", seed=1000, study="try-rates", learning_rate=rate
        )
        write_run(runs_dir, config, [(100, 1.0), (950, top)])
    export_study(runs_dir, "try-rates", data_dir)
    built = relative(write_tables(small_study).paths, small_study)
    assert [path for path in built if "choice" in path] == [
        "tables/try-rates/choice.csv",
        "tables/try-rates/choice.md",
    ]
    text = (small_study / "tables/try-rates/choice.md").read_text()
    # Random play has 1.7 on Breakout, by the published scores.
    assert "| a2c-naive (learning_rate=0.001) | 20.0 (0.46) | 1 | 0.46 |  |" in text
    assert "older numerics" not in text


def test_a_choice_by_older_numerics_is_marked(
    small_study: Path, runs_dir: Path
) -> None:
    old = config_of("a2c-naive", seed=1000, study="try-rates")
    new = config_of("a2c-naive", study="new") | {"numerics": 2}
    for config in (old, new):
        write_run(runs_dir, config, [(950, 1.0)])
        export_study(runs_dir, config["study"], small_study / "data")
    write_tables(small_study)
    text = (small_study / "tables/try-rates/choice.md").read_text()
    assert "\n\n**Made under older numerics, which give other numbers" in text
    assert "version 1: a2c-naive; the newest data: version 2.**\n\n## a2c" in text


def test_games_that_lack_the_same_seeds_are_named_together(
    runs_dir: Path, data_dir: Path
) -> None:
    arms = [("a2c-naive", seed) for seed in range(4)] + [("a2c-proper", 0)]
    for game in ("Breakout", "Pong"):
        for variant, seed in arms:
            write_run(runs_dir, config_of(variant, game, seed=seed), [(950, 1.0)])
    write_run(runs_dir, config_of("q-a2c", "Pong", seed=3), [(950, 1.0)])
    export_study(runs_dir, "atari", data_dir)
    assert gaps(load_study(data_dir, "atari")) == [
        "atari: a2c-proper on Breakout, Pong has no run of seeds 1, 2, 3",
        "atari: q-a2c on Breakout has no run of seeds 0, 1, 2, 3",
        "atari: q-a2c on Pong has no run of seeds 0, 1, 2",
    ]


def test_a_study_with_every_run_is_complete(runs_dir: Path, data_dir: Path) -> None:
    arms = [("a2c-naive", 0), ("a2c-naive", 1), ("a2c-proper", 0), ("a2c-proper", 1)]
    # A family of its own has seeds of its own, and an extra option is no gap.
    extra = [config_of("dqn-hard", seed=7), config_of(seed=9, temperature=0.1)]
    for config in [*(config_of(variant, seed=seed) for variant, seed in arms), *extra]:
        write_run(runs_dir, config, [(950, 1.0)])
    export_study(runs_dir, "atari", data_dir)
    assert gaps(load_study(data_dir, "atari")) == []


@pytest.mark.parametrize("make", [draw_figures, write_tables, write_report])
def test_a_missing_study_is_one_error(small_study: Path, make) -> None:
    with pytest.raises(StudyNotFoundError, match="did you mean 'atari'"):
        make(small_study, ["atary"])


def test_no_study_at_all_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(StudyNotFoundError, match="benchmarks export"):
        draw_figures(tmp_path)
