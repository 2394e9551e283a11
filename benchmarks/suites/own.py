"""A user's own algorithms and games: from beside the suite file that names them.

Their code runs in a process that reads such a file because its user gave it (``plan``,
``run``, ``status``, and whatever takes ``--suite``), and in no other: records only name
it, and what shows records imports nothing of it.
"""

from __future__ import annotations

import inspect
from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import algorithms
from algorithms import HardDQN, Variant
from benchmarks.errors import UsageError
from benchmarks.games.own import (
    OwnFamily,
    OwnGames,
    families,
    family_of,
    register,
    unregister,
)
from benchmarks.suites.base import OPTIONAL, USER, own_tables, settings
from benchmarks.suites.own_modules import in_a_line, load
from benchmarks.suites.own_signature import REQUIRED, parameters, signature
from benchmarks.suites.schema import KEYS, Key, nearest

_OWN: dict[str, Variant] = {}
_GAMES: dict[str, OwnFamily] = {}
# The project's variants, and those of the suite files that this process has read.
ALGORITHMS: Mapping[str, Variant] = MappingProxyType(
    ChainMap(_OWN, dict(algorithms.ALGORITHMS))
)


@dataclass(frozen=True)
class OwnVariant(Variant):
    """A variant whose class is a user's.

    Attributes:
        reference: ``module:Class``, as the suite file has it.
        keys: The settings that the class has beside its family's.
        defaults: What the class's own signature says, of these and of its family's.
    """

    reference: str = ""
    keys: Mapping[str, Key] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def source(self, key: str) -> str:
        """Where one of its settings comes from."""
        return USER

    @property
    def own(self) -> dict[str, str]:
        """What records say of it."""
        return {"algorithm": self.reference, "family": self.family}


def keys_of(variant: Variant) -> Mapping[str, Key]:
    """Return the schema of a variant's settings: everyone's, and its class's own."""
    return {**KEYS, **getattr(variant, "keys", {})}


def defaults_of(variant: Variant) -> Mapping[str, Any]:
    """Return what a user's class sets apart by its signature; nothing of others."""
    found: Mapping[str, Any] = getattr(variant, "defaults", {})
    return found


def own_of(variant: Variant) -> dict[str, str]:
    """Return what records say of a user's class; nothing of others."""
    found: dict[str, str] = getattr(variant, "own", {})
    return found


def forget() -> None:
    """Have only the project's variants and games known, until another suite is read."""
    _OWN.clear()
    _GAMES.clear()
    unregister()


def check_loaded(variant: str, own: Mapping[str, str]) -> None:
    """Refuse to run classes that a record names and no suite file that was read.

    Args:
        variant: Of a run.
        own: What its record says of a user's own classes.

    Raises:
        UsageError: One of them was not loaded.
    """
    known = own_of(ALGORITHMS[variant]) if variant in ALGORITHMS else {}
    loaded = {*known.values(), *_GAMES}
    named = [text for key, text in own.items() if key != "family"]
    if missing := [text for text in named if text not in loaded]:
        raise UsageError(
            f"{', '.join(missing)}: a user's own code runs only where a suite file "
            "names it, and none that does was given: --suite FILE"
        )


def refusal(variant: Variant, settings: Mapping[str, Any]) -> str:
    """Say in a line why a class refuses its settings together; "" if it takes them."""
    try:
        variant.algorithm.check_settings(**settings)
    except ValueError as error:
        return str(error)
    except (Exception, SystemExit) as error:
        if not own_of(variant):
            raise
        expected = "a class method that takes every setting and raises ValueError"
        return f"check_settings: expected {expected}, not {in_a_line(error)}"
    return ""


# ------------------------------------------------------------------ algorithms


def add_variant(name: str, suite: Path, table: Mapping[str, Any]) -> Iterator[str]:
    """Read one ``[variant.NAME]`` table and register it; yield what is wrong with it.

    Args:
        name: What suites, records and legends call it.
        suite: The suite file.
        table: ``class`` and any settings of it.
    """
    if name in algorithms.ALGORITHMS:
        yield ": the project has a variant of that name; give it another"
        return
    given = dict(table)
    try:
        found = load(suite, given.pop("class", None))
        keys, defaults = signature(found)
    except UsageError as error:
        _OWN[name] = Variant(HardDQN)  # so that reading goes on
        yield f".class: {error}"
        return
    schema = {**KEYS, **keys}
    settings, defaults = _typed(schema, given), _typed(schema, defaults)
    variant = OwnVariant(found, settings, (), table["class"], keys, defaults)
    _OWN[name] = variant
    yield from _wrong_settings(variant)


def _typed(schema: Mapping[str, Key], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values in their keys' types; those that are wrong, to be told, as they are."""
    return {
        key: value
        if key not in schema or schema[key].problem(value)
        else schema[key].typed(value)
        for key, value in values.items()
    }


def _wrong_settings(variant: OwnVariant) -> Iterator[str]:
    known, schema, owner = heeded(variant), keys_of(variant), variant.reference
    for key, value in variant.settings.items():
        if key not in known:
            yield f".{key}: {owner} has no such setting; {nearest(key, known)}"
        elif problem := schema[key].problem(value):
            yield f".{key}: {problem}, not {value!r}"
    for key, value in variant.defaults.items():
        if key in variant.settings:
            continue
        if value is REQUIRED:
            yield f".{key}: {owner} has no default of it: give one"
        elif problem := schema[key].problem(value):
            yield f".{key}: {problem}, not {value!r}, the default in the signature"


def heeded(variant: Variant) -> list[str]:
    """Return the settings that the runs of a variant can have."""
    base = {key for each in families() for key in settings(variant.family, each)}
    takes = {k for c in variant.algorithm.__mro__ for k in parameters(c)}
    own = getattr(variant, "keys", {})
    return [*own, *(k for k in KEYS if k in base or k in OPTIONAL or k in takes)]


# ------------------------------------------------------------------ games


def add_games(suite: Path, reference: str) -> Iterator[str]:
    """Register the games of a suite file's ``family``; yield what is wrong."""
    try:
        kind = load(suite, reference)
        if not (inspect.isclass(kind) and issubclass(kind, OwnGames)):
            raise UsageError(f"expected a subclass of OwnGames, not {kind!r}")
        if wrong := list(_wrong_games(kind)):
            yield from wrong
            return
        _GAMES[reference] = register(kind)
    except (UsageError, ValueError) as error:
        yield f": {error}"


def _wrong_games(kind: type[OwnGames]) -> Iterator[str]:
    for table in own_tables(kind.settings).values():
        for key, value in table.items():
            where = f": {kind.__name__}.settings: {key}"
            if key not in KEYS:
                yield f"{where}: unknown key; {nearest(key, tuple(KEYS))}"
            elif problem := KEYS[key].problem(value):
                yield f"{where}: {problem}, not {value!r}"


def own_games(game: str) -> dict[str, str]:
    """Return what records say of a user's games; nothing of others."""
    references = {family: reference for reference, family in _GAMES.items()}
    reference = references.get(family_of(game))  # type: ignore[call-overload]
    return {"games": reference} if reference else {}
