"""Agents to be committed: weights, settings, and the games that they were judged by."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import torch

from analysis.records.csvs import csv_bytes
from analysis.records.digests import with_digests
from analysis.records.evaluations import (
    ABOUT_FILE,
    FOLDER,
    GAMES_FILE,
    POLICIES,
)
from analysis.records.files import write_atomically
from analysis.records.record import CONFIG_FILE, POLICY_FILE, read_config
from benchmarks.agents.agent import MOST_FRAMES, weights_of
from benchmarks.agents.evaluation import AT_ONCE, evaluate
from benchmarks.games.own import family_of
from benchmarks.runs.provenance import EXACT_PACKAGES, provenance

WHOLE, HALF = "float32", "float16"
Actions = dict[str, list[bytes]]


class _DiffersError(Exception):
    """An action is another."""


def keep(folder: Path, results: Path, games: int, seed: int = 0) -> Path:
    """Evaluate a run's policy and put both into ``results/agents``.

    Its weights take half the room where the policy that they are then plays the very
    games of the evaluation, action by action; else they stay as they are.

    Args:
        folder: The run's.
        results: The folder of all results.
        games: Of each kind.
        seed: Of the games.

    Returns:
        The agent's folder.

    Raises:
        UsageError: As :func:`benchmarks.agents.agent.load_agent`.
    """
    config = read_config(folder / CONFIG_FILE)
    table, actions = _played(folder, games, seed)
    weights, precision = _smaller(folder), HALF
    if not _plays_on(folder, weights, games, seed, actions):
        weights, precision = (folder / POLICY_FILE).read_bytes(), WHOLE
    about = {
        "precision": precision,
        "games": games,
        "seed": seed,
        "at_once": AT_ONCE,
        "max_frames": config["environment"].get("max_frames", MOST_FRAMES),
        "actions_sha256": {
            policy: hashlib.sha256(b"".join(steps)).hexdigest()
            for policy, steps in actions.items()
        },
        **_made_with(config["game"]),
    }
    to = results / FOLDER / folder.resolve().name
    files = {
        to / POLICY_FILE: weights,
        to / CONFIG_FILE: (folder / CONFIG_FILE).read_bytes(),
        to / GAMES_FILE: csv_bytes(table),
        to / ABOUT_FILE: (json.dumps(about, indent=1) + "\n").encode(),
    }
    write_atomically(with_digests(files))
    return to


def _made_with(game: str) -> dict[str, Any]:
    """What decides the last bits of an evaluation."""
    packages = family_of(game).packages
    made = provenance(0, packages=packages)
    names = dict.fromkeys((*EXACT_PACKAGES, *packages))
    return {
        "code": made["code"],
        "processor": made["processor"]["id"],
        "versions": {name: made["versions"][name] for name in names},
    }


def _played(folder: Path, games: int, seed: int) -> tuple[pd.DataFrame, Actions]:
    """A policy's games, and the actions of each step of all environments."""
    actions: Actions = {policy: [] for policy in POLICIES}

    def acted(policy: str, chosen: np.ndarray) -> None:
        actions[policy].append(chosen.tobytes())

    return evaluate(folder, games, seed, acted), actions


def _plays_on(
    folder: Path, weights: bytes, games: int, seed: int, actions: Actions
) -> bool:
    """Whether a run's policy does the same with other weights."""
    expected = {policy: iter(steps) for policy, steps in actions.items()}

    def acted(policy: str, chosen: np.ndarray) -> None:
        if chosen.tobytes() != next(expected[policy], None):
            raise _DiffersError

    with TemporaryDirectory() as place:
        other = Path(place, folder.resolve().name)
        other.mkdir()
        (other / CONFIG_FILE).write_bytes((folder / CONFIG_FILE).read_bytes())
        (other / POLICY_FILE).write_bytes(weights)
        try:
            evaluate(other, games, seed, acted)
        except _DiffersError:
            return False
    return True


def _smaller(folder: Path) -> bytes:
    """A run's weights in half precision, as a file of tensors."""
    weights: dict[str, Any] = weights_of(folder / POLICY_FILE)
    halved = {
        name: part.half() if part.is_floating_point() else part
        for name, part in weights.items()
    }
    file = io.BytesIO()
    torch.save(halved, file)
    return file.getvalue()
