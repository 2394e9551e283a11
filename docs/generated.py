"""Pages, or parts of them, that are made from the code and the data they describe."""

from __future__ import annotations

import contextlib
import csv
import io
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import tyro

from benchmarks import cli

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
}
