"""Families of games: what a run needs to know of the games that it plays.

A game's name says its family: ``MinAtar/Breakout`` is of the family in ``minatar.py``,
a name without a prefix is one of Atari's, in ``ale.py``. A further family is one such
file, ``<prefix in lower case>.py`` with its ``FAMILY``, and the file of its settings,
``benchmarks/suites/settings/<FAMILY.settings>.toml``. A run imports its own family
alone.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from stable_baselines3.common.vec_env import VecEnv

_WITHOUT_PREFIX = "ale"


@dataclass(frozen=True)
class Family:
    """What the games of one kind have in common; their settings are in a TOML file.

    Attributes:
        name: As a reader knows it.
        settings: Its file in ``benchmarks/suites/settings``, less the ending.
        games: The games of the paper's figures, by their full names.
        all_games: Returns every game that can be played, by their full names.
        engines: How they can be played; the first is the one to train with.
        make_env: Builds a vector environment from ``game``, ``n_envs``, ``seed`` and
            the settings of :attr:`of_the_engine`. It has exact ``get_state`` and
            ``set_state``, and ``info["episode"]`` of whole games.
        of_the_engine: Keys of a run's environment that ``make_env`` takes.
        network: Returns the ``policy_kwargs`` of its literature's network.
        packages: Whose versions decide what the games do.
        frame_bytes: What a frame takes in a replay memory, at most.
        stored_frame_bytes: What it takes in a checkpoint, compressed, about.
    """

    name: str
    settings: str
    games: tuple[str, ...]
    all_games: Callable[[], tuple[str, ...]]
    engines: tuple[str, ...]
    make_env: Callable[..., VecEnv]
    of_the_engine: tuple[str, ...]
    network: Callable[[], dict[str, Any]]
    packages: tuple[str, ...]
    frame_bytes: int
    stored_frame_bytes: int


def family_of(game: str) -> Family:
    """Return a game's family.

    Raises:
        ValueError: There is none of the prefix in the game's name.
    """
    prefix, slash, _ = game.partition("/")
    name = prefix.lower() if slash else _WITHOUT_PREFIX
    if name not in _names():
        known = ", ".join(family.name for family in families())
        raise ValueError(f"unknown game {game!r}: the families are {known}")
    return _family(name)


def families() -> tuple[Family, ...]:
    """Return all families, by name."""
    return tuple(sorted(map(_family, _names()), key=lambda family: family.name))


def all_games() -> tuple[str, ...]:
    """Return every game of every family."""
    return tuple(game for family in families() for game in family.all_games())


@cache
def _names() -> frozenset[str]:
    return frozenset(module.name for module in pkgutil.iter_modules(__path__))


@cache
def _family(name: str) -> Family:
    found: Family = import_module(f"{__name__}.{name}").FAMILY
    return found
