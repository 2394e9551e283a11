"""Under what a number was made: versions of packages, the code, the machine."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmarks.runs.code_digest import ROOT, code_digest
from benchmarks.runs.processor import processor, processor_id

# OpenCV makes every pixel that an agent sees.
EXACT_PACKAGES = (
    "torch",
    "stable-baselines3",
    "ale-py",
    "numpy",
    "opencv-python-headless",
)
PACKAGES = (*EXACT_PACKAGES, "gymnasium", "wandb")


def versions(more: Iterable[str] = ()) -> dict[str, str]:
    """Versions of what decides a run's numbers, this project's commit among them.

    Args:
        more: Packages that the run's games need.
    """
    found = package_versions((*PACKAGES, *more))
    return {"python": platform.python_version(), "commit": commit(), **found}


def package_versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions of installed packages."""
    return {name: version(name) for name in packages}


def commit(root: Path = ROOT) -> str:
    """Return the commit of the code, "+changes" where a tracked file differs from it.

    What is generated does not count: a study that goes on has changed ``results/``.

    Args:
        root: Folder of the project.
    """
    name = _git(root, "describe", "--always", "--abbrev=12")
    if name is None or not name.stdout.strip():
        return "unknown"
    differs = _git(root, "diff", "--quiet", "HEAD", "--", ".", ":(exclude)results")
    return name.stdout.strip() + ("+changes" if differs and differs.returncode else "")


def _git(root: Path, *words: str) -> subprocess.CompletedProcess[str] | None:
    """What git says; None where there is no git."""
    try:
        return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True)
    except OSError:
        return None


def exact_versions() -> dict[str, str]:
    """Versions that must not change under a run: they decide its last bits."""
    return package_versions(EXACT_PACKAGES)


def provenance(
    frames: int,
    before: Sequence[Mapping[str, Any]] = (),
    packages: Iterable[str] = (),
    own: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return what ``config.json`` says of where a run's numbers come from.

    Args:
        frames: Where the run begins or goes on.
        before: Its ``history`` until then.
        packages: That its games need.
        own: Digests of the modules of its user, by name.

    Returns:
        ``versions``, ``processor`` and ``code`` of this process, and ``history``: from
        which frame on which commit, code and kind of processor made the run. An entry
        is added where one of them is another. ``own_code`` is ``own``, if there is any.
    """
    found, code = versions(packages), code_digest(own=own)
    now = {"commit": found["commit"], "code": code, "processor": processor_id()}
    history = [dict(entry) for entry in before]
    if not history or {**history[-1], **now} != history[-1]:
        history.append({"frames": frames, **now})
    return {
        "versions": found,
        "processor": processor(),
        "code": code,
        "history": history,
    } | ({"own_code": dict(own)} if own else {})
