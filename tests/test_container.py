"""The Dockerfile, held to what the way in needs; the image itself is not built here."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "Dockerfile").read_text()
IGNORED = (ROOT / ".dockerignore").read_text().split("\n")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WAY_IN = "./run_all.sh"
# What run_all.sh, pip and a run's record of its commit read.
NEEDED = ("run_all.sh", "pyproject.toml", "constraints.txt", "README.md", ".git")
NEEDED += ("algorithms", "analysis", "benchmarks", "tests", "examples", "results/data")


def instructions(text: str) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile, in order, with their arguments."""
    plain = re.sub(r"(?m)^\s*#.*\n", "", text).replace("\\\n", " ")
    lines = (line.strip() for line in plain.splitlines())
    split = (line.partition(" ") for line in lines if line)
    return [(word.upper(), " ".join(rest.split())) for word, _, rest in split]


def problems(text: str, ignored: list[str]) -> Iterator[str]:
    """What would not work, or should not be."""
    steps = instructions(text)
    last = dict(steps)
    yield from _image(last.get("FROM", ""))
    yield from _set_up(steps)
    if last.get("USER", "root") in ("root", "0"):
        yield "it runs as root"
    if json.loads(last.get("ENTRYPOINT", "[]")) != [WAY_IN]:
        yield f"its entry is not {WAY_IN}"
    if last.get("VOLUME") != f"{last.get('WORKDIR')}/results":
        yield "its results are not a volume"
    patterns = [line for line in ignored if line and not line.startswith("#")]
    for name in NEEDED:
        if any(fnmatch(name, each) or name.startswith(f"{each}/") for each in patterns):
            yield f"{name} is left out"


def _image(image: str) -> Iterator[str]:
    version = re.fullmatch(r"python:(\d+\.\d+)-slim", image)
    if not version:
        yield f"{image!r} is no slim image of a Python version"
    elif version[1] not in SpecifierSet(PROJECT["requires-python"]):
        yield f"Python {version[1]} is not {PROJECT['requires-python']}"


def _set_up(steps: list[tuple[str, str]]) -> Iterator[str]:
    if any(word == "RUN" and "pip" in rest for word, rest in steps):
        yield f"pip without {WAY_IN}, which has the constraints"
    begun = [n for n, (word, rest) in enumerate(steps) if rest.startswith(WAY_IN)]
    copied = [n for n, step in enumerate(steps) if step[0] == "COPY"]
    users = [n for n, step in enumerate(steps) if step[0] == "USER"]
    if not begun or not copied or not users or begun[0] < max(copied[0], users[0]):
        yield "the environment is not set up by the user of the copied files"
    for word, rest in steps:
        lean = "--no-install-recommends" in rest and "rm -rf /var/lib/apt" in rest
        if word == "RUN" and "apt-get install" in rest and not lean:
            yield "apt-get leaves more than was asked for"
        if word == "COPY" and not (ROOT / rest.split()[-2]).exists():
            yield f"there is no {rest.split()[-2]} to copy"


def test_it_is_what_the_way_in_needs() -> None:
    assert list(problems(TEXT, IGNORED)) == []
    for name in set(NEEDED) - {".git"}:
        assert (ROOT / name).exists(), name


def test_the_way_in_installs_by_the_constraints() -> None:
    text = (ROOT / "run_all.sh").read_text()
    installs = [line for line in text.splitlines() if "pip install" in line]
    assert installs
    assert all("--constraint constraints.txt" in line for line in installs)


FAULTS = {
    "an old Python": ("3.11", "3.10", "Python 3.10 is not >=3.11"),
    "a large image": ("-slim", "", "no slim image"),
    "root": ("USER suite", "USER root", "runs as root"),
    "no user": ("USER suite\n", "", "runs as root"),
    "another entry": ('["./run_all.sh"]', '["bash"]', "entry is not"),
    "results in the image": ("VOLUME", "# VOLUME", "not a volume"),
    "no constraints": ("RUN ./run_all.sh list", "RUN pip install .", "pip without"),
    "no environment": ("RUN ./run_all.sh list", "", "not set up by the user"),
    "recommends": ("--no-install-recommends", "", "apt-get leaves"),
    "a file that is gone": (". .", "gone.txt .", "no gone.txt to copy"),
}


@pytest.mark.parametrize(("old", "new", "said"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_seen(old: str, new: str, said: str) -> None:
    assert old in TEXT
    assert any(said in found for found in problems(TEXT.replace(old, new), IGNORED))


@pytest.mark.parametrize("pattern", [".git", "*.toml", "results", "bench*"])
def test_a_file_that_is_left_out_is_seen(pattern: str) -> None:
    assert any("is left out" in found for found in problems(TEXT, [*IGNORED, pattern]))
