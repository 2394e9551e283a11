"""From suites and the user's choice to runs: everything is checked, then resolved."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from algorithms import Variant
from algorithms.settings import least_rows
from analysis.records.configs import FIRST_TUNING_SEED
from benchmarks.errors import ConfigError
from benchmarks.games.own import all_games, family_of
from benchmarks.suites.base import read_toml, settings
from benchmarks.suites.config import NUMERICS_VERSION, SECTIONS, RunConfig, Setting
from benchmarks.suites.file_keys import LAST_FIRST_SEED, MOST_SEEDS
from benchmarks.suites.own import (
    ALGORITHMS,
    defaults_of,
    own_games,
    own_of,
    refusal,
)
from benchmarks.suites.own import keys_of as schema_of
from benchmarks.suites.schema import FACTS, nearest
from benchmarks.suites.suite_file import Checker, Group, SuiteFile, keys_of

SUITES = Path(__file__).parent


@dataclass(frozen=True)
class Selection:
    """What the command line changes of a suite; None leaves it as it is.

    Attributes:
        games: Games instead of the suite's.
        only: Variants to keep.
        seeds: Number of seeds of every variant.
        first_seed: The least of them.
        frames: Emulator frames of every run.
        values: Any key of ``schema.KEYS`` to a value.
        study: Name of the study that the runs' data become, instead of the suite's.
    """

    games: Sequence[str] | None = None
    only: Sequence[str] | None = None
    seeds: int | None = None
    first_seed: int | None = None
    frames: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    study: str | None = None


def suite_names() -> list[str]:
    """Names of the suites that come with the project."""
    return sorted(path.stem for path in SUITES.glob("*.toml"))


def describe(suite: str) -> str:
    """Return what a suite of the project says of itself."""
    return str(read_toml(SUITES / f"{suite}.toml").get("description", ""))


def load_suite(suite: str, selection: Selection | None = None) -> list[RunConfig]:
    """Resolve every run of a suite, in the order to run them.

    Args:
        suite: Name of a suite of the project, or the path of a TOML file.
        selection: What the user changes.

    Raises:
        ConfigError: All problems of the file and the selection, each with its key.
    """
    wanted = selection or Selection()
    file, checker = _read(suite, wanted.study)
    chosen = _checked(wanted, file, checker)
    checker.finish()
    runs = list(_runs(file, chosen))
    for run in runs:
        _check_together(run, checker)
    _check_unique(runs, checker)
    checker.finish()
    return runs


def read_suite(suite: str, study: str | None = None) -> SuiteFile:
    """Read the file of a suite, as :func:`load_suite` finds it.

    Raises:
        ConfigError: All problems of the file, and of the study's name.
    """
    file, checker = _read(suite, study)
    checker.finish()
    return file


def _read(suite: str, study: str | None) -> tuple[SuiteFile, Checker]:
    path = _suite_path(suite)
    checker = Checker(path)
    name = path.stem if study is None else study
    if name in suite_names() and path.resolve() != (SUITES / f"{name}.toml").resolve():
        where = suite if study is None else f"--study {study}"
        taken = f"the project has a suite {name!r}, and one study would hold both"
        raise ConfigError([f"{where}: {taken}; give it another name"])
    return checker.suite(name, read_toml(path)), checker


def _suite_path(suite: str) -> Path:
    # Only a name that is listed, or an explicit TOML file, becomes a path.
    names = suite_names()
    if suite in names:
        return SUITES / f"{suite}.toml"
    if not suite.endswith(".toml"):
        near = nearest(suite, names)
        raise ConfigError([f"unknown suite {suite!r}; {near}; or the path of a .toml"])
    return Path(suite)


def runs_like(file: SuiteFile, record: Mapping[str, Any]) -> list[RunConfig]:
    """Return the runs of a suite that a record may be of, with its user's changes.

    Args:
        file: The suite.
        record: The content of a ``config.json``.
    """
    variant, changes = record["variant"], record["overrides"]
    if record["game"] not in all_games() or variant not in ALGORITHMS:
        return []
    chosen = Selection(frames=changes.get("frames"), values=changes)
    place = variant, record["game"], record["seed"]
    return [
        _resolve(file.study, *place, group, chosen)
        for group in file.groups
        if variant in group.variants
    ]


def _checked(chosen: Selection, file: SuiteFile, checker: Checker) -> Selection:
    """Check a selection; return it with every value in its key's type."""
    if chosen.games is not None:
        checker.names("--games", list(chosen.games), all_games())
    variants = [variant for group in file.groups for variant in group.variants]
    if chosen.only is not None:
        checker.names("--only", list(chosen.only), variants)
    if chosen.seeds is not None:
        seeds = checker.count("--seeds", chosen.seeds, MOST_SEEDS)
        chosen = replace(chosen, seeds=seeds)
    if chosen.first_seed is not None:
        _check_first_seed(chosen, file, checker)
    if chosen.frames is not None:
        checker.count("--frames", chosen.frames)
    kept = (
        variants if chosen.only is None else [v for v in chosen.only if v in variants]
    )
    games = chosen.games or [game for group in file.groups for game in group.games]
    there = {family_of(game) for game in games if game in all_games()}
    has = {k for variant in kept for family in there for k in keys_of(variant, family)}
    values = {}
    for key, value in chosen.values.items():
        values[key] = checker.value(f"--set {key}", key, value)
        if key in checker.keys and has and key not in has:
            checker.complain(f"--set {key}", "none of the chosen variants has it")
    return replace(chosen, values=values)


