"""Measurements in processes of their own, one thread each: nothing lingers in them."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from typing import Any

from benchmarks.sweeps.sweep import THREAD_VARIABLES


def command(module: str, *words: object) -> list[str]:
    """Return the command line of a measurement's process."""
    return [sys.executable, "-m", module, *map(str, words)]


def variables() -> dict[str, str]:
    """Return the environment variables of one."""
    return os.environ | dict.fromkeys(THREAD_VARIABLES, "1")


def measured(module: str, *words: object) -> Any:
    """Run a measurement and wait for it; return what its last line holds, as JSON.

    Raises:
        RuntimeError: It failed; why is on the terminal.
    """
    line = command(module, *words)
    done = subprocess.run(line, stdout=subprocess.PIPE, text=True, env=variables())
    if done.returncode:
        raise RuntimeError(f"a measurement failed: {' '.join(line)}")
    return json.loads(done.stdout.splitlines()[-1])


def peak_bytes() -> int:
    """Return the most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # from kibibytes


def peak_mb() -> float:
    """Return it in megabytes, to a digit behind the point."""
    return round(peak_bytes() / 1e6, 1)
