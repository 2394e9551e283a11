"""From ``results/`` to what the page shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from analysis.claims.build import read_calibration
from analysis.claims.judging import Judged, judge_all
from analysis.claims.registry import read_registry
from analysis.claims.scales import read_scales
from analysis.findings.cost import cost_table, load_costs
from analysis.findings.faults import load_faults
from analysis.findings.measured import MEASURED
from analysis.findings.speed import load_speeds, summary
from analysis.findings.theory import load_findings
from analysis.records.labels import newest_numerics
from analysis.records.published import FOLDER, read_all_published
from analysis.records.study import Study
from analysis.report.packed import points_for
from analysis.report.page import Contents
from analysis.report.provenance import file_digests, makings
from analysis.report.studies import study_view

TITLE = "Policy gradients and soft Q-learning: is the equivalence what the paper says?"
# By these a machine tests itself: they are no evidence.
TRIALS = ("smoke", "minatar-smoke")


def kept_studies(names: Sequence[str]) -> list[str]:
    """The studies of the whole page: no trials, unless there is nothing else."""
    return [name for name in names if name not in TRIALS] or list(names)


def contents_of(results: Path, studies: Sequence[Study], whole: bool) -> Contents:
    """Everything that a page shows.

    Args:
        results: The folder of all results.
        studies: Those on the page; their labels must not mix settings.
        whole: Whether what belongs to no study is on it too.

    Raises:
        RecordError: Data are mangled or were edited.
    """
    published, scales = read_all_published(results / FOLDER), read_scales(results)
    newest = newest_numerics(results / "data")
    points = points_for(sum(len(study.runs) for study in studies))
    views = [study_view(study, published, scales, newest, points) for study in studies]
    names = [study.name for study in studies]
    judged = _judged(results, None if whole else names)
    return Contents(
        TITLE if whole else f"Study {', '.join(names)}",
        judged,
        read_registry(results),
        read_calibration(results),
        views,
        load_findings(results) if whole else None,
        list(_tables(results)) if whole else [],
        makings(studies),
        _digests(results, names, whole),
    )


def _judged(results: Path, names: Sequence[str] | None) -> Judged | None:
    only = None if names is None else tuple(names)
    judged = judge_all(results, only=only)
    return judged if judged.studies else None


def _digests(results: Path, names: Sequence[str], whole: bool) -> list[tuple[str, str]]:
    if not whole:
        return file_digests(results, names)
    return file_digests(results, without=[n for n in TRIALS if n not in names])


def _tables(results: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    for speed in load_speeds(results):
        yield (
            MEASURED[speed.games].title,
            summary(speed.measured, speed.about).astype(str),
        )
    if (faults := load_faults(results)) is not None:
        yield "Faults, injected into real runs", faults.rows
    if (costs := load_costs(results)) is not None:
        yield "Cost of the record and of checkpoints", cost_table(costs.measured)
