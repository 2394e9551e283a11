"""From ``results/data`` to figures, tables and a report; what the command line calls.

The same data give the same bytes: nothing that is written holds a date, a version or a
random number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from pathlib import Path

import pandas as pd

from analysis.claims.choice import choice, choice_markdown, is_tuning
from analysis.claims.judging import judge_all
from analysis.claims.scales import read_scales
from analysis.figures.claim_sheets import claim_files
from analysis.figures.comparisons import FIGURES, OWN_FIGURE, figures_of, left_out
from analysis.figures.curves import Curves, learning_curves
from analysis.figures.drawing import Drawing, Files, draw_all, joined
from analysis.figures.paper import draw, nothing_to_draw
from analysis.figures.sheet import sheet_svg
from analysis.figures.study_sheets import CAPTIONS, sheet_name, study_sheets
from analysis.figures.style import image_bytes
from analysis.findings.cost import Costs, load_costs
from analysis.findings.faults import FaultTable, load_faults
from analysis.findings.speed import Speed, load_speeds
from analysis.findings.theory import Findings, load_findings
from analysis.records.csvs import csv_bytes
from analysis.records.evaluations import Evaluation, read_agents
from analysis.records.files import write_atomically
from analysis.records.gaps import gaps
from analysis.records.labels import newest_numerics, numerics_note, with_distinct_labels
from analysis.records.published import FOLDER, random_scores, read_all_published
from analysis.records.study import (
    Study,
    load_study,
    study_names,
)
from analysis.report.contents import contents_of, kept_studies
from analysis.report.findings import FILE as FINDINGS_FILE
from analysis.report.findings import findings
from analysis.report.page import render
from analysis.tables.evaluated import with_evaluations
from analysis.tables.hyperparameters import hyperparameters
from analysis.tables.markdown import (
    comparison_markdown,
    hyperparameters_markdown,
    scores_markdown,
)
from analysis.tables.scoring import comparison, scores

DATA = "data"
FIGURES_FOLDER = "figures"
TABLES_FOLDER = "tables"
KINDS = ("png", "pdf")
CLAIM_SHEETS = f"{FIGURES_FOLDER}/claims_*.svg"


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

    def write(self, contents: dict[Path, bytes]) -> None:
        """Write files and remember them."""
        write_atomically(contents)
        self.paths.extend(contents)

    def take_away(self, paths: Iterable[Path]) -> None:
        """Delete what was made from the data as they were, and say so."""
        for path in paths:
            if path.exists():
                path.unlink()
                self.notes.append(f"{path}: the one drawn before is deleted")


def draw_figures(results: Path, studies: Sequence[str] | None = None) -> Built:
    """Write ``figures/<study>/figure_N.png`` and ``.pdf``, and what goes with them.

    ``figure_own`` has the variants that are in none of the paper's figures. As SVG,
    every seed, differences and profiles beside each figure, and the effects of all
    claims. One that the data no longer give is deleted.

    Args:
        results: The folder ``results``.
        studies: Their names; None for all that are exported, and for the figures of
            the exact checks.

    Raises:
        StudyNotFoundError: There is no such study, or none at all.
        RecordError: The data are mangled or were edited.
    """
    built, newest = Built(), newest_numerics(results / DATA)
    scales, sheets = read_scales(results), dict[Path, bytes]()
    drawings, known = list[Drawing](), list[Path]()
    for study in _studies(results, studies, built):
        curves = learning_curves(study, newest=newest)
        drawings += [
            partial(_images, curves, name) for name in _drawable(curves, built)
        ]
        sheets |= {
            _image(study.name, name, "svg"): sheet_svg(sheet)
            for name, sheet in study_sheets(study, curves, scales).items()
        }
        known += _images_known(study.name)
    for found in _beside_studies(results, studies):
        if isinstance(found, Findings | Speed):
            drawings += found.drawings()
    if not studies:
        sheets |= _claim_sheets(results)
        known += [p.relative_to(results) for p in results.glob(CLAIM_SHEETS)]
    drawn = joined(draw_all(drawings)) | sheets
    built.write({results / path: data for path, data in drawn.items()})
    built.take_away(results / path for path in known if path not in drawn)
    return built


def write_tables(results: Path, studies: Sequence[str] | None = None) -> Built:
    """Write ``tables/<study>/``: scores, comparison, hyperparameters as CSV and MD.

    A study of tuning seeds has its choice of settings there, too.

    Args:
        results: The folder ``results``.
        studies: Their names; None for all that are exported, and for the tables of
            the exact checks, of the faults and of what recording costs.

    Raises:
        StudyNotFoundError: There is no such study, or none at all.
        RecordError: The data, or the published scores, are mangled, or the data were
            edited.
    """
    built, newest = Built(), newest_numerics(results / DATA)
    published = read_all_published(results / FOLDER)
    agents = read_agents(results)
    for study in _studies(results, studies, built):
        folder = results / TABLES_FOLDER / study.name
        tables = _Tables.of(study, published, newest, agents)
        contents = _table_files(tables)
        if is_tuning(study):
            contents |= _choice_files(study, published, tables.older)
        built.write({folder / name: data for name, data in contents.items()})
    for found in _beside_studies(results, studies):
        files = found.table_files()
        built.write({results / path: data for path, data in files.items()})
    return built


def write_report(results: Path, studies: Sequence[str] | None = None) -> Built:
    """Write the page that has everything, and needs no other file; and the findings.

    Args:
        results: The folder ``results``.
        studies: Their names, for a page of them alone, ``report-<names>.html``; None
            for ``report.html``: all that are exported, but those by which a machine
            tests itself.

    Raises:
        StudyNotFoundError: There is no such study, or none at all.
        RecordError: The data, or the published scores, are mangled, or the data were
            edited.
    """
    built = Built()
    chosen = studies or kept_studies(study_names(results / DATA))
    loaded = list(_studies(results, chosen, built))
    contents = contents_of(results, loaded, whole=not studies)
    name = "-".join(["report", *(studies or [])])
    built.write({results / f"{name}.html": render(contents).encode()})
    if not studies and contents.judged and contents.theory:
        text = findings(contents, loaded, read_scales(results))
        built.write({results / FINDINGS_FILE: text.encode()})
    return built


@dataclass(frozen=True, eq=False)
class _Tables:
    scores: pd.DataFrame
    comparison: pd.DataFrame
    settings: pd.DataFrame
    older: str  # what is said of older numerics

    @classmethod
    def of(
        cls,
        study: Study,
        published: pd.DataFrame,
        newest: int,
        agents: Sequence[Evaluation],
    ) -> _Tables:
        table = scores(study, published)
        beside, settings = comparison(table, published), hyperparameters(study)
        older = numerics_note(table, newest)
        table = with_evaluations(table, study, agents)
        return cls(table, beside, settings, older)


def _studies(
    results: Path, names: Sequence[str] | None, built: Built
) -> Iterator[Study]:
    data = results / DATA
    known = study_names(data)
    # One that is not there comes first: it is refused before any other is read.
    for name in sorted(names or known or [""], key=known.__contains__):
        study = with_distinct_labels(load_study(data, name))
        built.gaps.extend(gaps(study))
        yield study


def _beside_studies(
    results: Path, studies: Sequence[str] | None
) -> Iterator[Findings | Speed | FaultTable | Costs]:
    """What else is drawn when no study is named."""
    if studies:
        return
    for load in (load_findings, load_faults, load_costs):
        found = load(results)
        if found is not None:
            yield found
    yield from load_speeds(results)


def _drawable(curves: Curves, built: Built) -> Iterator[str]:
    """The figures that there is something to draw of; the others are said."""
    for name, blocks in figures_of(curves).items():
        lacks = left_out(curves, blocks)
        if why := nothing_to_draw(curves, blocks):
            built.notes.append(f"{curves.study}: {name} is not drawn: {why}")
        else:
            built.notes.extend(f"{curves.study}: {name} lacks {line}" for line in lacks)
            yield name


def _claim_sheets(results: Path) -> Files:
    sheets = claim_files(judge_all(results))
    return {Path(FIGURES_FOLDER, name): data for name, data in sheets.items()}


def _images_known(study: str) -> list[Path]:
    """Every file of a study that there may be."""
    every = (*FIGURES, OWN_FIGURE)
    names = [sheet_name(*each) for each in product(every, CAPTIONS)]
    return [
        *(_image(study, *each) for each in product(every, KINDS)),
        *(_image(study, name, "svg") for name in names),
    ]


def _images(curves: Curves, name: str) -> Files:
    figure = draw(curves, figures_of(curves)[name])
    return {
        _image(curves.study, name, kind): image_bytes(figure, kind) for kind in KINDS
    }


def _image(study: str, name: str, kind: str) -> Path:
    return Path(FIGURES_FOLDER, study, f"{name}.{kind}")


def _choice_files(
    study: Study, published: pd.DataFrame, older: str
) -> dict[str, bytes]:
    found = choice(study, dict(random_scores(published)))
    return {
        "choice.csv": csv_bytes(found.cells),
        "choice.md": choice_markdown(found, older).encode(),
    }


def _table_files(tables: _Tables) -> dict[str, bytes]:
    return {
        "scores.csv": csv_bytes(tables.scores),
        "scores.md": scores_markdown(tables.scores, tables.older).encode(),
        "comparison.csv": csv_bytes(tables.comparison),
        "comparison.md": comparison_markdown(tables.comparison, tables.older).encode(),
        "hyperparameters.csv": csv_bytes(tables.settings),
        "hyperparameters.md": hyperparameters_markdown(tables.settings).encode(),
    }
