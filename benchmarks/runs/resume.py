"""Whether a run can go on exactly from a checkpoint, and what its record says if not.

A *strict* resume leaves the bytes of a run that was never stopped. A *statistical* one
goes on from the same parameters and counters under other conditions, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.utils import get_device

from benchmarks.errors import UsageError
from benchmarks.games import own as own_games
from benchmarks.games import own_env
from benchmarks.games.own import NOT_EXACT, family_of
from benchmarks.runs.code_digest import module_digests, own_digests
from benchmarks.runs.processor import processor_id
from benchmarks.runs.provenance import exact_versions, package_versions
from benchmarks.suites.config import RunConfig
from benchmarks.suites.own_modules import files

Resume = Literal["strict", "statistical"]


def conditions(config: RunConfig) -> dict[str, str]:
    """What decides the last bits of a run, beside its configuration."""
    code = {f"code of {name}": text for name, text in module_digests().items()}
    own = own_code(config)
    code |= {f"code of {name}.py, the user's own": text for name, text in own.items()}
    if "games" in config.own:
        engines = [Path(str(module.__file__)) for module in (own_env, own_games)]
        code |= {f"code of {k}": text for k, text in own_digests(engines).items()}
    packages = family_of(config.game).packages
    return (
        exact_versions()
        | package_versions(packages)
        | {
            "device": get_device(config.environment["device"]).type,
            "threads": str(torch.get_num_threads()),
            "processor": processor_id(),
            **code,
        }
    )


def own_code(config: RunConfig) -> dict[str, str]:
    """Return the digests of what a user's classes, if a run has any, are made of."""
    return own_digests(files(config.own))


def changes(checkpoint: Mapping[str, Any], now: Mapping[str, str]) -> dict[str, str]:
    """What is not as it was when a checkpoint was made, and how."""
    before = checkpoint["record"]["conditions"]
    return {
        name: f"{name} {before.get(name)} is now {value}"
        for name, value in (dict.fromkeys(before) | dict(now)).items()
        if before.get(name) != value
    }


def reached(
    config: RunConfig, checkpoint: Mapping[str, Any] | None
) -> tuple[int, list[dict[str, Any]]]:
    """The frames from which a run goes on, and what made it until there."""
    if checkpoint is None:
        return 0, []
    steps = checkpoint["counters"]["num_timesteps"]
    history = checkpoint["record"].get("history", [])
    return steps * config.environment["frame_skip"], history


def resume_notes(
    folder: Path,
    checkpoint: Mapping[str, Any],
    now: Mapping[str, str],
    resume: Resume,
    *,
    exact_games: bool = True,
) -> list[str]:
    """Return every resume of the run that was not exact, this one among them.

    On a GPU none is, as its kernels add up in no fixed order, nor is one of games that
    can't be saved.

    Raises:
        UsageError: The conditions are others, and ``resume`` is strict.
    """
    why = ", ".join(changes(checkpoint, now).values())
    if why and resume == "strict":
        raise UsageError(
            f"{folder}: can't go on exactly, {why}; --resume statistical goes on and "
            "marks the run"
        )
    never = {"on a GPU": now["device"] == "cuda", NOT_EXACT: not exact_games}
    why = why or ", ".join(reason for reason, holds in never.items() if holds)
    step = checkpoint["counters"]["num_timesteps"]
    new = [f"statistical resume at step {step}: {why}"] if why else []
    return [*checkpoint["record"]["resumes"], *new]


def with_new_games(model: BaseAlgorithm, checkpoint: dict[str, Any]) -> dict[str, Any]:
    """The checkpoint with games that have just begun in place of its own.

    For another emulator, to which a saved state may mean something else. What a replay
    memory holds of the games that were on ends there, and is bootstrapped from.
    """
    env: Any = model.env
    env.reset()
    starts = torch.ones(env.num_envs, dtype=torch.bool)
    new = {**checkpoint, "env": env.get_state(), "episode_starts": starts}
    if "replay" in new:
        ended = torch.zeros(env.num_envs, dtype=torch.bool)
        new["replay"] = {**new["replay"], "in_episode": ended}
    return new
