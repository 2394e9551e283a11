"""A trained policy as a Stable-Baselines3 model that acts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from algorithms import HardDQN, RegularizedA2C
from algorithms.settings import least_rows
from analysis.records.digests import DIGESTS_FILE, check_digests
from analysis.records.record import CONFIG_FILE, POLICY_FILE, read_config
from benchmarks.errors import UsageError
from benchmarks.runs.build import make_model
from benchmarks.suites.config import RunConfig
from benchmarks.suites.own import check_loaded

MOST_FRAMES = 108_000  # of a game: half an hour of Atari


def load_agent(
    folder: Path, n_envs: int = 1, *, drawn: bool = False
) -> RegularizedA2C | HardDQN:
    """Build a finished run's model on its game, with its weights.

    ``model.predict(observations)`` acts as in training, a DQN with its last epsilon,
    and with ``deterministic=True`` greedily. Games are cut after :data:`MOST_FRAMES`,
    or where the run cut them.

    Args:
        folder: A run's, with ``config.json`` and ``policy.pt``; of the latter only
            tensors are read.
        n_envs: Games side by side in ``model.env``.
        drawn: Whether to play with the engine that can be drawn, where the run's own
            gives the same games.

    Raises:
        UsageError: It has no policy, one of another network, or one that holds more
            than tensors; or its classes are a user's own and were not loaded.
        RecordError: It is a committed agent, and not as it was written.
    """
    if (folder / DIGESTS_FILE).exists():
        check_digests(folder, (CONFIG_FILE, POLICY_FILE))
    config = RunConfig.from_record(read_config(folder / CONFIG_FILE))
    check_loaded(config.variant, config.own)
    weights = weights_of(folder / POLICY_FILE)
    config = _to_act(config, n_envs)
    if drawn and config.environment.get("engine") == "reference":
        config = replace(config, environment={**config.environment, "engine": "exact"})
    model = make_model(config)
    try:
        model.policy.load_state_dict(weights)
    except RuntimeError as error:
        raise UsageError(f"{folder}: its policy is of another network") from error
    model.policy.set_training_mode(False)
    if isinstance(model, HardDQN):
        model.exploration_rate = model.exploration_schedule(0.0)
    return model


def weights_of(path: Path) -> dict[str, Any]:
    """Read a policy's tensors, and nothing else.

    Raises:
        UsageError: There is none, or something else.
    """
    try:
        weights: dict[str, Any] = torch.load(path, "cpu", weights_only=True)
    except FileNotFoundError as error:
        raise UsageError(f"{path}: is missing: the run is not done") from error
    except (UnpicklingError, RuntimeError, EOFError) as error:
        raise UsageError(f"{path}: holds something else than weights") from error
    return weights


def _to_act(config: RunConfig, n_envs: int) -> RunConfig:
    """The same run with so many games, on a CPU, and next to no replay memory."""
    environment = {**config.environment, "n_envs": n_envs, "device": "cpu"}
    environment.setdefault("max_frames", MOST_FRAMES)
    settings = dict(config.hyperparameters)
    if config.family == "dqn":
        rows = least_rows(settings["n_steps"], environment["frame_stack"])
        settings["buffer_size"] = n_envs * rows
    return replace(config, environment=environment, hyperparameters=settings)
