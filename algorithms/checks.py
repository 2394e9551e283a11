"""What every algorithm here refuses: other action spaces, and numbers gone bad."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import gymnasium as gym


class DivergenceError(ArithmeticError):
    """A loss or a gradient is no longer a finite number; training has stopped."""


def with_discrete_actions(env: Any, algorithm: str) -> Any:
    """Build ``env`` if it is named by its id, and insist on discrete actions.

    Raises:
        ValueError: The action space is not ``gymnasium.spaces.Discrete``.
    """
    if isinstance(env, str):
        env = gym.make(env)
    space = getattr(env, "action_space", None)
    if env is not None and not isinstance(space, gym.spaces.Discrete):
        raise ValueError(f"{algorithm} needs a Discrete action space, not {space}")
    return env


def check_positive(algorithm: str, **settings: float) -> None:
    """Raise one ValueError that names every setting that is not above zero."""
    wrong = [f"{key}={value}" for key, value in settings.items() if not value > 0]
    if wrong:
        raise ValueError(f"{algorithm}: must be above 0: {', '.join(wrong)}")


def check_choice(
    algorithm: str, key: str, value: str, choices: Mapping | tuple
) -> None:
    """Raise a ValueError that lists the choices when ``value`` is none of them."""
    if value not in choices:
        raise ValueError(
            f"{algorithm}: {key}={value!r} is none of {', '.join(choices)}"
        )


def check_finite(algorithm: str, agent_steps: int, **numbers: float) -> None:
    """Raise a DivergenceError naming the step and every number that is not finite."""
    wrong = [
        f"{key}={value}" for key, value in numbers.items() if not math.isfinite(value)
    ]
    if wrong:
        raise DivergenceError(
            f"{algorithm} diverged at agent step {agent_steps}: {', '.join(wrong)}"
        )
