"""Suites in new folders, with modules of their own beside them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.suites import own
from benchmarks.suites.config import RunConfig
from benchmarks.suites.suite import Selection, load_suite

EXAMPLES = Path(__file__).parents[2] / "examples"
ARM = """
from algorithms import NaiveA2C

class Arm(NaiveA2C):
    def __init__(self, policy, env, *, weight: float = 0.5, gamma: float = 0.8, **more):
        self.weight = weight
        super().__init__(policy, env, gamma=gamma, **more)

    @classmethod
    def check_settings(cls, *, weight=0.5, **others):
        if weight > 1:
            raise ValueError(f"weight={weight} must be at most 1")
        super().check_settings(**others)
"""
SUITE = """
games = ["MinAtar/Breakout"]
[variant.mine]
class = "arm_of_mine:Arm"
[[group]]
variants = ["a2c-naive", "mine"]
frames = { value = 1_000, source = "user" }
seeds = { value = 1, source = "user" }
"""
MINE = "[variant.mine]\n"
# All examples on CartPole, in the smallest of runs.
TOGETHER = """
family = "classic_control:ClassicControl"
games = ["ClassicControl/CartPole"]

[variant.munchausen-dqn]
class = "munchausen:MunchausenDQN"
[variant.a2c-zero-mean]
class = "zero_mean:ZeroMeanA2C"

[[group]]
variants = ["a2c-naive", "a2c-zero-mean"]
frames = { value = 2_000, source = "user" }
seeds = { value = 1, source = "user" }

[[group]]
variants = ["dqn-hard", "munchausen-dqn"]
frames = { value = 1_000, source = "user" }
seeds = { value = 1, source = "user" }
set.learning_starts = { value = 300, source = "user" }
set.buffer_size = { value = 600, source = "user" }
set.target_update_interval = { value = 50, source = "user" }
set.exploration = { value = "0:1 0.5:0.1", source = "user" }
"""


@pytest.fixture(autouse=True)
def _forgets() -> Iterator[None]:
    """Modules of one test are none of the next one's."""
    before = list(sys.path)
    yield
    own.forget()
    added = {Path(place) for place in sys.path if place not in before}
    sys.path[:] = before
    for name, module in list(sys.modules.items()):
        if Path(getattr(module, "__file__", None) or "/").parent in added:
            del sys.modules[name]


def suite_in(
    folder: Path, suite: str = SUITE, arm: str = ARM, name: str = "trial"
) -> str:
    """Write a suite and its module; returns the suite's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "arm_of_mine.py").write_text(arm)
    (folder / f"{name}.toml").write_text(suite)
    return str(folder / f"{name}.toml")


def mine(suite: str, **values: object) -> RunConfig:
    """The run of a suite's own arm, with settings changed as ``--set`` does."""
    return load_suite(suite, Selection(only=["mine"], values=values))[0]


def examples_in(folder: Path, suite: str = TOGETHER) -> str:
    """Copy the modules of all examples, and write a suite that names them."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in EXAMPLES.glob("*/*.py"):
        shutil.copy(path, folder)
    (folder / "together.toml").write_text(suite)
    return str(folder / "together.toml")
