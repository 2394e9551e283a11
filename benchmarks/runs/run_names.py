"""The one run that a user means by its id, or by how that begins."""

from __future__ import annotations

from collections.abc import Collection
from difflib import SequenceMatcher
from pathlib import Path

from benchmarks.errors import UsageError

NAMED = 6  # runs in a message
NEAR = 3


def run_named(wanted: str, known: Collection[str], place: Path) -> str:
    """Return the one known run whose id is, or begins with, ``wanted``.

    Args:
        wanted: What the user said.
        known: Ids of runs.
        place: Where those runs are, for the message.

    Raises:
        UsageError: There is none, and the nearest are named; or there are several.
    """
    if wanted in known:
        return wanted
    found = sorted(each for each in known if each.startswith(wanted))
    if wanted and len(found) == 1:
        return found[0]
    if found:
        named = ", ".join(found[:NAMED]) + (", ..." if len(found) > NAMED else "")
        raise UsageError(f"{wanted!r} is how {len(found)} runs begin: {named}")
    near = sorted(known, key=lambda each: (-_alike(wanted, each), each))[:NEAR]
    others = f"nearest: {', '.join(near)}" if near else "there is none"
    raise UsageError(f"no run {wanted!r} in {place}; {others}")


def _alike(wanted: str, run_id: str) -> float:
    """How much of what the user said is how an id begins, from 0 to 1."""
    return SequenceMatcher(None, wanted.lower(), run_id[: len(wanted)]).ratio()
