"""Add the numbers that are not known yet: ``python -m tests.golden``.

Of the numerics version: what holds on every machine. Of this machine's kind of
processor: hashes. What is known already is compared, and never replaced: where code
computes other numbers, NUMERICS_VERSION comes first.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.suites.config import NUMERICS_VERSION
from tests.golden import store
from tests.golden.everywhere import PLAYED, UPDATED, games, updates
from tests.golden.runs import RUNS, hashes


def main(everywhere: Path = store.EVERYWHERE, kind: Path | None = None) -> int:
    """Compute everything, and write what is new; 1 if something contradicts."""
    kind = kind or store.kind_file()
    print(f"computing for {store.conditions()} ...", flush=True)
    found = {
        "numerics": NUMERICS_VERSION,
        "updates": {name: updates(name) for name in UPDATED},
        "games": {name: games(name) for name in PLAYED},
    }
    os.environ["WANDB_MODE"] = "disabled"
    with tempfile.TemporaryDirectory(prefix="golden-") as folder:
        runs = {str(run): hashes(run, Path(folder)) for run in RUNS}
    known = store.read(everywhere)
    wrong = [*_contradictions(found, known), *_others(runs, kind)]
    if wrong:
        print(*wrong, sep="\n", file=sys.stderr)
        print(store.ADVICE, file=sys.stderr)
        return 1
    store.write(everywhere, _kept(known, found))
    store.save_hashes(kind, runs)
    print(f"{everywhere}\n{kind}")
    return 0


def _contradictions(found: Mapping[str, Any], kept: Mapping[str, Any]) -> list[str]:
    if kept.get("numerics") != NUMERICS_VERSION:
        return []
    checks = (("updates", store.other_numbers), ("games", store.other_games))
    return [
        f"{name}: {wrong}"
        for part, compare in checks
        for name, known in kept[part].items()
        if name in found[part]
        for wrong in compare(known, found[part][name])
    ]


def _kept(known: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was found, in the very digits that were known before."""
    if known.get("numerics") != NUMERICS_VERSION:
        return dict(found)
    updates = known["updates"]
    return {
        "numerics": NUMERICS_VERSION,
        "updates": {
            name: list(map(store.kept, updates.get(name, lines), lines))
            for name, lines in found["updates"].items()
        },
        "games": {
            name: store.kept(known["games"].get(name, line), line)
            for name, line in found["games"].items()
        },
    }


def _others(runs: store.Lines, kind: Path) -> list[str]:
    return [
        f"{name}: other {', '.join(parts)}"
        for name, known in store.known_hashes(kind).items()
        if name in runs and (parts := store.other_hashes(known, runs[name]))
    ]


if __name__ == "__main__":
    sys.exit(main())
