"""The whole state of training between two updates, as plain types and tensors.

With it a run goes on as if it had never stopped: parameters, optimiser, target network
and replay memory, counters and schedules, every random generator, the emulators.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm

from algorithms import DivergenceError

COUNTERS = (
    "num_timesteps",
    "_total_timesteps",
    "_n_updates",
    "_episode_num",
    "_current_progress_remaining",
    "_n_calls",
    "exploration_rate",
)


def get_state(model: BaseAlgorithm) -> dict[str, Any]:
    """Return a model's state, but for the frames of a replay memory.

    Call it where a rollout starts. Nothing is copied: use the state before training
    goes on.
    """
    env, policy = model.env, model.policy
    state = {
        "policy": policy.state_dict(),
        "optimizer": policy.optimizer.state_dict(),
        "counters": {n: getattr(model, n) for n in COUNTERS if hasattr(model, n)},
        "logged": {k: float(v) for k, v in model.logger.name_to_value.items()},
        "logged_counts": dict(model.logger.name_to_count),
        "episode_starts": torch.from_numpy(np.asarray(model._last_episode_starts)),
        "random": _random_state(model),
        "env": env.get_state(),  # type: ignore[union-attr]
    }
    if hasattr(model, "replay_buffer"):
        state["replay"] = model.replay_buffer.get_state()
    return state


def set_state(model: BaseAlgorithm, state: Mapping[str, Any]) -> None:
    """Bring a freshly built model of the same configuration into a state.

    ``state["frames"]`` yields the frames of a replay memory, piece by piece.
    """
    model.policy.load_state_dict(state["policy"])
    model.policy.optimizer.load_state_dict(state["optimizer"])
    for name, value in state["counters"].items():
        setattr(model, name, value)
    if hasattr(model, "replay_buffer"):
        model.replay_buffer.set_state(state["replay"])
        for env, first, frames in state["frames"]:
            model.replay_buffer.set_rows(env, first, frames)
    model.logger.name_to_value.update(state["logged"])
    model.logger.name_to_count.update(state["logged_counts"])
    # The environment gives its observations back in the memory layout that it had:
    # another layout would change the last bits of what is computed from them.
    model._last_obs = model.env.set_state(state["env"])  # type: ignore[union-attr]
    model._last_episode_starts = state["episode_starts"].numpy()
    _set_random_state(model, state["random"])


def _random_state(model: BaseAlgorithm) -> dict[str, Any]:
    kind, keys, *position = np.random.get_state(legacy=True)
    version, internal, gauss = random.getstate()
    state = {
        "torch": torch.get_rng_state(),
        "numpy": (kind, torch.from_numpy(np.asarray(keys, np.int64)), *position),
        "python": (version, list(internal), gauss),
        "actions": model.action_space.np_random.bit_generator.state,
    }
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state_all()
    return state


def _set_random_state(model: BaseAlgorithm, state: Mapping[str, Any]) -> None:
    torch.set_rng_state(state["torch"])
    kind, keys, *position = state["numpy"]
    np.random.set_state((kind, keys.numpy().astype(np.uint32), *position))
    version, internal, gauss = state["python"]
    random.setstate((version, tuple(internal), gauss))
    model.action_space.np_random.bit_generator.state = state["actions"]
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])


def check_parameters(model: BaseAlgorithm) -> None:
    """Raise a DivergenceError when a parameter is not a finite number."""
    for name, parameter in model.policy.named_parameters():
        if not torch.isfinite(parameter).all():
            raise DivergenceError(f"{name} is not finite at step {model.num_timesteps}")
