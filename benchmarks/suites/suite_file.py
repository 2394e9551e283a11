"""What a suite's TOML file may hold; every problem is collected, none is the last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.records.configs import FIRST_TUNING_SEED, RESERVED, RUN_ID, SOURCES
from benchmarks.errors import ConfigError
from benchmarks.games.families import Family
from benchmarks.games.own import all_games, family_of
from benchmarks.suites.base import OPTIONAL, USER, settings
from benchmarks.suites.config import Setting
from benchmarks.suites.file_keys import (
    LAST_FIRST_SEED,
    MOST_SEEDS,
    OF_A_GROUP,
    OF_A_SUITE,
)
from benchmarks.suites.own import (
    ALGORITHMS,
    add_games,
    add_variant,
    defaults_of,
    forget,
    heeded,
)
from benchmarks.suites.own import keys_of as schema_of
from benchmarks.suites.schema import KEYS, MOST, Key, nearest


@dataclass(frozen=True)
class Group:
    """Variants of a suite that share their budget, seeds and settings.

    Attributes:
        variants: Their names.
        games: The group's own, or the suite's.
        frames: Emulator frames of a run.
        seeds: Number of seeds.
        first_seed: The least of them.
        changes: Settings that differ from the family's.
        varied: Those of them that the runs' label names.
    """

    variants: Sequence[str]
    games: Sequence[str]
    frames: Setting
    seeds: int
    first_seed: int
    changes: Mapping[str, Setting]
    varied: Sequence[str]


@dataclass(frozen=True)
class SuiteFile:
    """A suite as its file has it; ``study`` is the name that its data will have."""

    study: str
    groups: Sequence[Group]


def keys_of(variant: str, family: Family) -> tuple[str, ...]:
    """Return the settings that a variant has on the games of a family."""
    known = ALGORITHMS[variant]
    base = settings(known.family, family)
    return (*base, *known.settings, *defaults_of(known), *OPTIONAL)


def unheeded(variant: str) -> dict[str, str]:
    """Return the settings of a variant that no run would have, with what is near.

    Of those that the schema doesn't know nothing would come, and a class that does
    not take one would fail when its run begins.
    """
    settings, known = ALGORITHMS[variant].settings, heeded(ALGORITHMS[variant])
    return {key: nearest(key, known) for key in settings if key not in known}


@dataclass
class Checker:
    """Reads tables and values, and writes down what is wrong with them.

    Where a value is wrong, something harmless takes its place, so that reading goes on.

    Attributes:
        path: The suite's file.
        problems: What is wrong.
        keys: The schema: that of all suites, and what the file's own classes add.
        refused: Variants of the file's own of which something is wrong.
    """

    path: Path
    problems: list[str] = field(default_factory=list)
    keys: dict[str, Key] = field(default_factory=lambda: dict(KEYS))
    refused: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    def complain(self, key: str, problem: str) -> None:
        """Write a problem down, with its key and, unless it is an option, the file."""
        where = key if key.startswith("--") else f"{self.name}: {key}"
        self.problems.append(f"{where}: {problem}")

    def finish(self) -> None:
        """Raise a ConfigError if there was any problem."""
        if self.problems:
            raise ConfigError(tuple(dict.fromkeys(self.problems)))

    def suite(self, study: str, table: Mapping[str, Any]) -> SuiteFile:
        """Check a whole suite, whose data are to have a study's name."""
        where = self.name if study == self.path.stem else f"--study {study}"
        if not RUN_ID.fullmatch(study):
            self.problems.append(f"{where}: its name must match {RUN_ID.pattern}")
        if study in RESERVED:
            self.problems.append(
                f"{where}: results of `{study}` have that name; give it another"
            )
        self.unknown("", table, tuple(OF_A_SUITE))
        self._own(table)
        games = self.names("games", table.get("games"), all_games())
        groups = table.get("group")
        if not (isinstance(groups, list) and groups and all(map(_is_table, groups))):
            self.complain("group", "expected one or more [[group]] tables")
            groups = []
        checked = [
            self._group(f"group[{i}].", group, games) for i, group in enumerate(groups)
        ]
        return SuiteFile(study, checked)

    def _own(self, table: Mapping[str, Any]) -> None:
        """Load the user's own classes that the file names, and no others."""
        forget()
        if "family" in table:
            problems = add_games(self.path, table["family"])
            self.problems += [f"{self.name}: family{each}" for each in problems]
        own = table.get("variant", {})
        if not (_is_table(own) and all(map(_is_table, own.values()))):
            self.complain("variant", "expected [variant.NAME] tables with a class")
            return
        for name, settings_of_it in own.items():
            where = f"{self.name}: variant.{name}"
            if not RUN_ID.fullmatch(name):
                self.problems.append(f"{where}: expected the form {RUN_ID.pattern}")
                continue
            wrong = [*add_variant(name, self.path, settings_of_it)]
            self.problems += [f"{where}{each}" for each in wrong]
            if wrong:
                self.refused.add(name)
            if name in ALGORITHMS:
                self.keys |= schema_of(ALGORITHMS[name])

    def _group(
        self, where: str, table: Mapping[str, Any], games: Sequence[str]
    ) -> Group:
        self.unknown(where, table, tuple(OF_A_GROUP))
        if "games" in table:
            games = self.names(f"{where}games", table["games"], all_games())
        key = f"{where}variants"
        variants = self.names(key, table.get("variants"), tuple(ALGORITHMS))
        for variant in variants:
            if variant in self.refused:
                continue
            self.problems += [
                f"ALGORITHMS[{variant!r}]: {setting}: no setting of its runs; {near}"
                for setting, near in unheeded(variant).items()
            ]
        frames = self._count(f"{where}frames", table.get("frames"))
        seeds = self._count(f"{where}seeds", table.get("seeds"), MOST_SEEDS)
        key = f"{where}first_seed"
        first = self.count(key, table.get("first_seed", 0), LAST_FIRST_SEED, least=0)
        last = first + seeds.value - 1
        if first < FIRST_TUNING_SEED <= last:
            both = f"{first:,} to {last:,} are seeds on both sides of"
            self.complain(key, f"{both} {FIRST_TUNING_SEED:,}, where tuning's begin")
        where_to = [(v, family_of(game)) for v in variants for game in games]
        varied = self._changes(f"{where}vary", table.get("vary", {}), where_to)
        changes = self._changes(f"{where}set", table.get("set", {}), where_to)
        for key in varied.keys() & changes:
            self.complain(f"{where}vary.{key}", "is in set, too: give it once")
        return Group(
            variants,
            games,
            frames,
            seeds.value,
            first,
            {**changes, **varied},
            tuple(varied),
        )

    def _changes(
        self, where: str, table: Any, where_to: Sequence[tuple[str, Family]]
    ) -> dict[str, Setting]:
        if not _is_table(table):
            self.complain(where, "expected a table of KEY = VALUE")
            return {}
        changes = {}
        for key, entry in table.items():
            setting = self._setting(f"{where}.{key}", entry)
            if setting is None:
                continue
            value = self.value(f"{where}.{key}", key, setting.value)
            changes[key] = Setting(value, setting.source)
            lacking = [v for v, family in where_to if key not in keys_of(v, family)]
            if lacking and key in self.keys:
                names = ", ".join(dict.fromkeys(lacking))
                self.complain(f"{where}.{key}", f"{names} has no such key")
        return changes

    def unknown(
        self, where: str, table: Mapping[str, Any], known: Sequence[str]
    ) -> None:
        """Complain of every key that is not known."""
        for key in table:
            if key not in known:
                self.complain(f"{where}{key}", f"unknown key; {nearest(key, known)}")

    def names(self, key: str, names: Any, known: Sequence[str]) -> list[str]:
        """Return a list of known names, each of them once."""
        if not isinstance(names, list) or not names:
            self.complain(key, "expected a list of names")
            return []
        for name, count in Counter(map(str, names)).items():
            if name not in known:
                self.complain(key, f"unknown {name!r}; {nearest(name, known)}")
            elif count > 1:
                self.complain(key, f"{name!r} is there {count} times")
        return [name for name in names if name in known]

    def value(self, where: str, key: str, value: Any) -> Any:
        """Return a key's value in the key's own type."""
        if key not in self.keys:
            self.complain(where, f"unknown key; {nearest(key, tuple(self.keys))}")
        elif problem := self.keys[key].problem(value):
            self.complain(where, f"{problem}, not {value!r}")
        else:
            return self.keys[key].typed(value)
        return value

    def _setting(self, where: str, entry: Any) -> Setting | None:
        """A value and its source; a value alone is its user's."""
        if not isinstance(entry, dict | list):
            return Setting(entry, USER)
        if isinstance(entry, list) or set(entry) != {"value", "source"}:
            self.complain(where, 'expected a value or { value = ..., source = "..." }')
            return None
        if entry["source"] not in SOURCES:
            known = ", ".join(SOURCES)
            self.complain(where, f"source: expected one of {known}")
        return Setting(entry["value"], str(entry["source"]))

    def _count(self, where: str, entry: Any, top: int = MOST) -> Setting:
        setting = self._setting(where, entry)
        if setting is None:
            return Setting(1, "ours")
        return Setting(self.count(where, setting.value, top), setting.source)

    def count(self, where: str, value: Any, top: int = MOST, *, least: int = 1) -> int:
        """Return a whole number from ``least``, which is 0 or 1, to ``top``."""
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            what = "a whole number above 0" if least else "a whole number of at least 0"
            self.complain(where, f"expected {what}, not {value!r}")
            return least
        if value > top:
            self.complain(where, f"expected at most {top:,}, not {value:,}")
        return value


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)
