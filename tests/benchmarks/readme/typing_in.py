"""From a command as a document has it to the words that the command line gets."""

from __future__ import annotations

import functools
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks.readme.short_forms import STANDS_FOR, Short

BENCHMARKS = ["-m", "benchmarks"]


def filled(command: str, more: str, run_id: str = "") -> list[str]:
    """The words of a command and more, with what stands for its placeholders."""
    words = [STANDS_FOR.get(word, word) for word in shlex.split(command)]
    return shlex.split(" ".join(words).replace("{run}", run_id)) + shlex.split(more)


def handed_on(folder: Path, words: list[str]) -> list[str]:
    """What ``run_all.sh`` starts: the words after ``.venv/bin/python``."""
    if words[0] != "./run_all.sh":
        assert words[0] == ".venv/bin/python"
        return words[1:]
    said = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=60)
    assert said.returncode == 0, said.stderr
    return [line for line in said.stdout.splitlines() if not line.startswith("== ")]


def planned(words: list[str]) -> list[str]:
    """The same runs, planned and not made."""
    assert words[0] in ("run", "plan")
    return ["plan", *words[1:]]


def shortened(folder: Path, command: str, short: Short, run_id: str) -> list[str]:
    """The words that the command line gets of a command's short form."""
    words = handed_on(folder, filled(command, short.more, run_id))
    assert words[:2] == BENCHMARKS
    return planned(words[2:]) if short.how == "plan" else words[2:]


def reader(command: Callable[..., int], read: list[Any]) -> Callable[..., int]:
    """A command that only notes what it was given."""

    @functools.wraps(command)
    def noted(*args: Any, **kwargs: Any) -> int:
        read.append((args, kwargs))
        return 0

    return noted
