"""What training speed is measured of; no more than the command line needs to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Precisions that ours is measured in.
OURS = ("float32", "mixed", "bfloat16")


@dataclass(frozen=True)
class Measured:
    """A family of games that is measured: its title, its files' name, its raw games."""

    title: str
    name: str
    raw: str

    @property
    def folder(self) -> Path:
        """Where its data are, below ``results``."""
        return Path("data", self.name)


MEASURED: Mapping[str, Measured] = {
    "Atari": Measured("Training speed", "speed", "emulator"),
    "MinAtar": Measured("Training speed on MinAtar", "speed-minatar", "game"),
}


@dataclass(frozen=True)
class Case:
    """A family and how many environments a run of it has."""

    family: str
    n_envs: int


CASES: Mapping[str, Case] = {
    "a2c": Case("a2c", 16),
    "dqn": Case("dqn", 1),
    "dqn, 8 envs": Case("dqn", 8),
}
