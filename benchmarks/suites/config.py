"""A run's resolved configuration, and the id that it is known by."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from algorithms import ALGORITHMS

SECTIONS = ("hyperparameters", "environment")
NUMERICS_VERSION = 2
"""Raised whenever a change of code changes the numbers of an unchanged configuration.

- 1: until November 2026; runs with seeds next to each other shared most of their games,
  and a row of metrics held the values of the last update.
- 2: each run has games of its own; a row of metrics holds means over its interval.
"""


@dataclass(frozen=True)
class Setting:
    """A value and where it comes from."""

    value: Any
    source: str


@dataclass(frozen=True)
class RunConfig:
    """One run, resolved. Same configuration, same id; any change, another id."""

    study: str
    variant: str
    game: str
    seed: int
    frames: int
    hyperparameters: Mapping[str, Any]
    environment: Mapping[str, Any]
    threads: int
    numerics: int = 1  # records from before it was written have none
    # A user's own classes, "module:Name" by what they are, and their family.
    own: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, Any] = field(default_factory=dict, compare=False)
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def family(self) -> str:
        """The family, "a2c" or "dqn"."""
        return self.own.get("family") or ALGORITHMS[self.variant].family

    @property
    def digest(self) -> str:
        """SHA-256 of everything that decides what the run computes."""
        identity = {k: v for k, v in asdict(self).items() if k not in _NOT_IDENTITY}
        if identity["environment"].get("precision") == _FIRST_PRECISION:
            # Runs from before there was a choice keep their ids.
            del identity["environment"]["precision"]
        if identity["numerics"] == 1:
            del identity["numerics"]
        if not identity["own"]:
            del identity["own"]
        canonical = json.dumps(identity, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def run_id(self) -> str:
        """Readable and unique: folder, W&B id and log name."""
        game = self.game.lower().replace("/", "-")  # it is a folder's name, too
        return f"{self.variant}-{game}-s{self.seed}-{self.digest[:10]}"

    @property
    def label(self) -> str:
        """The legend's name: the variant, and what the user changed."""
        changes = [f"{k}={_short(v)}" for k, v in sorted(self.overrides.items())]
        return f"{self.variant} ({', '.join(changes)})" if changes else self.variant

    def record(self) -> dict[str, Any]:
        """Return what ``config.json`` holds, less the versions."""
        record = {
            "run_id": self.run_id,
            "label": self.label,
            "family": self.family,
            **asdict(self),
        }
        if not self.own:
            del record["own"]
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> RunConfig:
        """Rebuild a configuration from :meth:`record`."""
        known = {"numerics": 1, "own": {}, **record}
        return cls(**{name: known[name] for name in cls.__dataclass_fields__})


_NOT_IDENTITY = ("overrides", "sources")
_FIRST_PRECISION = "float32"


def _short(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    rounded = f"{value:g}" if isinstance(value, int | float) else ""
    return rounded if rounded and float(rounded) == value else str(value)
