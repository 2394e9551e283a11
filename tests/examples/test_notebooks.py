"""The notebooks of the examples run as they are committed, and show what they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

from analysis.claims.compare import Comparison

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "examples").glob("**/*.ipynb"))
(READING,) = (path for path in NOTEBOOKS if path.stem == "reading_a_study")


def cells(path: Path) -> list[dict[str, Any]]:
    notebook = json.loads(path.read_text())
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 4)
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


@pytest.fixture
def backend():
    before = mpl.get_backend()
    mpl.use("Agg")
    yield
    mpl.use(before)


def run(path: Path) -> dict[str, Any]:
    """Run its cells in order, from its own folder, as Jupyter does; their names."""
    names: dict[str, Any] = {}
    for number, cell in enumerate(cells(path), 1):
        code = compile("".join(cell["source"]), f"{path.name}, cell {number}", "exec")
        exec(code, names)
    return names


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_committed_without_outputs(path):
    for cell in cells(path):
        assert (cell["outputs"], cell["execution_count"]) == ([], None)


def test_it_draws_and_judges_what_is_recorded(backend, monkeypatch, capsys):
    monkeypatch.chdir(READING.parent)
    before = {path: path.stat().st_mtime_ns for path in ROOT.glob("results/**/*")}
    names = run(READING)
    assert names["study"].name == "minatar" and len(names["study"].runs) > 0
    assert names["figure"].get_axes() or names["figure"].subfigs
    found = names["found"]
    assert isinstance(found, Comparison) and found.judgement.n >= 3
    said = capsys.readouterr().out.splitlines()
    assert said == list(found.lines()) and "anytime-valid" in said[0]
    assert len(names["verdicts"]) >= 11
    after = {path: path.stat().st_mtime_ns for path in ROOT.glob("results/**/*")}
    assert after == before
