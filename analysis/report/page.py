"""The page itself: what is to be shown, through templates that escape everything."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from analysis.claims.calibration_page import calibration_cells, calibration_note
from analysis.claims.judging import Judged
from analysis.claims.pages import CROSS_CHECKS
from analysis.claims.words import (
    arms_of,
    by_game_text,
    events_text,
    name_of,
    unit_of,
    without_text,
)
from analysis.figures.claim_sheets import FOREST, SEQUENCES, reach_of
from analysis.figures.plot import Plot
from analysis.figures.sheet import PLOT_STYLE
from analysis.figures.svg import svg
from analysis.findings.theory import Findings
from analysis.report.provenance import Making
from analysis.report.studies import StudyView
from analysis.report.theory import check_counts, equations
from analysis.report.verdicts import (
    claim_views,
    counts,
    missing_lines,
    tier_cells,
)
from analysis.tables.markdown import (
    COMPARISON_NOTE,
    SCALES,
    SCORES_NOTE,
    SETTINGS_NOTE,
    comparison_wide,
    frames_text,
    ratio_text,
    score_text,
)

FOLDER = Path(__file__).parent
VENDOR = FOLDER / "vendor"


@dataclass(frozen=True, eq=False)
class Contents:
    """What a page shows.

    Attributes:
        title: Of the page.
        judged: Claims and their answers; None if the page's studies judge none.
        registry: Which claims stood when their first data came in.
        calibration: How often the rules are wrong; no rows if that is not known.
        studies: Each with figures and tables.
        theory: What the exact checks found; None if they were not made.
        tables: Other tables: a heading and the table, text in every cell.
        makings: What runs were made with.
        digests: Files of data with their SHA-256.
    """

    title: str
    judged: Judged | None
    registry: pd.DataFrame
    calibration: pd.DataFrame
    studies: Sequence[StudyView]
    theory: Findings | None
    tables: Sequence[tuple[str, pd.DataFrame]]
    makings: Sequence[Making]
    digests: Sequence[tuple[str, str]]


def render(contents: Contents) -> str:
    """The page.

    Every name in the data is escaped: a run called ``<script>`` is shown, not run. The
    page's policy allows its own scripts alone, by their digests, and no request.
    """
    scripts = [_text(VENDOR / "uPlot.iife.min.js"), _text(FOLDER / "page.js")]
    styles = [VENDOR / "uPlot.min.css", PLOT_STYLE, FOLDER / "page.css"]
    checks = contents.theory.checks if contents.theory else None
    counted = {} if checks is None else check_counts(checks)
    judged = contents.judged
    return (
        environment()
        .get_template("page.html.jinja")
        .render(
            contents=contents,
            claims=claim_views(judged, counted, contents.registry) if judged else [],
            calibration=calibration_cells(contents.calibration),
            counts=counts(judged) if judged else [],
            missing=missing_lines(judged) if judged else [],
            reach=100 * reach_of(judged.answers.values()) if judged else 0,
            equations=[] if checks is None else equations(checks),
            scripts=[Markup(each) for each in scripts],
            styles=[Markup(_text(each)) for each in styles],
            allowed=" ".join(f"'sha256-{_digest(each)}'" for each in scripts),
            notes=_NOTES,
        )
    )


_NOTES = {
    "scores": SCORES_NOTE,
    "scales": SCALES,
    "comparison": COMPARISON_NOTE.replace("**", "").replace("`", ""),
    "settings": SETTINGS_NOTE.replace("`", ""),
    "crosschecks": CROSS_CHECKS,
    "sequences": SEQUENCES,
    "forest": FOREST,
    "calibration": calibration_note().replace("`", "").replace("*", ""),
}


def environment(*, escapes: bool = True) -> Environment:
    """Where the templates are, with their filters; HTML's escape what they show."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=escapes,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        score=score_text,
        ratio=ratio_text,
        frames=frames_text,
        tier=tier_cells,
        named=name_of,
        arms=arms_of,
        unit=unit_of,
        without=without_text,
        by_game=by_game_text,
        events=events_text,
        cell=lambda text: text.replace("|", "\\|"),
        svg=lambda plot: Markup(svg(plot)),
        drawn=lambda text: Markup(text),
        data=_json,
        families=_families,
        records=lambda table: table.to_dict("records"),
    )
    return environment


def _json(content: Plot | Mapping[str, Any]) -> Markup:
    """JSON for an element that is no script: nothing in it can end that element."""
    value = content.to_json() if isinstance(content, Plot) else content
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def _families(comparison: pd.DataFrame) -> dict[str, dict[str, Any]]:
    wide = {key: comparison_wide(rows) for key, rows in comparison.groupby("family")}
    return {
        str(key): {"columns": list(table), "rows": table.to_numpy().tolist()}
        for key, table in wide.items()
    }


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip()


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
