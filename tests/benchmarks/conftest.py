from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks import cli
from benchmarks.runs.train import write_config
from benchmarks.suites.config import RunConfig
from benchmarks.suites.suite import Selection, load_suite

# Games of 400 frames, so that a run of a second finishes several.
TINY = {
    "a2c": {"n_envs": 2, "max_frames": 400, "log_interval": 400},
    "dqn": {
        "max_frames": 400,
        "log_interval": 400,
        "buffer_size": 200,
        "learning_starts": 60,
        "batch_size": 4,
        "train_freq": 20,
        "target_update_interval": 40,
    },
}


@pytest.fixture(autouse=True)
def _nobody_is_logged_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WANDB_API_KEY", "WANDB_BASE_URL", "WANDB_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WANDB_MODE", "disabled")
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))


@pytest.fixture(autouse=True)
def _denormals() -> Iterator[None]:
    yield
    torch.set_flush_denormal(False)  # a run sets it for its whole process


@pytest.fixture
def tiny() -> Callable[..., RunConfig]:
    """Resolve a run of a family's smoke suite that takes a second or so."""

    def resolve(
        variant: str, frames: int = 1600, suite: str = "smoke", **values: Any
    ) -> RunConfig:
        family = "dqn" if variant.startswith("dqn") else "a2c"
        chosen = Selection(only=[variant], frames=frames, values=TINY[family] | values)
        return load_suite(suite, chosen)[0]

    return resolve


@pytest.fixture
def run_folder(tmp_path: Path) -> Callable[..., Path]:
    """Make the folder of a run that has not begun."""

    def make(config: RunConfig, place: str = "runs") -> Path:
        folder = tmp_path / place / config.run_id
        write_config(folder, config)
        return folder

    return make


@pytest.fixture
def call(monkeypatch, capsys):
    """Call the command line in this process; returns status, output, errors."""

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["benchmarks", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        said = capsys.readouterr()
        return int(stop.value.code or 0), said.out, said.err

    return run


@pytest.fixture
def refused(call: Callable[..., tuple[int, str, str]]) -> Callable[..., str]:
    """Give a command that is to be refused; returns the one line that it says."""

    def refuse(*words: object) -> str:
        status, out, err = call(*words)
        assert (status, out) == (2, "")
        (line,) = err.splitlines()
        return line

    return refuse
