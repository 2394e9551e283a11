"""The numbers that are kept: what is known, and what is not known yet.

A run, an update or a game is a line: ``key=value`` words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.games.families import families
from benchmarks.runs.processor import processor, processor_id
from benchmarks.runs.provenance import exact_versions, package_versions
from benchmarks.suites.config import NUMERICS_VERSION

FOLDER = Path(__file__).parent
EVERYWHERE = FOLDER / "everywhere.json"
COMMAND = "python -m tests.golden"
ADVICE = (
    "this code computes other numbers than it did: raise NUMERICS_VERSION in "
    "benchmarks/suites/config.py if that is meant, and then "
    f"`{COMMAND}` for the new ones"
)
Lines = dict[str, str]


def kind_file() -> Path:
    """Return the file of this machine's kind of processor."""
    return FOLDER / "hashes" / f"{processor_id()}.json"


def versions() -> dict[str, str]:
    """Return the versions of all packages that decide bits."""
    games = [name for family in families() for name in family.packages]
    return exact_versions() | package_versions(games)


def conditions() -> str:
    """Say of which kind, packages and numerics version this machine's hashes are."""
    packages = ", ".join(f"{name} {text}" for name, text in versions().items())
    return f"{processor_id()}, {packages}, numerics version {NUMERICS_VERSION}"


def known_hashes(path: Path) -> Lines:
    """Return a line a run: of these packages and this numerics version."""
    entries = [entry for entry in read(path).get("entries", []) if _is_ours(entry)]
    return dict(entries[0]["runs"]) if entries else {}


def save_hashes(path: Path, runs: Lines) -> None:
    """Write this machine's lines, beside those of other packages.

    Those of another numerics version go.
    """
    entries = read(path).get("entries", [])
    others = [entry for entry in entries if entry["numerics"] == NUMERICS_VERSION]
    others = [entry for entry in others if not _is_ours(entry)]
    ours = {"numerics": NUMERICS_VERSION, "versions": versions(), "runs": runs}
    write(path, {"processor": processor(), "entries": [*others, ours]})


def as_line(numbers: Mapping[str, Any]) -> str:
    """Return "key=value key=value"; floats with all their digits."""
    return " ".join(f"{key}={value!s}" for key, value in numbers.items())


def as_numbers(line: str) -> dict[str, str]:
    """Return what :func:`as_line` was given, as texts."""
    return {
        key: text for key, _, text in (word.partition("=") for word in line.split())
    }


def other_hashes(known: str, found: str) -> list[str]:
    """Return which parts of a run are not as they were; new parts are no fault."""
    was, now = as_numbers(known), as_numbers(found)
    return [name for name, text in was.items() if now.get(name) != text]


def other_numbers(known: Sequence[str], found: Sequence[str]) -> list[str]:
    """Return which numbers of updates are more than 1e-9 off what they were."""
    if len(known) != len(found):
        return ["the number of updates"]
    return [
        f"{name} of update {number}: {now.get(name)}, not {text}"
        for number, (was, now) in enumerate(
            zip(map(as_numbers, known), map(as_numbers, found), strict=True), 1
        )
        for name, text in was.items()
        if name not in now or not _is_close(float(now[name]), float(text))
    ]


def other_games(known: str, found: str) -> list[str]:
    """Return what is not as it was of games; of what is seen, beyond rounding."""
    was, now = as_numbers(known), as_numbers(found)
    seen = int(was.pop("pixels")), int(now.pop("pixels"))
    rounded = abs(seen[0] - seen[1]) <= 1e-6 * seen[0]
    others = [name for name, text in was.items() if now.get(name) != text]
    return others if rounded else [*others, "pixels"]


def kept(known: str, found: str) -> str:
    """Return a line as it was known, and after that what is new in it."""
    was = as_numbers(known)
    new = {key: text for key, text in as_numbers(found).items() if key not in was}
    return as_line(was | new)


def _is_close(found: float, known: float) -> bool:
    # What is near zero because much of it cancels has the noise of what cancelled.
    return abs(found - known) <= 1e-9 * abs(known) + 1e-12


def _is_ours(entry: Mapping[str, Any]) -> bool:
    wanted = (NUMERICS_VERSION, versions())
    return (entry["numerics"], entry["versions"]) == wanted


def read(path: Path) -> dict[str, Any]:
    """Read a file; an empty object if it is not there."""
    return json.loads(path.read_text()) if path.exists() else {}


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Write a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n")
