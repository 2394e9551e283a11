"""Labels that stand for one thing only, and what is said of older numerics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.records.configs import FIRST_NUMERICS, digest, numerics_of
from analysis.records.errors import RecordError
from analysis.records.once import once
from analysis.records.record import read_json
from analysis.records.study import CONFIGS_FILE, Study, study_names


@once
def with_distinct_labels(study: Study) -> Study:
    """Mark labels that stand for several settings, so that no mean mixes them.

    Runs of an edited suite keep their label but not their settings. Where a (label,
    game) has more than one, each label gets a digest: ``a2c-proper [1f2e3d]``. Where
    runs of a label were made under several numerics versions, on whatever games, each
    gets its version: ``a2c-proper [numerics 1]``.
    """
    runs = study.runs.copy()
    configs = [study.configs[key] for key in runs["run_id"]]
    settings = pd.Series([digest(config) for config in configs], dtype="str")
    versions = pd.Series([numerics_of(config) for config in configs])
    kinds = settings.groupby([runs["label"], runs["game"]]).transform("nunique")
    edited = runs["label"].isin(runs["label"][kinds > 1])
    aged = versions.groupby(runs["label"]).transform("nunique") > 1
    runs["label"] += [
        _mark(kind if is_edited else "", f"numerics {version}" if is_aged else "")
        for kind, is_edited, version, is_aged in zip(
            settings, edited, versions, aged, strict=True
        )
    ]
    return replace(study, runs=runs)


def _mark(*marks: str) -> str:
    given = ", ".join(filter(None, marks))
    return f" [{given}]" if given else ""


def newest_numerics(data_dir: Path) -> int:
    """The newest numerics version of any run of any study.

    Studies are looked at, not checked: whoever shows one finds what is wrong with it.
    """
    return max(
        (
            numerics_of(config)
            for study in study_names(data_dir)
            for config in _configs(data_dir / study / CONFIGS_FILE)
            if isinstance(config, dict) and isinstance(config.get("numerics"), int)
        ),
        default=FIRST_NUMERICS,
    )


def _configs(path: Path) -> Iterable[Any]:
    try:
        return read_json(path).values()
    except RecordError:
        return ()


def numerics_note(arms: pd.DataFrame, newest: int) -> str:
    """A sentence on what was made under older numerics; empty if nothing was.

    Args:
        arms: Columns ``label`` and ``numerics``.
        newest: The newest version that there are data of.
    """
    older = arms[arms["numerics"] < newest]
    if older.empty:
        return ""
    parts = [
        f"version {version}: {', '.join(sorted(part['label'].unique()))}"
        for version, part in older.groupby("numerics")
    ]
    return (
        "Made under older numerics, which give other numbers for the same settings "
        f"and seed: {'; '.join(parts)}; the newest data: version {newest}."
    )
