"""A committed run, trained again: identical, or where and why not."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.records.exchange import export_study
from analysis.records.study import load_study, save_study, study_of
from benchmarks.errors import UsageError
from benchmarks.runs.train import train, write_config
from benchmarks.suites.config import NUMERICS_VERSION, RunConfig
from benchmarks.sweeps import reproduce as module
from benchmarks.sweeps.reproduce import config_now, find_run, reproduce
from benchmarks.sweeps.sweep import Task

STUDY = "smoke"


@pytest.fixture(scope="module")
def committed(tmp_path_factory):
    """Results in which runs of two families are exported; made once."""
    return tmp_path_factory.mktemp("committed")


@pytest.fixture
def results(committed, tiny, monkeypatch):
    """A study of two runs; to train one again is to copy it."""
    if not (committed / "data").exists():
        for config in (tiny("q-a2c"), tiny("dqn-hard")):
            folder = committed / "runs" / config.run_id
            write_config(folder, config)
            assert train(folder) == 0
        export_study(committed / "runs", STUDY, committed / "data")
    monkeypatch.setattr(Copied, "runs", committed / "runs", raising=False)
    monkeypatch.setattr(module, "Task", Copied)
    return committed


class InProcess:
    """A task that is made here and now."""

    process = None

    def __init__(self, folder: Path, threads: int) -> None:
        self.folder = folder

    def start(self) -> None:
        self.exit = train(self.folder)

    def status(self) -> int:
        return self.exit

    def end(self, within_s: float) -> None:
        pass


class Copied(InProcess):
    """A task whose outcome is there already."""

    runs: Path

    def start(self) -> None:
        self.exit = 0
        shutil.copytree(self.runs / self.folder.name, self.folder, dirs_exist_ok=True)


class Endless(Copied):
    """A task that goes on and on, and has come to some frame."""

    frames: int
    looks = 0

    def start(self) -> None:
        super().start()
        (self.folder / "heartbeat").write_text(f"{self.frames} training\n")

    def status(self) -> None:
        self.looks += 1
        assert self.looks < 4, "it was to be stopped"


@pytest.fixture
def altered(results, tmp_path):
    """Copy the study with another record of one run in it."""

    def alter(**changes):
        records = load_study(results / "data", STUDY).records()
        (run_id,) = (name for name in records if name.startswith("q-a2c"))
        record = records[run_id]
        config = record.config | changes.pop("config", {})
        records[run_id] = replace(record, config=config, **changes)
        save_study(tmp_path / "data", study_of(STUDY, records))
        return tmp_path, record

    return alter


def test_the_same_code_is_identical(results, monkeypatch, capsys):
    monkeypatch.setattr(module, "Task", InProcess)
    assert reproduce(results, "dqn-hard-pong-s0", 1_600) == 0
    said = capsys.readouterr().out
    assert "the same conditions" in said and "differs" not in said
    games = len(find_run(results / "data", "dqn").episodes)
    assert games >= 3
    assert f"identical to game {games} (1,600 frames)" in said
    assert "identical in 4 rows of metrics" in said


def test_it_is_trained_by_a_process_of_its_own(results, monkeypatch, capfd):
    """As any run is; it stops where enough is compared."""
    monkeypatch.setattr(module, "Task", Task)
    assert reproduce(results, "q-a2c", 900) == 0
    said = capfd.readouterr()
    assert "identical to game" in said.out and "(900 frames)" in said.out
    assert said.err == ""


@pytest.fixture
def endless(monkeypatch):
    monkeypatch.setattr(module, "LOOK_S", 0.0)

    def at(frames):
        monkeypatch.setattr(Endless, "frames", frames, raising=False)
        monkeypatch.setattr(module, "Task", Endless)

    return at


def test_it_stops_when_there_is_enough_to_compare(results, endless):
    endless(901)
    assert reproduce(results, "q-a2c", 900) == 0
    endless(900)  # what that step leaves may not be written yet
    with pytest.raises(AssertionError, match="it was to be stopped"):
        reproduce(results, "q-a2c", 900)


def test_it_stops_at_the_first_game_that_differs(altered, endless):
    episodes = altered()[1].episodes
    episodes.loc[1, "game_return"] -= 1
    results, _ = altered(episodes=episodes)
    endless(8)
    assert reproduce(results, "q-a2c", 1_600) == 1


class Begun(Endless):
    """A task whose record has its first games, and so far no row of metrics."""

    games: int

    def start(self) -> None:
        super().start()
        for name, lines in {"episodes.csv": 1 + self.games, "metrics.csv": 1}.items():
            path = self.folder / name
            path.write_text("".join(path.read_text().splitlines(True)[:lines]))


def test_what_was_not_trained_by_then_does_not_differ(
    altered, endless, monkeypatch, capsys
):
    """Training ends where a game differs: later rows were not compared."""
    episodes = altered()[1].episodes
    episodes.loc[1, "game_return"] -= 1
    results, _ = altered(episodes=episodes)
    endless(8)
    monkeypatch.setattr(Begun, "games", 2, raising=False)
    monkeypatch.setattr(module, "Task", Begun)
    assert reproduce(results, "q-a2c", 1_600) == 1
    said = capsys.readouterr().out
    assert "game 2 differs:" in said and "nothing" not in said
    assert "no row of metrics was compared by then" in said


def test_a_row_that_differs_does_not_end_it(altered, endless, capsys):
    """Which game differs first, if one does, is what is asked for."""
    metrics = altered()[1].metrics
    metrics.loc[0, "loss"] += 1.0
    results, record = altered(metrics=metrics)
    endless(8)
    with pytest.raises(AssertionError, match="it was to be stopped"):
        reproduce(results, "q-a2c", 1_600)
    endless(1_601)
    assert reproduce(results, "q-a2c", 1_600) == 1
    said = capsys.readouterr().out
    assert f"identical to game {len(record.episodes)} (1,600 frames)" in said
    assert "row 1 of metrics differs in loss:" in said


def test_a_game_that_differs_is_shown_from_both_sides(altered, capsys):
    episodes = altered()[1].episodes
    game = episodes.iloc[1]
    episodes.loc[1, "game_return"] -= 1
    results, _ = altered(episodes=episodes)
    assert reproduce(results, "q-a2c", 1_600) == 1
    said = capsys.readouterr().out
    assert f"identical to game 1 ({episodes['frames'][0]:,} frames)\n" in said
    place = f"frames {game['frames']:.0f}  env {game['env']:.0f}  game_return"
    assert "game 2 differs:\n" in said
    assert f"  recorded  {place} {game['game_return'] - 1:.0f}  length" in said
    assert f"  today     {place} {game['game_return']:.0f}  length" in said


def test_a_record_with_a_game_less_is_not_identical(altered, capsys):
    results, record = altered()
    results, _ = altered(episodes=record.episodes.iloc[:-1])
    assert reproduce(results, "q-a2c", 1_600) == 1
    last = len(record.episodes)
    assert f"game {last} differs:\n  recorded  nothing\n" in capsys.readouterr().out


def test_other_arithmetic_shows_in_the_metrics(results, monkeypatch, capsys):
    import algorithms.a2c

    right = algorithms.a2c.n_step_returns
    wrong = lambda *arguments: -right(*arguments)  # noqa: E731
    monkeypatch.setattr(algorithms.a2c, "n_step_returns", wrong)
    monkeypatch.setattr(module, "Task", InProcess)
    assert reproduce(results, "q-a2c", 1_600) == 1
    said = capsys.readouterr().out
    assert "row 1 of metrics differs in loss" in said


def test_a_record_of_another_numerics_version_is_tried_all_the_same(altered, capsys):
    other = {"numerics": NUMERICS_VERSION - 1}
    _, record = altered()
    results, _ = altered(config=other, metrics=record.metrics.assign(loss=0.0))
    assert reproduce(results, "q-a2c", 1_600) == 0
    said = capsys.readouterr().out
    was = f"numerics version: {NUMERICS_VERSION - 1} then, {NUMERICS_VERSION} now"
    assert f"other conditions:\n  {was}\n" in said
    assert "metrics are not compared" in said


def test_training_that_fails_is_told(results, monkeypatch, capsys):
    def broken(config):
        raise RuntimeError("no such ROM")

    monkeypatch.setattr("benchmarks.runs.train.make_model", broken)
    monkeypatch.setattr(module, "Task", InProcess)
    assert reproduce(results, "q-a2c", 1_600) == 1
    assert "training failed: RuntimeError: no such ROM" in capsys.readouterr().err


# ------------------------------------------------------------------ which run it is


def test_a_run_is_found_by_how_its_id_begins(results):
    data = results / "data"
    run_id = find_run(data, "q-").config["run_id"]
    assert run_id.startswith("q-a2c-pong-s0-")
    assert find_run(data, run_id).config["run_id"] == run_id
    with pytest.raises(UsageError, match=r"'' is how 2 runs begin: dqn-hard-.*, q-a2c"):
        find_run(data, "")
    with pytest.raises(UsageError, match=r"no run 'lost' in .*; nearest: .*q-a2c-pong"):
        find_run(data, "lost")
    with pytest.raises(UsageError, match="there is none"):
        find_run(data / "nowhere", "q")


def test_too_few_frames_are_refused_before_any_training(results):
    with pytest.raises(UsageError, match="the first game ends at "):
        reproduce(results, "q-a2c", 8)


def test_more_frames_than_the_record_has_are_cut(results, capsys):
    assert reproduce(results, "q-a2c", 10**9) == 0
    assert "1,600 frames of 1,600" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"variant": "a2c-lost"}, "can't make it: 'a2c-lost'"),
        ({"game": "Tetriss"}, "can't make it: unknown game 'Tetriss'"),
        ({"hyperparameters": {"temperature": -1.0}}, "can't make it: "),
        ({"environment": {"device": "cuda"}}, "device=cuda: no GPU"),
    ],
)
def test_what_this_code_can_not_make_is_said(wrong, said, tiny, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    record = tiny("q-a2c").record() | wrong
    with pytest.raises(UsageError, match=said):
        config_now(record)


def test_an_old_record_is_made_again_by_the_code_of_today(tiny):
    old = replace(tiny("q-a2c"), numerics=1).record()
    del old["numerics"]
    now = config_now(old)
    assert now == tiny("q-a2c") and now.numerics == NUMERICS_VERSION
    assert isinstance(now, RunConfig)
