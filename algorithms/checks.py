"""What every algorithm here refuses: other spaces, and numbers gone bad."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import gymnasium as gym
from gymnasium import spaces


class DivergenceError(ArithmeticError):
    """A loss or a gradient is no longer a finite number; training has stopped."""


def check_choice(
    algorithm: str, key: str, value: str, choices: Mapping | tuple
) -> None:
    """Raise a ValueError that lists the choices when ``value`` is none of them."""
    if value not in choices:
        raise ValueError(
            f"{algorithm}: {key}={value!r} is none of {', '.join(choices)}"
        )


# ------------------------------------------------------------------ spaces

VECTORS = (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)


def suitable(env: Any, algorithm: str, *, dicts: str = "") -> Any:
    """Build ``env`` if it is named by its id, and insist on spaces that will do.

    Args:
        env: An environment, a vector of them, an id, or None.
        algorithm: For whom.
        dicts: Why Dict observations won't do; empty where they do.

    Raises:
        ValueError: Actions other than ``Discrete`` from 0 on, or observations that
            Stable-Baselines3 has no encoding of.
    """
    if isinstance(env, str):
        env = gym.make(env)
    if env is None:
        return env
    actions = getattr(env, "action_space", None)
    if not isinstance(actions, spaces.Discrete):
        raise ValueError(f"{algorithm} needs a Discrete action space, not {actions}")
    if actions.start != 0:
        raise ValueError(f"{algorithm} counts actions from 0, unlike {actions}")
    _check_observations(env.observation_space, algorithm, dicts)
    return env


def _check_observations(space: Any, algorithm: str, dicts: str) -> None:
    if isinstance(space, spaces.Dict):
        if dicts:
            raise ValueError(f"{algorithm} takes no Dict observations: {dicts}")
        for part in space.spaces.values():
            _check_observations(part, algorithm, "not inside another Dict")
    elif not isinstance(space, VECTORS):
        raise ValueError(f"{algorithm} has no encoding of observations {space}")
    elif isinstance(space, spaces.Box) and not space.shape:
        raise ValueError(f"{algorithm} needs observations with an axis, unlike {space}")
    elif not _is_encoded(space):
        raise ValueError(
            f"{algorithm} encodes observations one-hot, counting from 0 along one "
            f"axis, unlike {space}"
        )


def _is_encoded(space: spaces.Space) -> bool:
    """Whether SB3's one-hot encoding, where it is used, is right for a space."""
    if isinstance(space, spaces.MultiDiscrete):
        return space.nvec.ndim == 1 and not space.start.any()
    return not isinstance(space, spaces.Discrete) or space.start == 0


def check_restorable(algorithm: str, space: spaces.Space, normalizes: bool) -> None:
    """Raise a ValueError where SB3 can't undo VecNormalize for a replay memory."""
    if normalizes and isinstance(space, spaces.Discrete):
        raise ValueError(
            f"{algorithm} takes no VecNormalize of Discrete observations: SB3 can't "
            "store an episode's last one; gymnasium's NormalizeReward does for rewards"
        )


# ------------------------------------------------------------------ numbers gone bad


def check_finite(algorithm: str, agent_steps: int, **numbers: float) -> None:
    """Raise a DivergenceError naming the step and every number that is not finite."""
    wrong = [
        f"{key}={value}" for key, value in numbers.items() if not math.isfinite(value)
    ]
    if wrong:
        raise DivergenceError(
            f"{algorithm} diverged at agent step {agent_steps}: {', '.join(wrong)}"
        )
