"""A folder that stands for a checkout, with data, a trained run, and logs of others."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.records.study import save_study
from benchmarks.sweeps import estimate
from tests.analysis.claims.planted import planted_study
from tests.analysis.claims.test_compare import arm
from tests.analysis.claims.test_judging import planted
from tests.benchmarks.own_suites import _forgets, suite_in
from tests.benchmarks.readme.documents import ROOT
from tests.benchmarks.readme.short_forms import AGENT, SHORT
from tests.benchmarks.readme.typing_in import shortened

__all__ = ["_forgets"]
# In place of an environment: what the way in hands on, a word a line.
STUB = '#!/bin/sh\nprintf "%s\\n" "$@"\n'
STAMP = "cat pyproject.toml constraints.txt | cksum > .venv/.installed"


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the documents' commands are run."""
    folder = tmp_path_factory.mktemp("world")
    for name in ("run_all.sh", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "examples", folder / "examples")
    (folder / ".venv/bin").mkdir(parents=True)
    for name in ("python", "ruff", "mypy"):
        (folder / ".venv/bin" / name).write_text(STUB)
        (folder / ".venv/bin" / name).chmod(0o755)
    subprocess.run(["bash", "-c", STAMP], cwd=folder, check=True)
    _fill(folder)
    return folder


def _fill(folder: Path) -> None:
    results = folder / "results"
    planted(results, {"q-a2c": 0.0}, 3)
    for path in (ROOT / "results/reference").glob("*_scores.csv"):
        shutil.copy(path, results / "reference")
    shutil.copytree(ROOT / "results/agents" / AGENT, results / "agents" / AGENT)
    finals = {"a2c-naive": 5.0, "a2c-zero-mean": 8.0}
    game = ["MinAtar/Breakout"]
    own = planted_study(finals, game, 3, 0.1, name="zero-mean")
    save_study(results / "data", own)
    other = planted_study(finals, game, 1, name="tuned")
    save_study(folder / "other/results/data", other)
    for name, top in (("mine", 300.0), ("theirs", 100.0)):
        arm(folder / "logs" / name, [top + trial for trial in range(7)])
    suite_in(folder, name="my_suite")


@pytest.fixture
def inside(world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, as the folder that one is in."""
    monkeypatch.chdir(world)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(estimate, "measure", lambda config: 1000.0)
    return world


@pytest.fixture
def run_id(inside: Path, type_in: Callable[..., str]) -> str:
    """The id of a run that was trained by a command of README."""
    if not list(inside.glob("results/runs/q-a2c-*/done.json")):
        type_in("./run_all.sh minatar-smoke")
    (folder,) = inside.glob("results/runs/q-a2c-*")
    return folder.name


@pytest.fixture
def type_in(inside: Path, call: Callable[..., tuple[int, str, str]]):
    """Run the short form of a command; returns what it says."""

    def typed(command: str, run_id: str = "") -> str:
        words = shortened(inside, command, SHORT[command], run_id)
        status, out, err = call(*words)
        assert status == SHORT[command].status, err
        return out + err

    return typed
