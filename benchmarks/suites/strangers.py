"""Two suites of one name must not become one study.

A run's id holds all of its settings, so that no run takes another's place. But what is
drawn and tabulated together is what has the study's name: the runs of another file of
that name, or of this one before it was edited, would stand beside this one's as if they
had been planned with it. What a user narrows or changes for one command is recorded
with each run, and described by the suite all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from analysis.records.configs import check_config
from analysis.records.errors import RecordError
from analysis.records.record import CONFIG_FILE, has_begun, read_config, read_json
from analysis.records.study import CONFIGS_FILE
from benchmarks.errors import UsageError
from benchmarks.suites.config import SECTIONS, RunConfig
from benchmarks.suites.own import ALGORITHMS, keys_of
from benchmarks.suites.schema import Key
from benchmarks.suites.suite import read_suite, runs_like
from benchmarks.suites.suite_file import SuiteFile


def check_one_suite(results: Path, suite: str, study: str | None = None) -> None:
    """Refuse to add to a study that has runs which the suite doesn't describe.

    Args:
        results: The folder of all results.
        suite: Name of a suite of the project, or the path of a TOML file.
        study: The study's name, if it is not the suite's.

    Raises:
        UsageError: There are such runs; one is named, and how it differs.
    """
    file = read_suite(suite, study)
    others: dict[str, str] = {}
    for record in _records(results, file.study):
        if difference := _difference(file, record):
            others[record["run_id"]] = difference
    if not others:
        return
    example, difference = next(iter(others.items()))
    raise UsageError(
        f"{results} holds {len(others)} run{'s' * (len(others) > 1)} of a study "
        f"{file.study!r} that {suite} does not describe ({example}: {difference}): "
        "another suite's, or an earlier version's. They would be drawn as one study: "
        "give another --results or --study, or the suite's file another name"
    )


def _records(results: Path, study: str) -> Iterator[Mapping[str, Any]]:
    """The readable configurations of a study; what is mangled is export's to name."""
    for path in sorted(results.glob(f"runs/*/{CONFIG_FILE}")):
        try:
            config = read_config(path)
        except (RecordError, OSError):
            continue
        if config["study"] == study and has_begun(path.parent):
            yield config
    path = results / "data" / study / CONFIGS_FILE
    try:
        configs = read_json(path)
        for config in configs.values():
            check_config(path, config)
            yield config
    except (RecordError, OSError, AttributeError):
        return


def _difference(file: SuiteFile, record: Mapping[str, Any]) -> str:
    """The first settings in which a record is none of the suite's runs, "" if it is."""
    found = [_settings_apart(record, run) for run in runs_like(file, record)]
    if not found:
        return f"the suite has no {record['variant']} on {record['game']}"
    return min(found, key=len)


def _settings_apart(record: Mapping[str, Any], run: RunConfig) -> str:
    # Only what a suite can say, and both have: settings that are new to the project, or
    # another numerics version, make no other suite. The tables mark the latter.
    known = keys_of(ALGORITHMS[run.variant])
    theirs = {**_settable(record, known), **_told_apart(record)}
    ours = {**_settable(run.record(), known), **_told_apart(run.record())}
    apart = [
        f"{key}={theirs[key]}, not {ours[key]}"
        for key in theirs.keys() & ours.keys()
        if theirs[key] != ours[key]
    ]
    return "; ".join(sorted(apart))


def _settable(record: Mapping[str, Any], known: Mapping[str, Key]) -> dict[str, Any]:
    merged = {key: value for part in SECTIONS for key, value in record[part].items()}
    merged["threads"] = record["threads"]
    return {key: value for key, value in merged.items() if key in known}


def _told_apart(record: Mapping[str, Any]) -> dict[str, Any]:
    """What tells runs apart beside their settings: frames, a user's own classes."""
    return {"frames": record["frames"], **record.get("own", {})}
