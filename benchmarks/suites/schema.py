"""Every key that a suite or the command line can set: its type, range and section."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Key:
    """One setting: its section in a run's configuration, its type and its range.

    Numbers are above ``above``, and at most ``top``. ``means`` says what no docstring
    of an algorithm does.
    """

    section: str
    kind: type
    choices: tuple[Any, ...] = ()
    top: float = math.inf
    above: float = 0
    means: str = ""

    @property
    def expected(self) -> str:
        """Say what a value can be."""
        if self.choices:
            return " or ".join(map(as_typed, self.choices))
        if self.kind is str:
            return _SCHEDULE
        limit = "" if self.top == math.inf else f" and at most {self.top:g}"
        return f"{_NAMES[self.kind]} above {self.above:g}{limit}"

    def problem(self, value: Any) -> str | None:
        """Say what was expected, or None when the value will do."""
        if self.choices:
            return None if self._is_choice(value) else f"expected {self.expected}"
        if self.kind is str:
            return None if _is_schedule(value) else f"expected {self.expected}"
        if isinstance(value, bool) or not isinstance(value, _accepted(self.kind)):
            return f"expected {_NAMES[self.kind]}"
        if not (self.above < value <= self.top and math.isfinite(value)):
            return f"expected {self.expected}"
        return None

    def typed(self, value: Any) -> Any:
        """Return a good value in its own type: 1 and 1.0 are one configuration."""
        return float(value) if self.kind is float else value

    def _is_choice(self, value: Any) -> bool:
        # To Python, True equals 1 and False equals 0.
        same_kind = isinstance(value, bool) == (self.kind is bool)
        return same_kind and value in self.choices


def as_typed(choice: Any) -> str:
    """A value as its user types it."""
    return str(choice).lower() if isinstance(choice, bool) else str(choice)


_NAMES = {int: "a whole number", float: "a number"}
_SCHEDULE = (
    '"POSITION:VALUE ..." with positions that rise from 0, in fractions of training up '
    "to 1, or in emulator frames"
)


def _accepted(kind: type) -> Any:
    return (int, float) if kind is float else (kind,)


def parse_schedule(text: str) -> list[tuple[float, float]]:
    """Read "0:1 0.02:0.1" as points (position, value).

    Positions are fractions of training, or, if one is above 1, emulator frames.

    Raises:
        ValueError: The text has another form, or the positions don't rise from 0.
    """
    points = [tuple(map(float, point.split(":"))) for point in text.split()]
    positions = [position for position, _ in points]
    rising = all(a < b for a, b in itertools.pairwise(positions))
    if not rising or positions[:1] != [0.0] or not math.isfinite(positions[-1]):
        raise ValueError(_SCHEDULE)
    return [(position, value) for position, value in points]


def as_fractions(
    points: Sequence[tuple[float, float]], frames: int
) -> list[tuple[float, float]]:
    """Return a schedule's points with positions in fractions of ``frames``."""
    if points[-1][0] <= 1:
        return list(points)
    return [(position / frames, value) for position, value in points]


def _is_schedule(value: Any) -> bool:
    try:
        return all(0 <= v <= 1 for _, v in parse_schedule(value))
    except (AttributeError, ValueError):
        return False


MOST = 10**12  # of frames, steps and rows: far more than anyone trains for
MOST_ENVS = 1_000  # as far apart as the seeds of two runs' games are
TINY = 1e-30  # below, a number is 0 to float32, or soon divides something by 0

_WHOLE = Key("hyperparameters", int, top=MOST)
_SHARE = Key("hyperparameters", float, top=1)
_EPSILON = Key("hyperparameters", float, top=1, above=TINY)
_SWITCH = Key("hyperparameters", bool, choices=(True, False))

KEYS: Mapping[str, Key] = MappingProxyType(
    {
        "temperature": Key("hyperparameters", float, top=1e6, above=1e-6),
        "regularizer": Key("hyperparameters", str, choices=("entropy", "kl")),
        "value_coef": Key("hyperparameters", float, top=1e6),
        "scaled": _SWITCH,
        "n_steps": Key("hyperparameters", int, top=1_000),
        "gamma": _SHARE,
        "learning_rate": _SHARE,
        "learning_rate_schedule": Key(
            "hyperparameters",
            str,
            choices=("linear", "constant"),
            means="Whether the learning rate falls to 0 over training, or stays.",
        ),
        "max_grad_norm": Key("hyperparameters", float, top=TINY**-1),
        # At 1 the mean of squared gradients would never move.
        "rms_prop_decay": Key("hyperparameters", float, top=0.999999),
        "rms_prop_eps": _EPSILON,
        "intermediate": Key(
            "hyperparameters", str, choices=("none", "expected", "sampled")
        ),
        "double_q": _SWITCH,
        "printed": _SWITCH,
        "adam_eps": _EPSILON,
        "batch_size": Key("hyperparameters", int, top=100_000),
        "train_freq": _WHOLE,
        "buffer_size": _WHOLE,
        "learning_starts": _WHOLE,
        "target_update_interval": _WHOLE,
        "exploration": Key("hyperparameters", str),
        "n_envs": Key(
            "environment",
            int,
            top=MOST_ENVS,
            means="Games that a run plays side by side.",
        ),
        "engine": Key(
            "environment",
            str,
            choices=("exact", "reference", "native"),
            means="How the games are played: exact has the bits of SB3's wrappers, "
            "which are reference; native is ale-py's own vector.",
        ),
        # A game begins with up to 30 idle frames and two actions of four.
        "max_frames": Key(
            "environment",
            int,
            top=10**9,
            above=38,
            means="Emulator frames after which a game is cut off.",
        ),
        "frame_skip": Key(
            "environment",
            int,
            choices=(1, 4),
            means="Emulator frames an action.",
        ),
        "frame_stack": Key(
            "environment",
            int,
            choices=(1, 4),
            means="Frames an observation.",
        ),
        "sticky_actions": Key(
            "environment",
            float,
            choices=(0.0, 0.1),
            means="How probably a game repeats the last action in place of the next.",
        ),
        "difficulty_ramping": Key(
            "environment",
            bool,
            choices=(True, False),
            means="Whether a game grows harder with time.",
        ),
        "threads": Key("machine", int, top=1_024, means="Threads of a run's process."),
        "precision": Key(
            "environment",
            str,
            choices=("float32", "mixed", "bfloat16"),
            means="Of a network's arithmetic; mixed: forward as float32, backward as "
            "bfloat16.",
        ),
        "reseed_interval": Key(
            "environment",
            int,
            top=MOST,
            means="Of engine=native alone: agent steps after which a game that ends "
            "gets a new seed.",
        ),
        "device": Key(
            "environment", str, choices=("cpu", "cuda"), means="Where the network is."
        ),
        "log_interval": Key(
            "environment",
            int,
            top=MOST,
            means="Emulator frames between two rows of metrics.",
        ),
    }
)

# Of a family of games: recorded with every run, and not to be changed.
FACTS = frozenset({"frame_skip", "frame_stack", "sticky_actions", "difficulty_ramping"})


def nearest(name: str, known: Sequence[str]) -> str:
    """Return "nearest are A, B", or all that is known when nothing is near."""
    lower = {k.lower(): k for k in known}
    near = [lower[k] for k in get_close_matches(name.lower(), lower, n=3, cutoff=0.5)]
    return f"nearest: {', '.join(near)}" if near else f"known: {', '.join(known)}"
