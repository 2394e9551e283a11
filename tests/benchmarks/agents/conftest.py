from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.agents import evaluation, exporting, watching
from benchmarks.runs.train import train


@pytest.fixture
def make_agent(tiny, run_folder) -> Callable[..., Path]:
    """Make a run of a second or so, done."""

    def make(
        variant: str = "a2c-naive", suite: str = "minatar-smoke", **values: Any
    ) -> Path:
        settings = {"max_frames": 60, "n_envs": 2} | values
        folder = run_folder(tiny(variant, 400, suite, **settings))
        assert train(folder) == 0
        return folder

    return make


@pytest.fixture
def two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """To load a ROM takes a tenth of a second."""
    for module in (evaluation, exporting, watching):
        monkeypatch.setattr(module, "AT_ONCE", 2)
