from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.claims.scales import COLUMNS, SCALES_FILE
from analysis.records.csvs import csv_bytes
from analysis.records.files import write_atomically
from analysis.records.study import load_study, save_study, study_of
from tests.analysis.claims.planted import SHAPE, run_of
from tests.analysis.conftest import PUBLISHED

EVIL = "<script>alert('x')</script>"
GAMES = [
    f"MinAtar/{name}"
    for name in ("Asterix", "Breakout", "Freeway", "Seaquest", "SpaceInvaders")
]
FINALS = {
    "a2c-naive": 10.0,
    "a2c-proper": 7.0,
    "q-a2c": 7.1,
    "a2c-naive-plus": 10.0,
    "a2c-proper-kl": 9.0,
    EVIL: 8.0,
}


def planted_results(results: Path, seeds: int) -> Path:
    """A MinAtar study with planted scores, on which claims have verdicts."""
    draw = np.random.default_rng(seeds)
    runs = [
        run_of(arm, game, seed, SHAPE * (mean + draw.normal()))
        for seed in range(seeds)
        for game in GAMES
        for arm, mean in FINALS.items()
    ]
    for run in runs:  # a variant's own label may be anything
        if run.config["label"] == EVIL:
            run.config["run_id"] = run.config["run_id"].replace(EVIL, "evil")
            run.config["variant"] = "a2c-proper"
    records = {run.config["run_id"]: run for run in runs}
    save_study(results / "data", study_of("minatar", records))
    write_atomically({results / SCALES_FILE: csv_bytes(_scales())})
    for path in PUBLISHED.parent.glob("*_scores.csv"):
        write_atomically({results / "reference" / path.name: path.read_bytes()})
    assert len(load_study(results / "data", "minatar").runs) == len(runs)
    return results


def _scales() -> pd.DataFrame:
    cells = {"study": "minatar", "scale": 10.0, "random": 0.0, "baseline": 10.0}
    cells |= {"sd": 0.1, "runs": 2, "frames": 1, "usable": True, "label": "x"}
    rows = [
        cells | {"family": "a2c", "game": game, "estimand": kind, "source": "planted"}
        for game in GAMES
        for kind in ("final", "area")
    ]
    return pd.DataFrame(rows)[list(COLUMNS)].astype(COLUMNS)


@pytest.fixture(scope="session")
def judged_results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results with eight blocks on which some claims are decided."""
    return planted_results(tmp_path_factory.mktemp("judged") / "results", 8)
