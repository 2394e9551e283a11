"""Bring runs into a study: from this machine's records, or from another's study."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from analysis.configs import settings_of
from analysis.errors import RecordError
from analysis.records import CONFIG_FILE, RunRecord, read_config, read_run
from analysis.study import load_study, save_study, study_names, study_of


@dataclass
class Exchange:
    """What became of each run that was offered to a study; lists of ``run_id``.

    Attributes:
        study: The study's name.
        added: Runs that were not in the study.
        replaced: Runs whose record grew.
        unchanged: Runs that the study holds already.
        kept: Runs of which the study holds a longer record, which stays.
        conflicts: Runs that contradict the study, which stays as it was.
        refused: Why a record was left out, by ``run_id`` (or folder).
    """

    study: str
    added: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def export_study(runs_dir: Path, study: str, data_dir: Path) -> Exchange:
    """Bring this machine's records of a study into its data.

    No run leaves the data. A record replaces the one in the data if the settings are
    the same and it is not shorter; a finished record never makes way to one that is
    not. One mangled record does not hold up the others.

    Args:
        runs_dir: The folder of raw records, ``results/runs``.
        study: The study's name; other studies' records are passed over.
        data_dir: The folder of all studies, ``results/data``.

    Raises:
        RecordError: The data that are there already are mangled.
    """
    outcome, records = _start(study, data_dir)
    for folder in _folders_of(runs_dir, study, outcome):
        try:
            offered = read_run(folder)
        except RecordError as error:
            outcome.refused[folder.name] = str(error)
            continue
        verdict = _verdict(records.get(folder.name), offered)
        getattr(outcome, verdict).append(folder.name)
        if verdict in ("added", "replaced"):
            records[folder.name] = offered
    return _finish(outcome, records, data_dir)


def merge_studies(other_data_dir: Path, data_dir: Path) -> list[Exchange]:
    """Add another machine's studies, run by run.

    Args:
        other_data_dir: Their folder of studies, ``OTHER/results/data``.
        data_dir: Ours. A run that both have, with different content, is a conflict:
            ours stays.

    Returns:
        One outcome per study of theirs.

    Raises:
        RecordError: Data of either side are mangled; nothing is written then.
    """
    return [
        _merge_study(other_data_dir, data_dir, study)
        for study in study_names(other_data_dir)
    ]


def _merge_study(other_data_dir: Path, data_dir: Path, study: str) -> Exchange:
    outcome, records = _start(study, data_dir)
    for run_id, theirs in load_study(other_data_dir, study).records().items():
        ours = records.setdefault(run_id, theirs)
        if ours is theirs:
            outcome.added.append(run_id)
        elif ours.same_as(theirs):
            outcome.unchanged.append(run_id)
        else:
            outcome.conflicts.append(run_id)
    return _finish(outcome, records, data_dir)


def _start(study: str, data_dir: Path) -> tuple[Exchange, dict[str, RunRecord]]:
    known = study in study_names(data_dir)
    return Exchange(study), load_study(data_dir, study).records() if known else {}


def _finish(
    outcome: Exchange, records: dict[str, RunRecord], data_dir: Path
) -> Exchange:
    if outcome.added or outcome.replaced:
        save_study(data_dir, study_of(outcome.study, records))
    return outcome


def _folders_of(runs_dir: Path, study: str, outcome: Exchange) -> Iterator[Path]:
    for path in sorted(runs_dir.glob(f"*/{CONFIG_FILE}")):
        try:
            if read_config(path)["study"] == study:
                yield path.parent
        except RecordError as error:
            outcome.refused[path.parent.name] = str(error)


def _verdict(held: RunRecord | None, offered: RunRecord) -> str:
    if held is None:
        return "added"
    if held.same_as(offered):
        return "unchanged"
    if _identity(held) != _identity(offered):
        return "conflicts"
    return "replaced" if _reach(offered) >= _reach(held) else "kept"


def _identity(run: RunRecord) -> dict[str, object]:
    place = {key: run.config[key] for key in ("game", "seed")}
    return settings_of(run.config) | place


def _reach(run: RunRecord) -> tuple[bool, int]:
    return run.status == "done", run.frames
