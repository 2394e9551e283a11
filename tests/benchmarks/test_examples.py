"""The examples in a folder that has nothing else: trained, shown, gone on with."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmarks.errors import UsageError
from benchmarks.runs import train as training
from benchmarks.runs.process import STOPPED
from benchmarks.runs.train import train, write_config
from benchmarks.suites.config import RunConfig
from benchmarks.suites.suite import load_suite
from tests.benchmarks.own_suites import EXAMPLES, _forgets, examples_in
from tests.benchmarks.sweeps.real_runs import record
from tests.benchmarks.test_cli_runs import environment

__all__ = ["_forgets"]
ARMS = ["a2c-naive", "a2c-zero-mean", "dqn-hard", "munchausen-dqn"]
UPDATES = 12  # before a stop


class Stop:
    """Asks for a stop when it has been asked for it so many times."""

    def __init__(self, after: int) -> None:
        self.left = after

    def __bool__(self) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.fixture
def stop_after(monkeypatch):
    def chosen(updates: int) -> None:
        @contextmanager
        def signals() -> Any:
            yield Stop(updates)

        monkeypatch.setattr(training, "stop_signals", signals)

    return chosen


def made(root: Path, config: RunConfig) -> Path:
    folder = root / config.run_id
    write_config(folder, config)
    return folder


@pytest.mark.parametrize("arm", ["a2c-zero-mean", "munchausen-dqn"])
def test_a_run_that_was_stopped_is_the_run_that_was_not(tmp_path, stop_after, arm):
    configs = load_suite(examples_in(tmp_path / "mine"))
    (config,) = [each for each in configs if each.variant == arm]
    whole, parted = (made(tmp_path / name, config) for name in ("whole", "parted"))
    stop_after(10**9)
    assert train(whole) == 0
    stops = 0
    for updates in (UPDATES, UPDATES, 10**9):
        stop_after(updates)
        stops += train(parted) == STOPPED
    assert stops == 2
    assert record(parted) == record(whole)
    assert "resumes" not in json.loads((parted / "config.json").read_text())


UNSAVED = """
from classic_control import ClassicControl
from benchmarks.games.own import OwnGames

class Unsaved(ClassicControl):
    get_state, set_state = OwnGames.get_state, OwnGames.set_state
"""


def test_games_that_cannot_be_saved_mark_the_run(tmp_path, stop_after):
    suite = examples_in(tmp_path / "mine")
    Path(tmp_path / "mine/unsaved.py").write_text(UNSAVED)
    text = Path(suite).read_text()
    family = "classic_control:ClassicControl"
    Path(suite).write_text(text.replace(family, "unsaved:Unsaved"))
    config = load_suite(suite)[0]
    folder = made(tmp_path / "runs", config)
    stop_after(UPDATES)
    assert train(folder) == STOPPED
    stop_after(10**9)
    assert train(folder) == 0
    (note,) = json.loads((folder / "config.json").read_text())["resumes"]
    assert "its games can't be saved: they begin anew" in note


def test_a_module_that_has_changed_is_noticed(tmp_path, stop_after):
    suite = examples_in(tmp_path / "mine")
    config = load_suite(suite)[1]
    folder = made(tmp_path / "runs", config)
    stop_after(UPDATES)
    assert train(folder) == STOPPED
    module = tmp_path / "mine/zero_mean.py"
    module.write_text("# A word.\n" + module.read_text())
    stop_after(UPDATES)
    assert train(folder) == STOPPED  # which computes nothing else
    before = json.loads((folder / "config.json").read_text())
    module.write_text(module.read_text().replace(".mean()", ".median()"))
    with pytest.raises(UsageError, match=r"code of zero_mean\.py, the user's own"):
        train(folder)
    stop_after(10**9)
    assert train(folder, "statistical") == 0
    after = json.loads((folder / "config.json").read_text())
    assert set(before["own_code"]) == {"classic_control", "zero_mean"}
    assert before["own_code"]["zero_mean"] != after["own_code"]["zero_mean"]
    assert [entry["frames"] > 0 for entry in after["history"]] == [False, True]
    assert "zero_mean.py" in after["resumes"][0]


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *words, "--results", "results"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_a_folder_outside_with_a_suite_is_enough(tmp_path):
    examples_in(tmp_path)
    done = command(tmp_path, "run", "together.toml")
    assert done.returncode == 0, done.stderr
    results = tmp_path / "results"
    scores = pd.read_csv(results / "tables/together/scores.csv")
    assert sorted(scores["variant"]) == ARMS and (scores["n"] == 1).all()
    settings = pd.read_csv(results / "tables/together/hyperparameters.csv")
    alpha = settings[settings["key"] == "alpha"]
    assert alpha[["variant", "value", "source"]].to_numpy().tolist() == [
        ["munchausen-dqn", "0.9", "user"]
    ]
    assert (results / "figures/together/figure_own.png").stat().st_size > 0
    page = (results / "report-together.html").read_text()
    assert "Own variants of A2C" in page and "Own variants of DQN" in page


def test_records_are_shown_without_any_of_their_code(tmp_path, call):
    """Figures and tables of a study whose modules are gone."""
    config = load_suite(examples_in(tmp_path / "mine"))[1]
    assert config.own["games"] == "classic_control:ClassicControl"
    for path in (tmp_path / "mine").glob("*.py"):
        path.unlink()
    made(tmp_path / "results/runs", config)
    record = "frames,env,game_return,length_frames\n400,0,20.0,20\n"
    (folder,) = (tmp_path / "results/runs").iterdir()
    (folder / "episodes.csv").write_text(record)
    for command in ("export", "tables", "figures"):
        status, _, err = call(command, "--results", tmp_path / "results")
        assert status in (0, 3), err
    scores = (tmp_path / "results/tables/together/scores.md").read_text()
    assert "a2c-zero-mean" in scores


EVERY_SUITE = sorted(EXAMPLES.glob("*/*.toml"))


@pytest.mark.parametrize("suite", EVERY_SUITE, ids=lambda p: p.stem)
def test_every_suite_of_the_examples_is_one(suite):
    runs = load_suite(str(suite))
    assert len({run.run_id for run in runs}) == len(runs) >= 20
