"""Bring runs into a study: from this machine's records, or from another's study.

Nothing that a study holds is lost: a record replaces another of the same run only by
holding all of it and more, and what they can't both be right in is said, not settled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from analysis.records.configs import check_study_name
from analysis.records.errors import RecordError
from analysis.records.joining import (
    before_continuation,
    contradiction,
    extent,
    join,
    same_content,
)
from analysis.records.record import (
    CONFIG_FILE,
    RunRecord,
    has_begun,
    read_config,
    read_run,
)
from analysis.records.study import load_study, save_study, study_names, study_of


@dataclass
class Exchange:
    """What became of each run that was offered to a study, by ``run_id``.

    Attributes:
        study: The study's name.
        added: Runs that were not in the study.
        replaced: Runs whose record grew, and how.
        unchanged: Runs that the study holds already.
        reproduced: Runs that were made again, elsewhere or under other versions, and
            came out the same; the study keeps its own times and configuration.
        kept: Runs of which the study holds more, and what each side has.
        conflicts: Runs in which the two contradict each other, where, and what each
            says; the study stays as it was.
        refused: Why a record was left out, by ``run_id`` (or folder).
    """

    study: str
    added: list[str] = field(default_factory=list)
    replaced: dict[str, str] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    reproduced: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    conflicts: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


class _Shelf:
    """A study that runs are offered to."""

    def __init__(self, data_dir: Path, study: str) -> None:
        check_study_name(data_dir / study, study)
        self.data_dir, self.outcome = data_dir, Exchange(study)
        known = study in study_names(data_dir)
        self.records = load_study(data_dir, study).records() if known else {}

    def offer(self, run_id: str, theirs: RunRecord, place: Path) -> None:
        """Take a record in, or say why not."""
        ours = self.records.get(run_id)
        if ours is None:
            self.records[run_id] = theirs
            self.outcome.added.append(run_id)
        elif ours.same_as(theirs):
            self.outcome.unchanged.append(run_id)
        else:
            self._bring_together(run_id, ours, theirs, place)

    def _bring_together(
        self, run_id: str, ours: RunRecord, theirs: RunRecord, place: Path
    ) -> None:
        shared = before_continuation(ours, theirs)
        if found := contradiction(shared, theirs):
            here = self.data_dir / self.outcome.study
            self.outcome.conflicts[run_id] = (
                f"{found.where}: {found.ours} in {here}, {found.theirs} in {place}"
            )
            return
        joined = join(shared, theirs)
        if not same_content(joined, ours) or len(joined.timing) > len(ours.timing):
            how = f"{extent(ours)} -> {extent(joined)}"
            went_on = ", went on inexactly" if shared is not ours else ""
            self.outcome.replaced[run_id] = f"{how}{went_on}, with {place}"
            self.records[run_id] = joined
        elif same_content(theirs, ours):
            self.outcome.reproduced.append(run_id)
        else:
            self.outcome.kept[run_id] = f"{extent(ours)}; {extent(theirs)} in {place}"

    def close(self) -> Exchange:
        """Write the study if it has changed."""
        changed = {*self.outcome.added, *self.outcome.replaced}
        if changed:
            whole = study_of(self.outcome.study, self.records)
            save_study(self.data_dir, whole, changed)
        return self.outcome


def export_study(runs_dir: Path, study: str, data_dir: Path) -> Exchange:
    """Bring this machine's records of a study into its data.

    No run leaves the data, and no row of one. One mangled record does not hold up the
    others.

    Args:
        runs_dir: The folder of raw records, ``results/runs``.
        study: The study's name; other studies' records are passed over.
        data_dir: The folder of all studies, ``results/data``.

    Raises:
        RecordError: The data that are there already are mangled or were edited, or
            the name is no study's.
    """
    shelf = _Shelf(data_dir, study)
    for folder in _folders_of(runs_dir, study, shelf.outcome):
        try:
            shelf.offer(folder.name, read_run(folder), folder)
        except RecordError as error:
            shelf.outcome.refused[folder.name] = str(error)
    return shelf.close()


def merge_studies(other_data_dir: Path, data_dir: Path) -> list[Exchange]:
    """Add another machine's studies, run by run.

    Args:
        other_data_dir: Their folder of studies, ``OTHER/results/data``.
        data_dir: Ours.

    Returns:
        One outcome per study of theirs.

    Raises:
        RecordError: Data of either side are mangled or were edited; nothing is
            written then.
    """
    shelves = []
    for study in study_names(other_data_dir):
        shelf = _Shelf(data_dir, study)
        for run_id, theirs in load_study(other_data_dir, study).records().items():
            shelf.offer(run_id, theirs, other_data_dir / study)
        shelves.append(shelf)
    return [shelf.close() for shelf in shelves]


def _folders_of(runs_dir: Path, study: str, outcome: Exchange) -> Iterator[Path]:
    """Those of a study that have a record; what may be one of it is refused."""
    for folder in sorted(runs_dir.glob("*")):
        begun = has_begun(folder)
        if not begun and not (folder / CONFIG_FILE).exists():
            continue
        try:
            if read_config(folder / CONFIG_FILE)["study"] == study and begun:
                yield folder
        except RecordError as error:
            outcome.refused[folder.name] = str(error)
