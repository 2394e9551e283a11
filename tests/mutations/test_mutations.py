"""The mutations fit the sources, and the laboratory tells what becomes of them.

Quick: no mutation of the project is tried here, as ``python -m tests.mutations`` does.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutations.__main__ import main
from tests.mutations.mutation import (
    PACKAGES,
    ROOT,
    Mutation,
    NotApplicableError,
    load,
    problems,
)

MUTATIONS = load()


def test_every_mutation_fits_the_sources_and_names_tests_that_are_there():
    assert dict(problems(MUTATIONS, ROOT)) == {}


def test_there_are_many_and_few_of_them_survive():
    """Sixty at least, and at least 57 of 60 to be caught."""
    survivors = [m for m in MUTATIONS if m.survives is not None]
    assert len(MUTATIONS) >= 60
    assert len(survivors) / len(MUTATIONS) <= 3 / 60
    assert all(m.why.endswith(".") and len(m.why) > 20 for m in MUTATIONS)


# ------------------------------------------------------------- a project of four lines

SOURCE = '''"""A sum."""


def total(numbers):
    return 0 + sum(numbers)  # from nothing
'''
TESTS = """
import subprocess, sys
import pytest
from algorithms.sums import total

def test_of_one():
    assert total([3]) == 3

@pytest.mark.parametrize("last", [0, 4])
def test_of_two(last):
    assert total([1, last]) == 1 + last

def test_elsewhere():
    program = "from algorithms.sums import total; print(total([3]))"
    assert subprocess.check_output([sys.executable, "-c", program]) == b"3\\n"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for name in (*PACKAGES, "tests"):
        (folder / name).mkdir(parents=True)
    (folder / "algorithms" / "sums.py").write_text(SOURCE)
    (folder / "tests" / "test_sums.py").write_text(TESTS)
    (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    return folder


def mutation(**changes) -> Mutation:
    entry = {
        "id": "product",
        "file": "sums.py",
        "before": "0 + sum(numbers)",
        "after": "1 + sum(numbers)",
        "why": "It would be another number.",
        "tests": ("test_sums.py::test_of_one", "test_sums.py::test_of_two"),
    }
    return Mutation(**entry | changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"before": "product(numbers)"}, r"sums\.py: the text before is not there"),
        ({"before": "numbers"}, r"sums\.py: the text before is there 2 times"),
        ({"after": "0 + sum(numbers"}, "does not parse"),
        ({"before": "# from nothing", "after": "# or less"}, "changes nothing"),
        ({"file": "products.py"}, "there is no such file"),
        (
            {"tests": ("test_sums.py::test_of_ten",)},
            r"test_sums\.py has no test_of_ten",
        ),
        ({"tests": ("test_products.py::test_of_one",)}, "there is no such file"),
    ],
)
def test_what_does_not_fit_is_named(changes, said, root):
    ((found, problem),) = problems([mutation(**changes)], root)
    assert found == "product"
    with pytest.raises(NotApplicableError, match=said):
        raise NotApplicableError(problem)


def test_a_source_is_found_wherever_it_is_moved(root):
    plain, globbed = mutation(), mutation(file="algorithms/**/sums.py")
    moved = root / "algorithms" / "inner" / "sums.py"
    moved.parent.mkdir()
    (root / "algorithms" / "sums.py").rename(moved)
    assert plain.source(root) == globbed.source(root) == moved
    other = root / "benchmarks" / "sums.py"
    other.write_text(SOURCE)
    assert globbed.source(root) == moved
    with pytest.raises(
        NotApplicableError, match=r"which of algorithms/.*, benchmarks/"
    ):
        plain.source(root)


ENTRY = """
[[mutation]]
id = "{id}"
file = "sums.py"
before = "{before}"
after = "{after}"
why = "It would be another number."
tests = [{tests}]
{more}
"""


def data(folder: Path, *entries: dict[str, str]) -> Path:
    folder.mkdir()
    default = {"before": "0 + sum", "after": "1 + sum", "more": ""}
    texts = [ENTRY.format(**default | entry) for entry in entries]
    (folder / "some.toml").write_text("".join(texts))
    return folder


ONE, TWO, ELSEWHERE = (
    f'"test_sums.py::test_{name}"' for name in ("of_one", "of_two", "elsewhere")
)
FIRST = {"id": "first", "before": "sum(numbers)", "after": "numbers[0]"}


def test_what_is_caught_and_what_survives(root, tmp_path, capsys):
    """Each of its tests must fail, in the copy; the sources stay as they are."""
    entries = (
        {"id": "more", "tests": f"{ONE}, {TWO}, {ELSEWHERE}"},
        FIRST | {"tests": TWO, "more": ""},
        FIRST | {"id": "half", "tests": f"{ONE}, {TWO}"},
        FIRST | {"id": "told", "tests": ONE, "more": 'survives = "one is one"'},
    )
    folder = data(tmp_path / "data", *entries)
    assert main(["--jobs", "2"], root, folder) == 1
    rows = {
        row.split(" | ")[0].strip("| "): [
            cell.strip() for cell in row.split(" | ")[1:4]
        ]
        for row in capsys.readouterr().out.splitlines()
        if row.startswith("| ")
    }
    assert rows["more"] == ["sums.py", "caught", "test_sums.py::test_of_one and 3 more"]
    assert rows["first"] == ["sums.py", "caught", "test_sums.py::test_of_two[4]"]
    assert rows["half"][1:] == ["survived", "passed: test_sums.py::test_of_one"]
    assert rows["told"][1:] == [
        "survived",
        "passed: test_sums.py::test_of_one (one is one)",
    ]
    assert (root / "algorithms" / "sums.py").read_text() == SOURCE
    assert main(["--only", "told"], root, folder) == 0
    assert "0 of 1 caught, 1 survived (1 explained)" in capsys.readouterr().out


def test_what_can_not_be_tried_is_no_success(root, tmp_path, capsys):
    entries = (
        {"id": "gone", "before": "product", "tests": ONE},
        {
            "id": "crash",
            "before": "def total",
            "after": "1 / 0\\ndef total",
            "tests": ONE,
        },
    )
    folder = data(tmp_path / "data", *entries)
    assert main([], root, folder) == 2
    said = capsys.readouterr()
    assert "gone: algorithms/sums.py: the text before is not there" in said.err
    assert "| gone | sums.py | not applicable | gone: " in said.out
    assert "| crash | sums.py | broken |" in said.out
    assert "ZeroDivisionError" in said.err or "crash: " in said.err


def test_tests_that_fail_anyway_catch_nothing(root, tmp_path, capsys):
    (root / "algorithms" / "sums.py").write_text(SOURCE.replace("0 +", "5 + 0 +"))
    folder = data(tmp_path / "data", {"id": "more", "tests": ONE})
    assert main([], root, folder) == 2
    said = capsys.readouterr().err
    assert (
        "without any mutation these tests fail: tests/test_sums.py::test_of_one" in said
    )
