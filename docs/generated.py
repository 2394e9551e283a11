"""Pages, or parts of them, that are made from the code and the data they describe."""

from __future__ import annotations

import ast
import contextlib
import csv
import io
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import tyro

import algorithms
from benchmarks import cli
from benchmarks.theory.checks import MODULES

ROOT = Path(__file__).resolve().parents[1]


def commands() -> str:
    """A section for each command, with what its ``--help`` says."""
    return "\n\n".join(
        f"## {name}\n\n```text\n{_help(name)}\n```" for name in cli.COMMANDS
    )


def entrance() -> str:
    """What ``./run_all.sh --help`` says."""
    words = ["bash", str(ROOT / "run_all.sh"), "--help"]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return f"```text\n{said.rstrip()}\n```"


def checks() -> str:
    """A row for each exact check of the equations, from ``results/data/theory``."""
    counts: dict[tuple[str, str, str], list[int]] = {}
    with (ROOT / "results/data/theory/theory.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            key = (row["section"], row["equation"], row["check"])
            passed, rows = counts.get(key, [0, 0])
            counts[key] = [passed + (row["verdict"] == "pass"), rows + 1]
    lines = ["| section | equation | check | rows that pass |", "|---|---|---|---|"]
    lines += [
        f"| {section} | {equation} | `{check}` | {passed} of {rows} |"
        for (section, equation, check), (passed, rows) in counts.items()
    ]
    return "\n".join(lines)


def modules(package: str) -> str:
    """A section for each module of a package, with its public classes and functions.

    But for what other pages have: the exact checks, and what a page itself asks for.
    """
    pages = "".join(path.read_text() for path in (ROOT / "docs").glob("*.md"))
    elsewhere = set(re.findall(r"automodule:: (\S+)", pages))
    elsewhere |= {f"benchmarks.theory.{name}" for name in MODULES}
    shown = set(algorithms.__all__)  # where users import them from
    sections = []
    for name, public in _public(package):
        if name in elsewhere or public <= shown:
            continue
        options = "   :members:\n"
        if hidden := sorted(public & shown):
            options += f"   :exclude-members: {', '.join(hidden)}\n"
        directive = f".. automodule:: {name}\n{options}"
        sections.append(f"## {name}\n\n```{{eval-rst}}\n{directive}```")
    return "\n\n".join(sections)


def _public(package: str) -> Iterator[tuple[str, set[str]]]:
    """Yield the modules of a package that define public classes and functions."""
    for path in sorted((ROOT / package).rglob("*.py")):
        if path.stem == "__main__":
            continue
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if path.stem == "__init__" else parts)
        kinds = ast.ClassDef, ast.FunctionDef
        body = ast.parse(path.read_text()).body
        names = {node.name for node in body if isinstance(node, kinds)}
        if public := {each for each in names if not each.startswith("_")}:
            yield name, public


def _help(name: str) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        tyro.extras.subcommand_cli_from_dict(
            cli.COMMANDS,
            prog="python -m benchmarks",
            args=[name, "--help"],
            config=(tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff),
        )
    return said.getvalue().rstrip()


PAGES: Mapping[str, Callable[[], str]] = {
    "commands": commands,
    "start": entrance,
    "equations": checks,
    "api": partial(modules, "algorithms"),
    "api_analysis": partial(modules, "analysis"),
    "api_benchmarks": partial(modules, "benchmarks"),
}
