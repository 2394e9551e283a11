"""What a run's ``config.json`` must hold."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from analysis.records.errors import RecordError

SOURCES = ("paper", "baselines-2017", "young-tian-2019", "inferred", "ours", "user")
RUN_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,120}")
# Folders of results/data that hold no study.
RESERVED = ("theory", "speed", "speed-minatar", "cost", "faults", "random")
FIRST_TUNING_SEED = 1_000  # seeds from here on are for tuning alone; no result has any
FIRST_NUMERICS = 1  # of runs from before their versions were counted

# What a user's own classes are called, and the digests of their modules' sources; runs
# of the project's alone have neither.
OWN = ("own", "own_code")

_TEXTS = ("run_id", "label", "variant", "family", "game", "study")
_COUNTS = ("seed", "frames", "threads")
_MAPPINGS = ("hyperparameters", "environment", "overrides", "sources", "versions")
_ENTRY = {"frames": int, "commit": str, "code": str, "processor": str}
_SCALARS = (str, int, float, bool, type(None))


def check_config(path: Path, config: object, run_id: str = "") -> None:
    """Check a configuration.

    Args:
        path: Its file.
        config: What that holds.
        run_id: Of whose it is, where the file holds several.

    Raises:
        RecordError: All of its problems, in one line.
    """
    problems = ["is not a JSON object"]
    if isinstance(config, dict):
        problems = list(_problems(config))
    if problems:
        raise RecordError(path, f"{run_id and run_id + ': '}{'; '.join(problems)}")


def check_study_name(path: Path, study: str) -> None:
    """Check that a study may be called so.

    Raises:
        RecordError: The name is kept for other data.
    """
    if study in RESERVED:
        raise RecordError(path, _kept_for_others(study))


def numerics_of(config: Mapping[str, Any]) -> int:
    """The version of the numerics that a run was made under.

    Where it differs, the same configuration and seed give other numbers.
    """
    return int(config.get("numerics", FIRST_NUMERICS))


def sourced_values(config: Mapping[str, Any]) -> dict[str, Any]:
    """Every setting with a source: hyper-parameters, environment, frames, threads."""
    settings = {**config["hyperparameters"], **config["environment"]}
    settings["frames"] = config["frames"]
    if "threads" in config["sources"]:
        settings["threads"] = config["threads"]
    return settings


def settings_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """What decides what a run computes, save for its game and its seed.

    Labels, sources and versions do not: a source may be corrected, and a run may be
    taken up again after an upgrade. What a user's own classes are, and the digests of
    their sources, do.
    """
    kept = ("study", "variant", "hyperparameters", "environment", "frames", "threads")
    own = [key for key in OWN if config.get(key)]
    return {key: config[key] for key in (*kept, *own)}


def digest(config: Mapping[str, Any]) -> str:
    """Six hexadecimal digits that tell settings apart; see :func:`settings_of`."""
    canonical = json.dumps(settings_of(config), sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:6]


def _problems(config: Mapping[str, Any]) -> Iterator[str]:
    typed = {
        **dict.fromkeys(_TEXTS, str),
        **dict.fromkeys(_COUNTS, int),
        **dict.fromkeys(_MAPPINGS, dict),
    }
    wrong = [key for key, kind in typed.items() if not _is(config.get(key), kind)]
    if wrong:
        yield from (f"{key!r} is missing or of the wrong type" for key in wrong)
        return
    for key in ("run_id", "study"):  # both become names of files
        if not RUN_ID.fullmatch(config[key]):
            yield f"{key} {config[key]!r} is not of the form {RUN_ID.pattern}"
    if config["study"] in RESERVED:
        yield _kept_for_others(config["study"])
    numerics = config.get("numerics", FIRST_NUMERICS)
    if not _is(numerics, int) or numerics < FIRST_NUMERICS:
        yield f"numerics {numerics!r} is not a whole number from {FIRST_NUMERICS}"
    for key in OWN:
        if not _is_texts(config.get(key, {})):
            yield f"{key!r} is not an object of texts"
    if not all(_is(note, str) for note in config.get("resumes", [])):
        yield "'resumes' is not a list of texts"
    yield from _provenance_problems(config)
    yield from _setting_problems(config)


def _provenance_problems(config: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with keys that records from before them, or unbegun runs, lack."""
    kind = config.get("processor", {"id": ""})
    if not (_is(kind, dict) and _is(kind.get("id"), str)):
        yield "'processor' is not an object with an id"
    if not _is(config.get("code", ""), str):
        yield "'code' is not a text"
    history = config.get("history", [])
    if not (_is(history, list) and all(map(_is_entry, history))):
        yield f"'history' is not a list of objects with {', '.join(_ENTRY)}"


def _is_entry(entry: object) -> bool:
    return isinstance(entry, dict) and all(
        _is(entry.get(key), kind) for key, kind in _ENTRY.items()
    )


def _setting_problems(config: Mapping[str, Any]) -> Iterator[str]:
    for key, value in sourced_values(config).items():
        if not isinstance(value, _SCALARS):
            yield f"{key!r} is not a scalar"
        if config["sources"].get(key) not in SOURCES:
            yield f"{key!r} has no source out of {', '.join(SOURCES)}"


def _is_texts(value: object) -> bool:
    return isinstance(value, dict) and all(_is(text, str) for text in value.values())


def _kept_for_others(study: str) -> str:
    command = study.partition("-")[0]
    return f"study {study!r}: the name is kept for what the command {command} finds"


def _is(value: object, kind: type) -> bool:
    # True is an int to Python, but no seed.
    return isinstance(value, kind) and not isinstance(value, bool)
