"""Where the numbers come from: commits, packages, machines, and digests of the data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.records.configs import numerics_of
from analysis.records.digests import DIGESTS_FILE
from analysis.records.study import Study

UNKNOWN = "not recorded"
NAMED = (
    "torch",
    "ale-py",
    "MinAtar",
    "minatar",
    "numpy",
    "stable-baselines3",
    "python",
)


@dataclass(frozen=True)
class Making:
    """What runs were made with.

    Attributes:
        study: Whose.
        runs: How many were made so, or partly so.
        numerics: The version of the code's numbers.
        commit: Of the code.
        code: Digest of the sources that compute.
        processor: Its kind.
        versions: Of packages, in words.
    """

    study: str
    runs: int
    numerics: int
    commit: str
    code: str
    processor: str
    versions: str


def makings(studies: Sequence[Study]) -> list[Making]:
    """What the runs of studies were made with, most runs first in each study."""
    found = []
    for study in studies:
        counts: dict[tuple[Any, ...], int] = {}
        for config in study.configs.values():
            for key in dict.fromkeys(_keys(config)):
                counts[key] = counts.get(key, 0) + 1
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        found += [Making(study.name, count, *key) for key, count in ordered]
    return found


def _keys(config: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    versions = config["versions"]
    named = ", ".join(f"{key} {versions[key]}" for key in NAMED if key in versions)
    version, name = numerics_of(config), config.get("processor", {}).get("name", "")
    history = config.get("history") or [
        {"commit": versions.get("commit", UNKNOWN), "code": config.get("code", "")}
    ]
    return [
        (
            version,
            str(entry["commit"]),
            str(entry["code"] or UNKNOWN),
            " ".join(filter(None, (name, entry.get("processor")))) or UNKNOWN,
            named,
        )
        for entry in history
    ]


def file_digests(
    results: Path, only: Sequence[str] | None = None, without: Sequence[str] = ()
) -> list[tuple[str, str]]:
    """Files of data with their SHA-256, as they were when they were written.

    Of files in folders below, the games of each run, that of the file that has theirs.

    Args:
        results: The folder of all results.
        only: Of these folders of ``data``; None for all.
        without: These folders.
    """
    found = []
    for path in sorted(results.glob(f"data/*/{DIGESTS_FILE}")):
        folder = path.parent.name
        if folder in without or (only is not None and folder not in only):
            continue
        content = path.read_bytes()
        files = json.loads(content)["files"]
        own = sorted(name for name in files if "/" not in name)
        found += [(f"data/{folder}/{name}", files[name]) for name in own]
        digest = hashlib.sha256(content).hexdigest()
        found.append((f"data/{folder}/{DIGESTS_FILE}, of {len(files)} files", digest))
    for path in sorted(results.glob("reference/*.csv")):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        found.append((f"reference/{path.name}", digest))
    return found
