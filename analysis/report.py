"""One HTML page per study that holds everything, its images included."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, StrictUndefined

from analysis.records.configs import digest, numerics_of
from analysis.records.study import Study
from analysis.tables.markdown import (
    COMPARISON_NOTE,
    SCORES_NOTE,
    SETTINGS_NOTE,
    comparison_wide,
    frames_text,
    ratio_text,
    score_text,
)

TEMPLATE = Path(__file__).with_name("report.html.jinja")


def render(
    study: Study,
    *,
    images: Mapping[str, bytes],
    scores: pd.DataFrame,
    comparison: pd.DataFrame,
    settings: pd.DataFrame,
    gaps: Sequence[str],
    older: str,
) -> str:
    """The page of a study.

    Every name in the data is escaped: a run called ``<script>`` is shown, not run.

    Args:
        study: Its labels must not mix settings.
        images: PNG files by name.
        scores: What ``tables.scores`` returned.
        comparison: What ``tables.comparison`` returned.
        settings: What ``hyperparameters.hyperparameters`` returned.
        gaps: What the study lacks, a line each.
        older: What is to be said of older numerics.
    """
    template = _environment().from_string(TEMPLATE.read_text(encoding="utf-8"))
    families = comparison.groupby("family")
    return template.render(
        study=study.name,
        gaps=gaps,
        older=older,
        images={name: _embedded(data) for name, data in images.items()},
        scores=scores.sort_values(["game", "label"]).to_dict("records"),
        comparison={key: _split(comparison_wide(rows)) for key, rows in families},
        settings=settings.to_dict("records"),
        runs=_run_rows(study),
        notes=_NOTES,
    )


_NOTES = {
    "scores": SCORES_NOTE,
    "comparison": COMPARISON_NOTE.replace("**", "").replace("`", ""),
    "settings": SETTINGS_NOTE.replace("`", ""),
}


def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["score"] = score_text
    environment.filters["ratio"] = ratio_text
    environment.filters["frames"] = frames_text
    return environment


def _embedded(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _split(table: pd.DataFrame) -> dict[str, Any]:
    return {"columns": list(table), "rows": table.to_numpy().tolist()}


def _run_rows(study: Study) -> list[dict[Any, Any]]:
    rows = []
    for run in study.runs.to_dict("records"):
        config = study.configs[run["run_id"]]
        made = {"digest": digest(config), "numerics": numerics_of(config)}
        rows.append(run | made)
    return rows
