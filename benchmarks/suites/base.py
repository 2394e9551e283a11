"""Base settings with their sources: of algorithms, and of families of games."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.errors import ConfigError
from benchmarks.games.families import Family
from benchmarks.games.own import OwnFamily
from benchmarks.suites.config import Setting

SETTINGS = Path(__file__).parent / "settings"
# Settings that no settings file gives a value: without one, each game has its own.
OPTIONAL = ("max_frames",)
ALGORITHM_FAMILIES = ("a2c", "dqn")
USER = "user"  # the source of what a user's own class says
# Of a user's own games, unless they say otherwise: an action lasts a frame.
_OWN_GAMES = {"frame_skip": 1, "frame_stack": 1}


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        ConfigError: It can't be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError([f"{path}: can't be read: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path.name}: not TOML: {error}"]) from error


@cache
def settings(algorithm: str, games: Family) -> Mapping[str, Setting]:
    """Return base settings with their sources: later ones win.

    Args:
        algorithm: A family of algorithms, "a2c" or "dqn".
        games: A family of games; its table of the algorithm's name is for that
            algorithm alone.
    """
    merged: dict[str, Setting] = {}
    for name in ("common", algorithm):
        for section in read_toml(SETTINGS / f"{name}.toml").values():
            merged |= _sourced(section)
    ours = _of_games(games)
    for name in ("environment", algorithm):
        merged |= _sourced(ours.get(name, {}))
    return merged


def _sourced(section: Mapping[str, Any]) -> dict[str, Setting]:
    return {key: Setting(**entry) for key, entry in section.items()}


def _of_games(games: Family) -> Mapping[str, Any]:
    """Tables as a settings file has them: ``environment``, and one an algorithm."""
    if not isinstance(games, OwnFamily):
        return read_toml(SETTINGS / f"{games.settings}.toml")
    tables = own_tables(games.own_settings)
    return {
        name: {key: {"value": value, "source": USER} for key, value in table.items()}
        for name, table in tables.items()
    }


def own_tables(given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Sort the settings of a user's games: everyone's, and those of an algorithm."""
    special = {name: dict(given[name]) for name in ALGORITHM_FAMILIES if name in given}
    plain = {key: value for key, value in given.items() if key not in special}
    return {"environment": _OWN_GAMES | plain, **special}
