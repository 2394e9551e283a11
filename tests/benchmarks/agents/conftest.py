from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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
