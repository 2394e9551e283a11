"""Commands that are given at once: one process, which reads the data once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from analysis.records import study as studies
from tests.analysis.claims.test_judging import planted
from tests.benchmarks.test_judging import REFERENCE

ALL = ("claims", "figures", "tables", "report")


@pytest.fixture
def results(tmp_path):
    planted(tmp_path / "results", {"a2c-proper": -0.3}, 3)
    for path in REFERENCE.glob("*_scores.csv"):
        shutil.copy(path, tmp_path / "results/reference")
    return tmp_path / "results"


@pytest.fixture
def reads(monkeypatch):
    """The studies whose digests were checked, one for each time."""
    seen: list[str] = []
    check = studies.check_digests

    def checked(folder, names):
        seen.append(folder.name)
        check(folder, names)

    monkeypatch.setattr(studies, "check_digests", checked)
    return seen


def written(results: Path) -> dict[Path, bytes]:
    files = [p for p in results.rglob("*") if p.is_file() and "data" not in p.parts]
    return {path.relative_to(results): path.read_bytes() for path in files}


def test_they_give_what_each_gives_alone_from_one_reading(call, results, reads):
    status, out, _ = call(*ALL, "--results", results)
    assert (status, reads) == (0, ["minatar"])
    assert [line for line in out.splitlines() if line.startswith("==")] == [
        f"== {name}" for name in ALL
    ]
    together = written(results)
    for path in together:
        if path.parent.name != "reference":
            (results / path).unlink()
    assert [call(name, "--results", results)[0] for name in ALL] == [0, 0, 0, 0]
    assert len(reads) == 1 + len(ALL)
    assert written(results) == together


def test_data_that_change_later_are_read_again(call, results, reads):
    call("tables", "report", "--results", results)
    planted(results, {"a2c-proper": -0.3}, 4)
    assert call("tables", "report", "--results", results)[0] == 0
    assert len(reads) == 2
    assert "| 4 |" in (results / "tables/minatar/scores.md").read_text()


def test_what_comes_after_a_failure_is_done_and_the_failure_told(call, results):
    """Verdicts are of all studies: that command has no words for one."""
    status, out, err = call("claims", "tables", "minatar", "--results", results)
    assert status == 2
    assert "unrecognized" in err.lower() or "minatar" in err
    assert "tables/minatar/scores.md" in out
    assert call("report", "tables", "minata", "--results", results)[0] == 2


def test_a_name_after_other_words_is_no_command(call, results):
    status, _, err = call("tables", "minatar", "report", "--results", results)
    assert status == 2
    assert "no study 'report'" in err
