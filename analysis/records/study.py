"""A study: the runs of one suite as tables, which is what is committed.

``results/data/<study>/`` holds ``runs.csv``, ``metrics.csv``, ``timing.csv`` and
``configs.json``, and in ``episodes/`` the games of each run. Everything that is shown
is made from these alone, and from no others than were written here: ``SHA256.json``
beside them says what those are.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.records import games
from analysis.records.configs import check_config, check_study_name
from analysis.records.csvs import (
    Table,
    check_header,
    csv_bytes,
    read_table,
    whole_lines,
)
from analysis.records.digests import check_digests, digests_in, with_digests
from analysis.records.errors import RecordError, StudyNotFoundError
from analysis.records.files import write_atomically
from analysis.records.once import once
from analysis.records.record import (
    EPISODES,
    METRICS,
    METRICS_FILE,
    TIMING,
    TIMING_FILE,
    RunRecord,
    read_json,
)

RUNS_FILE = "runs.csv"
CONFIGS_FILE = "configs.json"
STUDY_FILES = (RUNS_FILE, METRICS_FILE, TIMING_FILE, CONFIGS_FILE)
RUNS = {
    "run_id": "str",
    "label": "str",
    "variant": "str",
    "family": "str",
    "game": "str",
    "seed": "int64",
    "target_frames": "int64",
    "frames": "int64",
    "status": "str",
    "episodes": "int64",
    "seconds": "float64",
    "frames_per_second": "float64",
}


@dataclass(frozen=True, eq=False)
class Study:
    """The runs of one suite.

    Attributes:
        name: The suite's name.
        runs: One row a run, columns :data:`RUNS`, sorted by ``run_id``.
        episodes: ``run_id`` and the columns of a run's ``episodes.csv``.
        metrics: ``run_id`` and the columns of a run's ``metrics.csv``.
        timing: ``run_id`` and the columns of a run's ``timing.csv``.
        configs: The configuration of every run, by ``run_id``.
    """

    name: str
    runs: pd.DataFrame
    episodes: pd.DataFrame
    metrics: pd.DataFrame
    timing: pd.DataFrame
    configs: dict[str, dict[str, Any]]

    def records(self) -> dict[str, RunRecord]:
        """The study taken apart into its runs, by ``run_id``."""
        episodes = by_run(self.episodes, EPISODES)
        metrics = by_run(self.metrics, METRICS)
        timing = by_run(self.timing, TIMING)
        return {
            row["run_id"]: RunRecord(
                self.configs[row["run_id"]],
                row["status"],
                row["frames"],
                row["seconds"],
                row["frames_per_second"],
                episodes.get(row["run_id"], EPISODES.empty()),
                metrics.get(row["run_id"], METRICS.empty()),
                timing.get(row["run_id"], TIMING.empty()),
            )
            for row in self.runs.to_dict("records")
        }


def by_run(rows: pd.DataFrame, table: Table) -> dict[str, pd.DataFrame]:
    """Split an exported table into the tables of its runs, by ``run_id``."""
    columns = list(table.dtypes)
    groups = rows.groupby("run_id", observed=True)
    return {str(key): part[columns].reset_index(drop=True) for key, part in groups}


def played_by(study: Study) -> NDArray[np.intp]:
    """``int[game]``: the row in ``study.runs`` of the run that played each game."""
    ids = study.episodes["run_id"].astype("category").cat
    rows = pd.Index(study.runs["run_id"]).get_indexer(ids.categories)
    found: NDArray[np.intp] = rows[ids.codes.to_numpy()]
    return found


def study_of(name: str, records: Mapping[str, RunRecord]) -> Study:
    """Put runs together to a study, sorted by ``run_id``."""
    ordered = {run_id: records[run_id] for run_id in sorted(records)}
    runs = pd.DataFrame([_row(run) for run in ordered.values()], columns=list(RUNS))
    episodes = {run_id: run.episodes for run_id, run in ordered.items()}
    metrics = {run_id: run.metrics for run_id, run in ordered.items()}
    timing = {run_id: run.timing for run_id, run in ordered.items()}
    configs = {run_id: run.config for run_id, run in ordered.items()}
    return Study(
        name,
        runs.astype(RUNS),
        _stack(episodes, EPISODES),
        _stack(metrics, METRICS),
        _stack(timing, TIMING),
        configs,
    )


def study_names(data_dir: Path) -> list[str]:
    """The names of the studies that are exported to ``data_dir``.

    A folder that holds any part of a study is one: what lacks another part is to be
    refused, and not taken for nothing, and written over.
    """
    parts = (*STUDY_FILES, games.FOLDER)
    found = {path.parent.name for part in parts for path in data_dir.glob(f"*/{part}")}
    return sorted(found)


@once
def load_study(data_dir: Path, study: str) -> Study:
    """Read an exported study.

    Args:
        data_dir: The folder of all studies, ``results/data``.
        study: The study's name.

    Raises:
        StudyNotFoundError: There is none of that name; the nearest is named.
        RecordError: One of its files is mangled or was edited, or two contradict each
            other; or the name is no study's.
    """
    check_study_name(data_dir / study, study)
    known = study_names(data_dir)
    if study not in known:
        raise StudyNotFoundError(_not_found(data_dir, study, known))
    folder = data_dir / study
    check_digests(folder, (*STUDY_FILES, *games.files_in(folder)))
    return read_study(folder)


def read_study(folder: Path) -> Study:
    """Read a study's files, whoever wrote them, and check that they fit together.

    Raises:
        RecordError: One of them is mangled, or two contradict each other.
    """
    runs = _read_runs(folder / RUNS_FILE)
    loaded = Study(
        folder.name,
        runs,
        _stack(games.read_games(folder, runs["run_id"]), EPISODES),
        read_table(folder / METRICS_FILE, METRICS.of_many_runs()),
        read_table(folder / TIMING_FILE, TIMING.of_many_runs()),
        read_json(folder / CONFIGS_FILE),
    )
    _check_consistent(folder, loaded)
    return loaded


def save_study(
    data_dir: Path, study: Study, changed: Collection[str] | None = None
) -> None:
    """Write a study's files; the same study always gives the same bytes.

    The folder then holds this study and no other runs.

    Args:
        data_dir: The folder of all studies, ``results/data``.
        study: The study.
        changed: The runs whose games are written, by ``run_id``, if those of all
            others lie there already, as they are; by default all are.
    """
    folder = data_dir / study.name
    played = by_run(study.episodes, EPISODES)
    written = study.configs if changed is None else changed
    lying = {games.file_of(key) for key in study.configs if key not in written}
    configs = json.dumps(study.configs, indent=1, sort_keys=True, ensure_ascii=False)
    files = {
        folder / RUNS_FILE: csv_bytes(study.runs),
        folder / METRICS_FILE: csv_bytes(study.metrics),
        folder / TIMING_FILE: csv_bytes(study.timing),
        folder / CONFIGS_FILE: f"{configs}\n".encode(),
    }
    for key in written:
        rows = played.get(key, EPISODES.empty())
        files[folder / games.file_of(key)] = games.packed_games(rows)
    there = digests_in(folder) if lying else {}
    write_atomically(with_digests(files, {name: there[name] for name in lying}))
    for name in {*games.files_in(folder)} - {*map(games.file_of, study.configs)}:
        (folder / name).unlink()


def _row(run: RunRecord) -> dict[str, Any]:
    identity = ("run_id", "label", "variant", "family", "game", "seed")
    return {
        **{key: run.config[key] for key in identity},
        "target_frames": run.config["frames"],
        "frames": run.frames,
        "status": run.status,
        "episodes": len(run.episodes),
        "seconds": run.seconds,
        "frames_per_second": run.frames_per_second,
    }


def _stack(parts: Mapping[str, pd.DataFrame], table: Table) -> pd.DataFrame:
    if not parts:
        return table.of_many_runs().empty()
    sizes = [len(part) for part in parts.values()]
    codes = np.repeat(np.arange(len(sizes)), sizes)
    stacked = pd.concat(parts.values(), ignore_index=True)
    run_ids = pd.Categorical.from_codes(codes, categories=pd.Index(list(parts)))
    stacked.insert(0, "run_id", pd.Series(run_ids))
    return stacked


def _read_runs(path: Path) -> pd.DataFrame:
    data = whole_lines(path)
    check_header(path, data, list(RUNS))
    numbers = [name for name, kind in RUNS.items() if kind == "float64"]
    try:
        return pd.read_csv(
            io.BytesIO(data),
            dtype=RUNS,
            keep_default_na=False,
            na_values={name: [""] for name in numbers},
            quoting=csv.QUOTE_MINIMAL,
        )
    except ValueError as error:
        raise RecordError(path, f"has a cell of the wrong type: {error}") from None


def _check_consistent(folder: Path, study: Study) -> None:
    run_ids = list(study.runs["run_id"])
    if sorted(study.configs) != run_ids:
        raise RecordError(folder / CONFIGS_FILE, f"has other runs than {RUNS_FILE}")
    for run_id in run_ids:
        check_config(folder / CONFIGS_FILE, study.configs[run_id], run_id)
    counted = study.episodes["run_id"].value_counts()
    expected = study.runs.set_index("run_id")["episodes"]
    if counted[counted > 0].to_dict() != expected[expected > 0].to_dict():
        raise RecordError(folder / games.FOLDER, f"has other games than {RUNS_FILE}")
    tables = {METRICS_FILE: study.metrics, TIMING_FILE: study.timing}
    for name, table in tables.items():
        if not set(table["run_id"].cat.categories) <= set(run_ids):
            raise RecordError(folder / name, f"has other runs than {RUNS_FILE}")


def _not_found(data_dir: Path, study: str, known: list[str]) -> str:
    if not known:
        return f"no study in {data_dir} yet: run `python -m benchmarks export`"
    nearest = difflib.get_close_matches(study, known, n=1, cutoff=0.0)[0]
    others = ", ".join(known)
    return f"no study {study!r} in {data_dir}; did you mean {nearest!r}? (has {others})"
