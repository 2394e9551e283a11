"""Which versions made a number: the packages' and this project's own."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

EXACT_PACKAGES = ("torch", "stable-baselines3", "ale-py", "numpy")
PACKAGES = (*EXACT_PACKAGES, "gymnasium", "wandb")


def versions() -> dict[str, str]:
    """Versions of what decides a run's numbers, this project's commit among them."""
    found = {name: version(name) for name in PACKAGES}
    return {"python": platform.python_version(), "commit": commit(), **found}


def commit() -> str:
    """Return the commit of the code, "+changes" where files differ from it."""
    try:
        describe = ["git", "describe", "--always", "--dirty=+changes", "--abbrev=12"]
        here = Path(__file__).parent
        found = subprocess.run(describe, cwd=here, capture_output=True, text=True)
    except OSError:
        return "unknown"
    return found.stdout.strip() or "unknown"


def exact_versions() -> dict[str, str]:
    """Versions that must not change under a run: they decide its last bits."""
    return {name: version(name) for name in EXACT_PACKAGES}


def cpu_name() -> str:
    """Return the processor's name, as Linux gives it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.processor() or "unknown processor"
