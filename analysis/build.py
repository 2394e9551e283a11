"""From ``results/data`` to figures, tables and reports; what the command line calls.

The same data give the same bytes: nothing that is written holds a date, a version or a
random number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from analysis.cost import Costs, load_costs
from analysis.curves import Curves, learning_curves
from analysis.faults import FaultTable, load_faults
from analysis.figures import FIGURES, NothingToDrawError
from analysis.files import write_atomically
from analysis.hyperparameters import hyperparameters
from analysis.markdown import (
    comparison_markdown,
    hyperparameters_markdown,
    scores_markdown,
)
from analysis.report import render
from analysis.speed import Speed, load_speed
from analysis.study import (
    Study,
    csv_bytes,
    load_study,
    study_names,
    with_distinct_labels,
)
from analysis.style import image_bytes
from analysis.tables import comparison, read_published, scores
from analysis.theory import Findings, load_findings

DATA = "data"
FIGURES_FOLDER = "figures"
TABLES_FOLDER = "tables"
REPORTS_FOLDER = "reports"
PUBLISHED_FILE = Path("reference", "published_scores.csv")


@dataclass
class Built:
    """What was made.

    Attributes:
        paths: The files written, in order.
        notes: What was left out and why, a line each.
        gaps: What the studies lack, a line each: runs that are unfinished or failed,
            and seeds that other arms of the same family have.
    """

    paths: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether every study has every run."""
        return not self.gaps

    def write(self, contents: dict[Path, bytes]) -> None:
        """Write files and remember them."""
        write_atomically(contents)
        self.paths.extend(contents)


def draw_figures(results: Path, studies: Sequence[str] | None = None) -> Built:
    """Write ``figures/<study>/figure_N.png`` and ``.pdf``.

    Args:
        results: The folder ``results``.
        studies: Their names; None for all that are exported, and for the figures of
            the exact checks.

    Raises:
        StudyNotFoundError: There is no such study, or none at all.
        RecordError: The data are mangled.
    """
    built = Built()
    for study in _studies(results, studies, built):
        folder = results / FIGURES_FOLDER / study.name
        images = _images(learning_curves(study), ("png", "pdf"), built)
        built.write({folder / name: data for name, data in images.items()})
    for found in _beside_studies(results, studies):
        files = found.figure_files()
        built.write({results / path: data for path, data in files.items()})
    return built


def write_tables(results: Path, studies: Sequence[str] | None = None) -> Built:
    """Write ``tables/<study>/``: scores, comparison, hyperparameters as CSV and MD.

    Args:
        results: The folder ``results``.
        studies: Their names; None for all that are exported, and for the tables of
            the exact checks, of the faults and of what recording costs.

    Raises:
        StudyNotFoundError: There is no such study, or none at all.
        RecordError: The data, or the published scores, are mangled.
    """
    built = Built()
    published = read_published(results / PUBLISHED_FILE)
    for study in _studies(results, studies, built):
        folder = results / TABLES_FOLDER / study.name
        contents = _table_files(_Tables.of(study, published))
        built.write({folder / name: data for name, data in contents.items()})
    for found in _beside_studies(results, studies):
        files = found.table_files()
        built.write({results / path: data for path, data in files.items()})
    return built


def write_report(results: Path, studies: Sequence[str] | None = None) -> Built:
    """Write ``reports/<study>.html``, which needs no other file.

    Args:
        results: The folder ``results``.
        studies: Their names; None for all that are exported.

    Raises:
        StudyNotFoundError: There is no such study, or none at all.
        RecordError: The data, or the published scores, are mangled.
    """
    built = Built()
    published = read_published(results / PUBLISHED_FILE)
    for study in _studies(results, studies, built):
        tables = _Tables.of(study, published)
        images = _images(learning_curves(study), ("png",), built)
        page = render(
            study,
            images=images,
            scores=tables.scores,
            comparison=tables.comparison,
            settings=tables.settings,
            gaps=gaps(study),
        )
        built.write({results / REPORTS_FOLDER / f"{study.name}.html": page.encode()})
    return built


def gaps(study: Study) -> list[str]:
    """What a study lacks, a line each.

    A suite is a grid, so every arm of a family should have the seeds and games that
    the others have. Arms with options of the user's own are held to no grid.
    """
    runs = study.runs
    halted = runs[runs["status"] != "done"].sort_values("run_id")
    lines = [
        f"{study.name}: {run['run_id']} is {run['status']} at {run['frames']} frames"
        for run in halted.to_dict("records")
    ]
    planned = runs[[not study.configs[key]["overrides"] for key in runs["run_id"]]]
    for _, family in planned.groupby("family"):
        lines.extend(f"{study.name}: {line}" for line in _holes(family))
    return lines


def _holes(family: pd.DataFrame) -> Iterator[str]:
    keys = ["label", "game", "seed"]
    there = set(family[keys].itertuples(index=False, name=None))
    axes = [sorted(family[key].unique()) for key in keys]
    for place in pd.MultiIndex.from_product(axes):
        if place not in there:
            label, game, seed = place
            yield f"{label} on {game} has no run of seed {seed}"


@dataclass(frozen=True, eq=False)
class _Tables:
    scores: pd.DataFrame
    comparison: pd.DataFrame
    settings: pd.DataFrame

    @classmethod
    def of(cls, study: Study, published: pd.DataFrame) -> _Tables:
        table = scores(study, published)
        return cls(table, comparison(table, published), hyperparameters(study))


def _studies(
    results: Path, names: Sequence[str] | None, built: Built
) -> Iterator[Study]:
    data = results / DATA
    for name in names or study_names(data) or [""]:
        study = with_distinct_labels(load_study(data, name))
        built.gaps.extend(gaps(study))
        yield study


def _beside_studies(
    results: Path, studies: Sequence[str] | None
) -> Iterator[Findings | Speed | FaultTable | Costs]:
    """What else is drawn when no study is named."""
    loaders = (load_findings, load_speed, load_faults, load_costs)
    for load in () if studies else loaders:
        found = load(results)
        if found is not None:
            yield found


def _images(curves: Curves, kinds: Sequence[str], built: Built) -> dict[str, bytes]:
    images = {}
    for name, draw in FIGURES.items():
        try:
            figure = draw(curves)
        except NothingToDrawError as reason:
            built.notes.append(f"{curves.study}: {name} is not drawn: {reason}")
            continue
        for kind in kinds:
            images[f"{name}.{kind}"] = image_bytes(figure, kind)
    return images


def _table_files(tables: _Tables) -> dict[str, bytes]:
    return {
        "scores.csv": csv_bytes(tables.scores),
        "scores.md": scores_markdown(tables.scores).encode(),
        "comparison.csv": csv_bytes(tables.comparison),
        "comparison.md": comparison_markdown(tables.comparison).encode(),
        "hyperparameters.csv": csv_bytes(tables.settings),
        "hyperparameters.md": hyperparameters_markdown(tables.settings).encode(),
    }
