"""TensorBoard's file says what the record says, once, and changes nothing of a run."""

from __future__ import annotations

import sys
from collections import defaultdict
from contextlib import contextmanager

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from benchmarks.errors import UsageError
from benchmarks.runs import tensorboard_sink
from benchmarks.runs import train as training
from benchmarks.runs.process import STOPPED
from benchmarks.runs.recorded_rows import recorded_rows
from benchmarks.runs.tensorboard_sink import TensorboardWriter
from benchmarks.runs.train import train


def points(folder) -> dict[str, list[tuple[int, float]]]:
    """What the one event file of a run has: (frames, value) by name, as written."""
    (path,) = (folder / "tensorboard").iterdir()
    found = defaultdict(list)
    for event in EventFileLoader(str(path)).Load():
        for value in event.summary.value:
            (number,) = value.tensor.float_val
            found[value.tag].append((event.step, number))
    return dict(found)


def recorded(folder) -> dict[str, list[tuple[int, float]]]:
    found = defaultdict(list)
    for row in recorded_rows(folder):
        for name, value in row.items():
            if name != "frames":
                found[name].append((row["frames"], float(np.float32(value))))
    return dict(found)


def files(folder) -> list[bytes]:
    return [(folder / name).read_bytes() for name in ("episodes.csv", "metrics.csv")]


@pytest.fixture
def plain(tiny, run_folder):
    """A run without TensorBoard, of which nothing of it must be loaded."""
    folder = run_folder(tiny("a2c-naive"), "plain")
    assert train(folder) == 0
    return folder


def test_it_has_the_numbers_of_the_record_and_changes_none(plain, tiny, run_folder):
    folder = run_folder(tiny("a2c-naive"))
    assert train(folder, tensorboard=True) == 0
    found = points(folder)
    assert found == recorded(folder)
    assert {"train/loss", "time/seconds", "game_return", "length_frames"} <= set(found)
    assert len(found["train/loss"]) == 4 and len(found["game_return"]) >= 2
    assert files(folder) == files(plain)


def test_who_asks_for_none_does_not_load_it(tiny, run_folder, monkeypatch):
    for name in ("tensorboard", "torch.utils.tensorboard"):
        monkeypatch.setitem(sys.modules, name, None)  # an import is an error
    folder = run_folder(tiny("a2c-naive", frames=400))
    assert train(folder) == 0
    assert not (folder / "tensorboard").exists()


class Stop(list):
    """Signals: there is one from the 22nd time on that anybody asks."""

    asked = 0

    def __len__(self) -> int:
        self.asked += 1
        return int(self.asked > 21)


@contextmanager
def stopping():
    yield Stop()


def test_a_run_that_goes_on_has_every_point_once(plain, tiny, run_folder, monkeypatch):
    folder = run_folder(tiny("a2c-naive"))
    with monkeypatch.context() as patched:
        patched.setattr(training, "stop_signals", stopping)
        assert train(folder, tensorboard=True) == STOPPED
    assert 0 < len(points(folder)["train/loss"]) < 4
    (stale,) = (folder / "tensorboard").iterdir()
    stale.write_bytes(stale.read_bytes()[:-7])  # as a process that is killed leaves it
    assert train(folder, tensorboard=True) == 0
    assert points(folder) == recorded(folder)
    assert files(folder) == files(plain)


def test_a_board_that_is_open_forgets_what_it_showed(tmp_path, plain):
    writer = TensorboardWriter(plain, is_resumed=True)
    writer.close()
    (path,) = (plain / "tensorboard").iterdir()
    events = EventFileLoader(str(path)).Load()
    starts = [e for e in events if e.session_log.status == e.session_log.START]
    assert [e.step for e in starts if e.HasField("session_log")] == [0]


def test_where_it_is_missing_a_line_says_how_to_get_it(
    refused, tmp_path, monkeypatch, tiny, run_folder
):
    monkeypatch.setattr(tensorboard_sink, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="TensorBoard is not installed; pip install"):
        tensorboard_sink.check_tensorboard()
    folder = run_folder(tiny("a2c-naive"))
    words = ("run", "smoke", "--results", tmp_path / "none", "--only", "q-a2c")
    words = (*words, "--frames", 400)
    for command in (words, ("train", folder)):
        assert "'.[tensorboard]'" in refused(*command, "--tensorboard")
    assert not (tmp_path / "none").exists() and not (folder / "lock").exists()


def test_a_sweep_hands_it_on_to_its_runs(call, tmp_path, monkeypatch):
    from benchmarks.sweeps import engines

    seen = []
    monkeypatch.setattr(
        engines.Local, "run", lambda self, tasks, tick: seen.extend(tasks)
    )
    monkeypatch.setattr("benchmarks.show.show_study", lambda *given: 0)
    words = ("run", "smoke", "--results", tmp_path, "--only", "q-a2c")
    for more in ((), ("--tensorboard",)):
        assert call(*words, *more)[0] == 0
    assert [task.options for task in seen] == [(), ("--tensorboard",)]
