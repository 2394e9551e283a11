"""From suite files to runs: read, check everything at once, resolve."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from algorithms import ALGORITHMS
from benchmarks.config import SECTIONS, ConfigError, RunConfig, Setting
from benchmarks.games import all_games
from benchmarks.schema import KEYS, SOURCES, nearest

HERE = Path(__file__).parent
SUITES = HERE / "suites"
SETTINGS = HERE / "settings"
# Settings that no settings file gives a value: without one, each game has its own.
OPTIONAL = ("max_frames",)


@dataclass(frozen=True)
class Selection:
    """What the command line changes of a suite; None leaves it as it is.

    Attributes:
        games: Games instead of the suite's.
        only: Variants to keep.
        seeds: Number of seeds of every variant.
        frames: Emulator frames of every run.
        values: Any key of ``schema.KEYS`` to a value.
    """

    games: Sequence[str] | None = None
    only: Sequence[str] | None = None
    seeds: int | None = None
    frames: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


def suite_names() -> list[str]:
    """Names of the suites that come with the project."""
    return sorted(path.stem for path in SUITES.glob("*.toml"))


def describe(suite: str) -> str:
    """Return what a suite of the project says of itself."""
    return str(_toml(SUITES / f"{suite}.toml").get("description", ""))


def load_suite(suite: str, selection: Selection | None = None) -> list[RunConfig]:
    """Resolve every run of a suite, in the order to run them.

    Args:
        suite: Name of a suite of the project, or the path of a TOML file.
        selection: What the user changes.

    Raises:
        ConfigError: All problems of the file and the selection, each with its key.
    """
    path = Path(suite) if suite.endswith(".toml") else SUITES / f"{suite}.toml"
    if not path.is_file():
        raise ConfigError([f"unknown suite {suite!r}; {nearest(suite, suite_names())}"])
    reader = _Reader(path.name)
    runs = reader.runs(path.stem, _toml(path), selection or Selection())
    if reader.problems:
        raise ConfigError(reader.problems)
    return runs


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path.name}: not TOML: {error}"]) from error


def settings(family: str) -> dict[str, Setting]:
    """Return the base settings of a family with their sources."""
    merged: dict[str, Setting] = {}
    for name in ("common", family):
        for section in _toml(SETTINGS / f"{name}.toml").values():
            merged |= {key: Setting(**entry) for key, entry in section.items()}
    return merged


class _Reader:
    """Reads one suite and collects its problems instead of stopping at the first."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[str] = []

    def complain(self, key: str, problem: str) -> None:
        where = key if key.startswith("--") else f"{self.name}: {key}"
        self.problems.append(f"{where}: {problem}")

    def runs(
        self, study: str, suite: dict[str, Any], chosen: Selection
    ) -> list[RunConfig]:
        self._unknown("", suite, ["description", "games", "group"])
        games = self._names("games", suite.get("games"), all_games())
        groups = suite.get("group")
        if not isinstance(groups, list) or not groups:
            self.complain("group", "expected one or more [[group]] tables")
            groups = []
        resolved = [self._group(i, group) for i, group in enumerate(groups)]
        games = self._chosen_games(games, chosen)
        self._check_selection(chosen, [v for group in resolved for v in group[0]])
        if self.problems:
            return []
        runs = [
            _resolve(study, variant, game, seed, changes, frames, chosen)
            for variants, frames, seeds, changes in resolved
            for seed in range(chosen.seeds or seeds)
            for variant in variants
            if chosen.only is None or variant in chosen.only
            for game in games
        ]
        self._check_runs(runs, chosen)
        return runs

    def _check_runs(self, runs: list[RunConfig], chosen: Selection) -> None:
        """What only a resolved run shows: settings that don't go together."""
        for key in chosen.values:
            if not any(key in run.overrides for run in runs):
                self.complain(f"--set {key}", "none of the chosen variants has it")
        for variant, run in {run.variant: run for run in runs}.items():
            try:
                ALGORITHMS[variant].algorithm.check_settings(**run.hyperparameters)
            except ValueError as error:
                self.complain(variant, str(error))

    def _unknown(
        self, where: str, table: Mapping[str, Any], known: Sequence[str]
    ) -> None:
        for key in table:
            if key not in known:
                self.complain(f"{where}{key}", f"unknown key; {nearest(key, known)}")

    def _names(self, key: str, names: Any, known: Sequence[str]) -> list[str]:
        if not isinstance(names, list) or not names:
            self.complain(key, "expected a list of names")
            return []
        for name in names:
            if name not in known:
                self.complain(key, f"unknown {name!r}; {nearest(str(name), known)}")
        return names

    def _group(
        self, number: int, group: dict[str, Any]
    ) -> tuple[list[str], Setting, int, dict[str, Setting]]:
        where = f"group[{number}]."
        self._unknown(where, group, ["variants", "frames", "seeds", "set"])
        variants = self._names(
            f"{where}variants", group.get("variants"), list(ALGORITHMS)
        )
        frames = self._count(f"{where}frames", group.get("frames"))
        seeds = self._count(f"{where}seeds", group.get("seeds"))
        changes = {}
        for key, entry in group.get("set", {}).items():
            setting = self._setting(f"{where}set.{key}", entry)
            self._check_value(f"{where}set.{key}", key, setting.value)
            changes[key] = setting
        return variants, frames, seeds.value, changes

    def _setting(self, where: str, entry: Any) -> Setting:
        if not isinstance(entry, dict) or set(entry) != {"value", "source"}:
            self.complain(where, 'expected { value = ..., source = "..." }')
            return Setting(None, "ours")
        if entry["source"] not in SOURCES:
            self.complain(where, f"source: expected one of {', '.join(SOURCES)}")
        return Setting(entry["value"], str(entry["source"]))

    def _count(self, where: str, entry: Any) -> Setting:
        setting = self._setting(where, entry)
        value = setting.value
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            self.complain(where, f"expected a whole number above 0, not {value!r}")
            return Setting(1, setting.source)
        return setting

    def _check_value(self, where: str, key: str, value: Any) -> None:
        if key not in KEYS:
            self.complain(where, f"unknown key; {nearest(key, list(KEYS))}")
        elif problem := KEYS[key].problem(value):
            self.complain(where, f"{problem}, not {value!r}")

    def _chosen_games(self, games: list[str], chosen: Selection) -> list[str]:
        if chosen.games is None:
            return games
        return self._names("--games", list(chosen.games), all_games())

    def _check_selection(self, chosen: Selection, variants: list[str]) -> None:
        if chosen.only is not None:
            self._names("--only", list(chosen.only), variants)
        for option, count in (("--seeds", chosen.seeds), ("--frames", chosen.frames)):
            if count is not None and count < 1:
                self.complain(option, f"expected a whole number above 0, not {count}")
        for key, value in chosen.values.items():
            self._check_value(f"--set {key}", key, value)


def _resolve(
    study: str,
    variant: str,
    game: str,
    seed: int,
    changes: Mapping[str, Setting],
    frames: Setting,
    chosen: Selection,
) -> RunConfig:
    """Merge base, group, variant and user settings, later ones winning."""
    known = ALGORITHMS[variant]
    merged = settings(known.family) | dict(changes)
    merged |= {key: Setting(value, "paper") for key, value in known.settings.items()}
    has = (*merged, *OPTIONAL)
    overrides = {key: value for key, value in chosen.values.items() if key in has}
    merged |= {key: Setting(value, "ours") for key, value in overrides.items()}
    if chosen.frames is not None:
        frames = Setting(chosen.frames, "ours")
        overrides["frames"] = chosen.frames
    sections: dict[str, dict[str, Any]] = {
        name: {k: s.value for k, s in merged.items() if KEYS[k].section == name}
        for name in SECTIONS
    }
    sources = {key: setting.source for key, setting in merged.items()}
    return RunConfig(
        study=study,
        variant=variant,
        game=game,
        seed=seed,
        frames=frames.value,
        threads=merged["threads"].value,
        overrides=overrides,
        sources=sources | {"frames": frames.source},
        **sections,
    )
