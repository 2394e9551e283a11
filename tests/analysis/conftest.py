from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from analysis.records.exchange import export_study
from tests.analysis.records_on_disk import config_of, write_run

PUBLISHED = Path(__file__).parents[2] / "results/reference/published_scores.csv"


@pytest.fixture
def runs_dir(tmp_path: Path) -> Path:
    return tmp_path / "results" / "runs"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "results" / "data"


@pytest.fixture
def small_study(runs_dir: Path, data_dir: Path) -> Path:
    """Two arms on Breakout; the third seed of a2c-proper is not finished.

    Returns:
        The folder ``results``.
    """
    ends = [100, 300, 500, 950, 1000]
    for seed, top in enumerate((10.0, 20.0)):
        for variant, offset in (("a2c-naive", 0.0), ("a2c-proper", 4.0)):
            games = [(end, top * end / 1000 + offset) for end in ends]
            write_run(runs_dir, config_of(variant, seed=seed), games)
    lone = [(100, 1000.0), (950, 2000.0)]
    write_run(runs_dir, config_of("a2c-proper", seed=2), lone, "unfinished")
    export_study(runs_dir, "atari", data_dir)
    shutil.copytree(PUBLISHED.parent, data_dir.parent / "reference")
    return data_dir.parent
