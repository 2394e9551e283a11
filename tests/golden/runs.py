"""Short runs of each family on each engine, and hashes of all that they compute."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from algorithms import ALGORITHMS
from benchmarks.runs.train import POLICY_FILE, train, write_config
from benchmarks.suites.config import NUMERICS_VERSION, RunConfig
from tests.golden.store import as_line

DIGITS = 10
# Written out in full: these runs stay as they are when suites and settings change.
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "a2c": {
        "temperature": 0.01,
        "regularizer": "entropy",
        "value_coef": 0.5,
        "n_steps": 5,
        "gamma": 0.99,
        "learning_rate": 7e-4,
        "learning_rate_schedule": "linear",
        "max_grad_norm": 0.5,
        "rms_prop_decay": 0.99,
        "rms_prop_eps": 1e-8,
    },
    "dqn": {
        "temperature": 0.1,
        "n_steps": 1,
        "intermediate": "none",
        "double_q": False,
        "printed": False,
        "gamma": 0.99,
        "learning_rate": 1e-4,
        "adam_eps": 1e-4,
        "batch_size": 32,
        "train_freq": 4,
        "buffer_size": 220,
        "learning_starts": 120,
        "target_update_interval": 60,
        "max_grad_norm": 10.0,
        "exploration": "0:1 800:0.2 4_800:0.1",
    },
}
ENVIRONMENT: Mapping[str, Any] = {
    "frame_skip": 4,
    "frame_stack": 4,
    "sticky_actions": 0.0,
    "device": "cpu",
    "max_frames": 120,  # so that games end
    "log_interval": 480,
}
MINATAR: Mapping[str, Any] = {
    "frame_skip": 1,
    "frame_stack": 1,
    "sticky_actions": 0.1,
    "difficulty_ramping": True,
}
FRAMES = {"a2c": 1_920, "dqn": 1_000}


@dataclass(frozen=True)
class Run:
    """What is run; ``changes`` are hyper-parameters that are not :data:`SETTINGS`."""

    variant: str
    game: str
    engine: str
    n_envs: int
    changes: Mapping[str, Any] = field(default_factory=dict)
    precision: str = "float32"
    frames: int | None = None

    def __str__(self) -> str:
        """Return its name in the data."""
        usual = "" if self.precision == "float32" else f" {self.precision}"
        return f"{self.variant} {self.game} {self.engine}{usual}"

    def config(self) -> RunConfig:
        """Return its configuration."""
        family = ALGORITHMS[self.variant].family
        place = {"engine": self.engine, "n_envs": self.n_envs}
        if self.engine == "native":
            place["reseed_interval"] = 100
        settings = {**SETTINGS[family], **self.changes}
        own = MINATAR if self.game.startswith("MinAtar/") else {}
        environment = {**ENVIRONMENT, **own, **place, "precision": self.precision}
        named = (*settings, *environment, "frames", "threads")
        return RunConfig(
            study="golden",
            variant=self.variant,
            game=self.game,
            seed=1,
            frames=self.frames or FRAMES[family],
            hyperparameters=settings,
            environment=environment,
            threads=1,
            numerics=NUMERICS_VERSION,
            sources=dict.fromkeys(named, "ours"),
        )


_SCALED = {"scaled": True}
RUNS = (
    Run("a2c-proper", "Breakout", "exact", 16),
    Run("a2c-proper", "Pong", "native", 4),
    Run("a2c-naive", "Breakout", "reference", 4),
    Run("q-a2c", "Pong", "exact", 8, _SCALED),
    Run("q-a2c", "Breakout", "native", 4, _SCALED | {"regularizer": "kl"}),
    Run("q-a2c-c100", "Pong", "reference", 4, _SCALED | {"value_coef": 100.0}),
    Run("dqn-soft-entropy", "Breakout", "exact", 1),
    Run("dqn-soft-kl", "Pong", "native", 2, {"n_steps": 3, "intermediate": "sampled"}),
    Run("dqn-hard", "Breakout", "reference", 1, {"double_q": True}),
    Run("a2c-proper", "Pong", "exact", 4, {}, "bfloat16", 480),
    Run("q-a2c", "MinAtar/Breakout", "exact", 16, _SCALED),
    Run("dqn-soft-kl", "MinAtar/Asterix", "exact", 8),
)


def hashes(run: Run, folder: Path) -> str:
    """Make a run in ``folder``; return a line of hashes of what it leaves.

    The parts are the games, the network's parameters, and every column of the metrics:
    a new column leaves the others' hashes.
    """
    config = run.config()
    place = folder / config.run_id
    write_config(place, config)
    if train(place) != 0:
        raise RuntimeError(f"{run}: {(place / 'failed.json').read_text()}")
    games = (place / "episodes.csv").read_bytes()
    if games.count(b"\n") < 5:
        raise RuntimeError(f"{run}: no game ended")
    policy = torch.load(place / POLICY_FILE, weights_only=True)
    parts = {"games": games, "parameters": _bytes(policy), **_columns(place)}
    found = {name: _hash(content) for name, content in parts.items() if content}
    return as_line(found)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:DIGITS]


def _bytes(policy: Mapping[str, torch.Tensor]) -> bytes:
    named = sorted(policy.items())
    return b"".join(name.encode() + value.numpy().tobytes() for name, value in named)


def _columns(place: Path) -> dict[str, bytes]:
    """The columns of the metrics; one without values is empty."""
    with (place / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return {n: " ".join(c).encode() if any(c) else b"" for n, c in columns.items()}
