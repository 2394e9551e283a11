"""From data to the files of verdicts; what the command line calls."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.claims.calibration import COLUMNS, STUDIES, calibration
from analysis.claims.calibration_page import calibration_markdown
from analysis.claims.judging import Judged, judge_all
from analysis.claims.pages import A_USERS, THE_PAPERS, verdicts_markdown
from analysis.claims.reading import FOLDER as CLAIMS
from analysis.claims.reading import load_studies
from analysis.claims.registry import (
    REGISTRY_FILE,
    joined,
    read_registry,
    registered,
)
from analysis.claims.scales import SCALES_FILE
from analysis.claims.tables import questions, verdicts
from analysis.claims.tuning import make_scales
from analysis.records.csvs import csv_bytes, read_if_there
from analysis.records.files import write_atomically

VERDICTS_FOLDER = Path("claims")
CALIBRATION_FILE = "calibration.csv"


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What was judged, and what was written.

    Attributes:
        judged: All claims.
        verdicts: A row a claim and tier.
        questions: A row a question, study and game.
        paths: The files written.
    """

    judged: Judged
    verdicts: pd.DataFrame
    questions: pd.DataFrame
    paths: tuple[Path, ...]


def judged_claims(results: Path, claims: Path = CLAIMS, name: str = "") -> Verdicts:
    """Judge all claims on what ``results`` holds; nothing is written.

    Args:
        results: The folder of all results.
        claims: The folder of the claims.
        name: Of claims that are not the paper's: their verdicts are kept apart.

    Raises:
        RecordError: Data, scales, claims or the registry are mangled.
    """
    judged = judge_all(results, claims)
    registry = registered(read_registry(results, _places(name)[1]), judged)
    return Verdicts(judged, verdicts(judged, registry), questions(judged), ())


def _places(name: str) -> tuple[Path, Path]:
    """Where verdicts go, and the registry of what was judged first."""
    if not name:
        return VERDICTS_FOLDER, REGISTRY_FILE
    return VERDICTS_FOLDER / name, VERDICTS_FOLDER / name / REGISTRY_FILE.name


def write_claims(results: Path, claims: Path = CLAIMS, name: str = "") -> Verdicts:
    """Judge all claims; write ``claims/`` and, with first data, the registry.

    Args: as :func:`judged_claims`; with a name, ``claims/<name>/`` has both.

    Raises:
        RecordError: Data, scales, claims or the registry are mangled.
    """
    found = judged_claims(results, claims, name)
    place, registry = _places(name)
    folder, before = results / place, read_registry(results, registry)
    sources = A_USERS if name else THE_PAPERS
    page = verdicts_markdown(found.judged, found.verdicts, found.questions, sources)
    files = {
        folder / "verdicts.csv": csv_bytes(found.verdicts),
        folder / "questions.csv": csv_bytes(found.questions),
        folder / "verdicts.md": page.encode(),
    }
    after = registered(before, found.judged)
    if len(after) > len(before):
        files[results / registry] = csv_bytes(after)
    write_atomically(files)
    return Verdicts(found.judged, found.verdicts, found.questions, tuple(files))


def write_scales(results: Path, claims: Path = CLAIMS) -> tuple[Path, list[str]]:
    """Fix the scales of effects; the file, and what is to be said.

    Raises:
        RecordError: As :func:`analysis.claims.tuning.make_scales`.
    """
    table, notes = make_scales(results, load_studies(claims))
    write_atomically({results / SCALES_FILE: csv_bytes(table)})
    return results / SCALES_FILE, notes


def read_calibration(results: Path) -> pd.DataFrame:
    """What :func:`write_calibration` wrote; no rows if it never did.

    Raises:
        RecordError: It has other columns or a cell of the wrong type.
    """
    return read_if_there(results / VERDICTS_FOLDER / CALIBRATION_FILE, COLUMNS)


def write_calibration(results: Path, studies: int = STUDIES) -> tuple[Path, ...]:
    """Simulate studies, and write how often the rules are wrong.

    Args:
        results: The folder of all results.
        studies: To be simulated for each row of the table.

    Raises:
        RecordError: Recorded runs, which give their scores, are mangled.
    """
    table = calibration(results, studies)
    folder = results / VERDICTS_FOLDER
    files = {
        folder / CALIBRATION_FILE: csv_bytes(table),
        folder / "calibration.md": calibration_markdown(table).encode(),
    }
    write_atomically(files)
    return tuple(files)


def merge_registries(other: Path, results: Path) -> int:
    """Bring in what another machine's results judged first; how many rows are new.

    Each set of a user's own claims has a registry, as the paper's have.

    Raises:
        RecordError: A registry is mangled.
    """
    own = sorted(other.glob(_places("*")[1].as_posix()))
    files, new = dict[Path, bytes](), 0
    for file in [REGISTRY_FILE, *(path.relative_to(other) for path in own)]:
        ours = read_registry(results, file)
        both = joined(ours, read_registry(other, file))
        if more := len(both) - len(ours):
            files[results / file] = csv_bytes(both)
            new += more
    write_atomically(files)
    return new
