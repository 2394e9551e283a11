"""The list of checks, the tables they make and the command that runs them."""

import math
import re
from pathlib import Path

import pandas as pd
import pytest
import torch

from analysis.figures.sketch import Sketch, subplots
from analysis.figures.style import figure_style
from analysis.findings.theory import Findings, draw, load_findings
from analysis.records.csvs import csv_bytes
from analysis.records.errors import RecordError
from analysis.records.files import write_atomically
from analysis.records.theory import FOLDER
from analysis.tables.markdown import markdown_table
from benchmarks.theory import checks
from benchmarks.theory.__main__ import main
from benchmarks.theory.checks import Check, run, select
from benchmarks.theory.report import as_written, errata_table, written_error
from benchmarks.theory.rows import (
    COLUMNS,
    differs,
    fails_as_printed,
    holds,
    relative_error,
    worst,
)

torch.set_num_threads(1)
checks.load()


@pytest.mark.parametrize("check", select(), ids=lambda check: check.name)
def test_every_check_comes_out_as_expected(check: Check) -> None:
    rows = check()
    assert rows
    assert [row for row in rows if not row.passed] == []
    said = [(row.statement, row.parameters, row.expected) for row in rows]
    assert len(set(said)) == len(said), "two rows cannot be told apart"
    assert all(row.check and row.section and row.equation for row in rows)


@pytest.mark.parametrize("name", checks.PICTURES)
def test_every_figure_has_units_and_a_caption(name: str) -> None:
    with figure_style():
        figure = draw(checks.PICTURES[name].sketched())
    labelled = [axes for axes in figure.axes if axes.get_xlabel()]
    assert labelled
    for axes in labelled:
        label = axes.get_xlabel()
        assert "(" in label or label.startswith("number of"), f"{label}: no unit"
    caption = figure.texts[-1].get_text().replace("\n", " ")
    assert caption == checks.PICTURES[name].caption


def test_docstrings_send_to_modules_that_are_there() -> None:
    """By their last name alone, as a package is never called."""
    folder = Path(checks.__file__).parent
    modules = {path.stem for path in folder.rglob("*.py")}
    texts = [path.read_text() for path in folder.rglob("*.py")]
    named = {name for text in texts for name in re.findall(r":mod:`(\w+)`", text)}
    assert named - {"algorithms"} <= modules


def test_verdicts() -> None:
    assert holds("a", 1e-12).passed
    assert not holds("a", 1e-8).passed
    assert fails_as_printed("a", 0.5).passed
    assert not fails_as_printed("a", 1e-15).passed
    assert not differs("a", 1e-15).passed
    for row in (holds("a", math.nan), fails_as_printed("a", math.nan)):
        assert row.verdict == "FAIL"


def test_rows_that_share_a_line_show_the_worst() -> None:
    rows = [
        maker("a", error, tau=1, reference=name)
        for maker in (holds, fails_as_printed)
        for name, error in (("none (entropy)", 0.1), ("uniform", 0.2))
    ]
    first, second = worst(rows, "reference")
    assert (first.parameters, first.error) == ("tau=1, reference=all 2", 0.2)
    assert second.error == 0.1
    bad = worst([holds("a", math.nan, reference="x"), rows[0]], "reference")
    assert any(math.isnan(row.error) for row in bad)


def test_relative_error() -> None:
    assert relative_error(torch.tensor([1.0, 2.2]), torch.tensor([1.0, 2.0])) == (
        pytest.approx(0.1)
    )
    assert relative_error(torch.zeros(2), torch.zeros(2)) == 0
    assert math.isnan(relative_error(torch.tensor([math.nan]), torch.ones(1)))


@pytest.mark.parametrize(
    ("error", "expected", "written"),
    [
        (3.1e-16, "holds", "1e-12"),
        (0.0, "holds", "1e-12"),
        (2.3e-11, "holds", "1e-10"),
        (1e-3, "holds", "1e-03"),
        (0.12345, "fails as printed", "0.12"),
        (math.nan, "holds", "nan"),
    ],
)
def test_errors_are_written_without_their_last_bits(
    error: float, expected: str, written: str
) -> None:
    assert written_error(error, expected) == written


def test_a_selection_by_part_or_pattern() -> None:
    assert {each.name.split(".")[0] for each in select("bandits")} == {"bandits"}
    assert [each.name for each in select("*.eq_82")] == ["errata_values.eq_82"]
    with pytest.raises(ValueError, match="no check matches 'no-such-check'"):
        select("no-such-check")


def test_tables_have_the_same_bytes_each_time() -> None:
    first, second = (as_written(run("errata_values.eq_1*")) for _ in range(2))
    assert csv_bytes(first) == csv_bytes(second)
    assert list(first.columns) == COLUMNS
    assert markdown_table(first).count("\n") == len(first) + 2


def test_the_errata_have_one_line_each() -> None:
    table = errata_table(run("errata_values.eq_8*"))
    assert table["equation"].tolist() == ["82", "83", "87"]
    assert table["verdict"].tolist() == ["pass"] * 3


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    check = Check("broken.one", "0", "0", lambda: [holds("1 = 2", 1.0, tau=0.1)])
    monkeypatch.setitem(checks.CHECKS, check.name, check)


@pytest.mark.usefixtures("broken")
def test_a_failed_check_names_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "broken"]) == 1
    assert "FAILED broken.one (tau=0.1): 1 = 2" in capsys.readouterr().err


def test_an_error_in_a_check_names_the_check() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        Check("broken.two", "0", "0", lambda: 1 / 0)()  # type: ignore[arg-type]
    assert caught.value.__notes__ == ["in the check broken.two"]


def test_the_command_writes_its_tables(tmp_path: Path) -> None:
    assert main(["--only", "errata_values.eq_11", "--results", str(tmp_path)]) == 0
    table = pd.read_csv(tmp_path / "tables" / "theory.csv")
    assert set(table["verdict"]) == {"pass"}
    assert len(pd.read_csv(tmp_path / "tables" / "errata.csv")) == 1
    text = (tmp_path / "tables" / "theory.md").read_text()
    assert "0 failed" in text


def test_the_command_refuses_what_it_does_not_know(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--only", "no-such-check"]) == 2
    assert "no check matches 'no-such-check'" in capsys.readouterr().err


def test_what_is_written_is_drawn_again_from_its_data_alone(tmp_path) -> None:
    """The picture of the mistakes, written and read: the same bytes."""
    picture = checks.PICTURES["mistakes"].sketched()
    table = as_written(run("bandits"))
    found = Findings(table, table.head(2), {"84": "a bracket"}, [picture])
    write_atomically({tmp_path / p: data for p, data in found.data_files().items()})
    read = load_findings(tmp_path)
    assert read is not None
    assert read.table_files() == found.table_files()
    assert read.figure_files() == found.figure_files()
    assert len(found.figure_files()) == 2
    figures = tmp_path / FOLDER / "figures.json"
    figures.write_text(figures.read_text().replace("1", "2", 1))
    with pytest.raises(RecordError, match=r"figures\.json: not what was written"):
        load_findings(tmp_path)


def test_a_figures_data_can_not_call_anything(tmp_path) -> None:
    sketch, axis = subplots()
    axis.plot([0, 1], [1, 0])
    content = sketch.to_json()
    content["calls"].append([0, "remove", [], {}])
    with pytest.raises(ValueError, match="can't call remove"):
        Sketch.from_json(content)
    with pytest.raises(AttributeError):
        axis.remove()