def _check_first_seed(chosen: Selection, file: SuiteFile, checker: Checker) -> None:
    """No seed of a study may be one for tuning, nor the other way round."""
    key = "--first-seed"
    first = checker.count(key, chosen.first_seed, LAST_FIRST_SEED, least=0)
    if first != chosen.first_seed or first > LAST_FIRST_SEED:
        return
    for group, seeds in _seeds(file, chosen):
        if chosen.only is not None and not set(chosen.only) & set(group.variants):
            continue
        tuning = group.first_seed >= FIRST_TUNING_SEED
        if tuning and seeds.start < FIRST_TUNING_SEED:
            where = f"below {FIRST_TUNING_SEED:,}: those are for results"
        elif not tuning and seeds.stop > FIRST_TUNING_SEED:
            where = f"from {FIRST_TUNING_SEED:,} on: those are for tuning"
        else:
            continue
        checker.complain(key, f"{file.study} has no seed {where}")
        return


def _check_together(run: RunConfig, checker: Checker) -> None:
    """What only a resolved run shows: settings that don't go together."""
    if "reseed_interval" in set(run.overrides) - set(run.environment):
        checker.complain("--set reseed_interval", "only engine=native has it")
    for key, expected in _family_problems(run):
        where = f"--set {key}" if key in run.overrides else key
        checker.complain(where, f"expected {expected} on {run.game}")
    if problem := refusal(ALGORITHMS[run.variant], run.hyperparameters):
        checker.complain(run.variant, problem)
    if run.family == "dqn":
        n_envs, stack = (run.environment[key] for key in ("n_envs", "frame_stack"))
        least = n_envs * least_rows(run.hyperparameters["n_steps"], stack)
        if (size := run.hyperparameters["buffer_size"]) < least:
            needed = f"n_steps and n_envs need {least} rows at least"
            checker.complain(run.variant, f"buffer_size={size} is too small: {needed}")


def _family_problems(run: RunConfig) -> Iterator[tuple[str, str]]:
    """Yield settings that the family of a run's game doesn't have, and what it has."""
    family = family_of(run.game)
    base = settings(run.family, family)
    allowed = {key: (base[key].value,) for key in FACTS if key in base}
    for key, choices in {"engine": family.engines, **allowed}.items():
        if run.environment[key] not in choices:
            yield key, " or ".join(json.dumps(choice).strip('"') for choice in choices)


def _check_unique(runs: Sequence[RunConfig], checker: Checker) -> None:
    seen: set[str] = set()
    for run in runs:
        if run.run_id in seen:
            checker.complain(run.variant, "two groups ask for the same runs")
        seen.add(run.run_id)


def _runs(file: SuiteFile, chosen: Selection) -> list[RunConfig]:
    """All arms and games with one seed before any with the next.

    What is done at any moment then compares all of them with as many seeds.
    """
    groups = list(_seeds(file, chosen))
    return [
        _resolve(file.study, variant, game, seeds[block], group, chosen)
        for block in range(max(len(seeds) for _, seeds in groups))
        for group, seeds in groups
        if block < len(seeds)
        for variant in group.variants
        if chosen.only is None or variant in chosen.only
        for game in (chosen.games or group.games)
    ]


def _seeds(file: SuiteFile, chosen: Selection) -> Iterator[tuple[Group, range]]:
    """Yield each group of a suite with the seeds that are asked of it."""
    for group in file.groups:
        first = group.first_seed if chosen.first_seed is None else chosen.first_seed
        yield group, range(first, first + (chosen.seeds or group.seeds))


def _resolve(
    study: str, variant: str, game: str, seed: int, group: Group, chosen: Selection
) -> RunConfig:
    """Merge base, group, variant and user settings, later ones winning."""
    known = ALGORITHMS[variant]
    family = family_of(game)
    planned = dict(settings(known.family, family))
    planned |= _of_variant(known, defaults_of(known))
    planned |= dict(group.changes)
    planned |= _of_variant(known, known.settings)
    planned["frames"] = group.frames
    wanted = {k: v for k, v in chosen.values.items() if k in keys_of(variant, family)}
    if chosen.frames is not None:
        wanted["frames"] = chosen.frames
    # What is as it was planned is no change: the run, its label and its id stay.
    overrides = {
        key: value
        for key, value in wanted.items()
        if key not in planned or planned[key].value != value
    }
    merged = planned | {key: Setting(value, "ours") for key, value in overrides.items()}
    varied = {key: merged[key].value for key in group.varied}
    if merged["engine"].value != "native":
        merged.pop("reseed_interval", None)
    keys = schema_of(known)
    sections: dict[str, dict[str, Any]] = {
        name: {
            key: setting.value
            for key, setting in merged.items()
            if key in keys and keys[key].section == name
        }
        for name in SECTIONS
    }
    return RunConfig(
        study=study,
        variant=variant,
        game=game,
        seed=seed,
        frames=merged["frames"].value,
        threads=merged["threads"].value,
        overrides=varied | overrides,
        numerics=NUMERICS_VERSION,
        own=own_of(known) | own_games(game),
        sources={key: setting.source for key, setting in merged.items()},
        **sections,
    )


def _of_variant(known: Variant, values: Mapping[str, Any]) -> dict[str, Setting]:
    return {key: Setting(value, known.source(key)) for key, value in values.items()}
