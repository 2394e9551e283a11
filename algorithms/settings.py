"""What the settings of both families can be; all else is refused by its name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any

from algorithms.checks import check_choice

REGULARIZERS = ("entropy", "kl")
INVERSE_TEMPERATURE = "1/temperature"
INTERMEDIATE = ("none", "expected", "sampled")


@dataclass(frozen=True)
class Range:
    """The numbers that a setting can be, and what else.

    Attributes:
        low: The least of them.
        high: The greatest of them.
        excluded: Whether ``low`` itself is none of them.
        whole: Whether they are whole.
        infinite: Whether infinity is one of them.
        schedule: Whether a schedule of SB3's will do as well.
        others: What else will do.
    """

    low: float = 0
    high: float = math.inf
    excluded: bool = False
    whole: bool = False
    infinite: bool = False
    schedule: bool = False
    others: tuple[str | None, ...] = ()

    def __contains__(self, value: Any) -> bool:
        """Whether ``value`` will do; True and False are no numbers."""
        if isinstance(value, str) or value is None:
            return value in self.others
        if callable(value):
            return self.schedule
        kind = Integral if self.whole else Real
        if isinstance(value, bool) or not isinstance(value, kind):
            return False
        if not math.isfinite(value) and not (self.infinite and value == math.inf):
            return False
        number = float(value)
        above = number > self.low if self.excluded else number >= self.low
        return above and number <= self.high

    def __str__(self) -> str:
        """Say what is expected."""
        kind = "a whole number" if self.whole else "a number"
        limits = f"above {self.low:g}" if self.excluded else f"from {self.low:g}"
        limits += f" to {self.high:g}" if self.high < math.inf else " on"
        others = ["a schedule"] * self.schedule + [repr(other) for other in self.others]
        return " or ".join([f"{kind} {limits}", *others])


POSITIVE = Range(excluded=True)
NOT_NEGATIVE = Range()
SHARE = Range(high=1)
COUNT = Range(low=1, whole=True)
BOUND = Range(excluded=True, infinite=True)


def check_numbers(
    owner: str, ranges: Mapping[str, Range], settings: Mapping[str, Any]
) -> None:
    """Raise one ValueError that names every setting that is out of its range.

    Args:
        owner: Whose settings they are.
        ranges: The name of each number to its range.
        settings: Any settings; those that have no range pass by.
    """
    wrong = [
        f"{key}={settings[key]!r} must be {expected}"
        for key, expected in ranges.items()
        if key in settings and settings[key] not in expected
    ]
    if wrong:
        raise ValueError(f"{owner}: {'; '.join(wrong)}")


def least_rows(n_steps: int, frame_stack: int) -> int:
    """Return how many rows of each environment a memory must have for its paths."""
    return 2 * (n_steps + frame_stack)


@dataclass(frozen=True)
class Settings:
    """What a family's settings can be.

    Attributes:
        numbers: The name of each number to its range.
        choices: The name of each choice to what there is to choose from.
        instead: The name of each setting of the SB3 class that would change nothing
            here to what there is in its place.
    """

    numbers: Mapping[str, Range]
    choices: Mapping[str, tuple[str, ...]]
    instead: Mapping[str, str] = field(default_factory=dict)

    def check(self, owner: str, settings: Mapping[str, Any]) -> None:
        """Raise a ValueError that names what is wrong; unknown settings pass by."""
        for key in settings:
            if key in self.instead:
                raise ValueError(f"{owner} has no {key}: {self.instead[key]}")
        check_numbers(owner, self.numbers, settings)
        for key, choices in self.choices.items():
            if key in settings:
                check_choice(owner, key, settings[key], choices)


_BOTH = {
    "temperature": POSITIVE,
    "learning_rate": Range(schedule=True),
    "n_steps": COUNT,
    "gamma": SHARE,
    "max_grad_norm": BOUND,
    "seed": Range(high=2**32 - 1, whole=True, others=(None,)),
    "stats_window_size": COUNT,
}

MEMORY_NUMBERS = {
    "buffer_size": COUNT,
    "n_envs": COUNT,
    "n_steps": COUNT,
    "gamma": SHARE,
    "frame_stack": COUNT,
}
A2C_SETTINGS = Settings(
    numbers=_BOTH
    | {
        "value_coef": Range(others=(INVERSE_TEMPERATURE,)),
        "rms_prop_eps": NOT_NEGATIVE,
        "rms_prop_decay": SHARE,
    },
    choices={"regularizer": REGULARIZERS},
    instead={
        "ent_coef": "its weight of the entropy is temperature",
        "vf_coef": "value_coef is twice that, as the weight of half a squared error",
        "gae_lambda": "its returns are those of n steps, as with lambda 1",
        "normalize_advantage": "its advantages are not normalised",
        "use_rms_prop": "another optimiser goes into policy_kwargs",
        "rollout_buffer_class": "a rollout keeps its graph, in no buffer",
        "rollout_buffer_kwargs": "a rollout keeps its graph, in no buffer",
    },
)
DQN_SETTINGS = Settings(
    numbers=_BOTH
    | {
        "adam_eps": NOT_NEGATIVE,
        "buffer_size": COUNT,
        "learning_starts": Range(whole=True),
        "batch_size": COUNT,
        "train_freq": COUNT,
        "target_update_interval": COUNT,
        "frame_stack": COUNT,
    },
    choices={"intermediate": INTERMEDIATE},
    instead={
        "tau": "the target network is copied whole, every target_update_interval",
        "gradient_steps": "it makes as many updates as there are environments",
        "exploration_fraction": "exploration has the schedule",
        "exploration_initial_eps": "exploration has the schedule",
        "exploration_final_eps": "exploration has the schedule",
        "replay_buffer_class": "its targets need the paths of PathReplayBuffer",
        "replay_buffer_kwargs": "its targets need the paths of PathReplayBuffer",
        "optimize_memory_usage": "with frame_stack, each frame is stored once",
    },
)
