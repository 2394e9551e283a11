"""A run that fails says why in a line, and keeps what it has recorded."""

from __future__ import annotations

import json

import pytest
import torch

from analysis.records.record import read_run
from benchmarks.runs import train as train_module
from benchmarks.runs.train import train


def poisoned(monkeypatch, method: str, call: int) -> None:
    """Make a parameter NaN at the given call of a method of the model."""
    real = train_module.make_model

    def make(config):
        model = real(config)
        original, calls = getattr(model, method), []

        def poison(*args, **kwargs):
            calls.append(None)
            if len(calls) == call:
                with torch.no_grad():
                    next(model.policy.parameters()).fill_(float("nan"))
            return original(*args, **kwargs)

        setattr(model, method, poison)
        return model

    monkeypatch.setattr(train_module, "make_model", make)


@pytest.mark.parametrize(
    ("variant", "method", "call"),
    [
        ("q-a2c", "train", 30),
        ("q-a2c", "collect_rollouts", 30),
        ("dqn-soft-kl", "train", 6),
        ("dqn-soft-kl", "collect_rollouts", 10),
    ],
)
@pytest.mark.parametrize("suite", ["smoke", "minatar-smoke"])
def test_a_parameter_that_is_no_number_ends_the_run(
    suite, variant, method, call, tiny, run_folder, monkeypatch, capsys
):
    poisoned(monkeypatch, method, call)
    config = tiny(variant, 4000, suite, log_interval=100)
    folder = run_folder(config)
    assert train(folder) == 1
    failed = json.loads((folder / "failed.json").read_text())
    assert failed["error"].startswith("DivergenceError: ") and failed["diverged"]
    step = failed["frames"] // config.environment["frame_skip"]
    assert f"step {step}" in failed["error"]
    assert 0 < failed["frames"] < 4000
    assert failed["error"] in capsys.readouterr().err
    record = read_run(folder)
    assert (record.status, record.frames) == ("failed", failed["frames"])
    assert len(record.episodes) and len(record.metrics)
    assert not (folder / "done.json").exists()


def test_what_a_bad_parameter_makes_raise_is_called_by_its_name(
    tiny, run_folder, monkeypatch
):
    real = train_module.make_model

    def make(config):
        model = real(config)

        def break_down():
            with torch.no_grad():
                next(model.policy.parameters()).fill_(float("nan"))
            raise RuntimeError("probability tensor contains nan")

        model.train = break_down
        return model

    monkeypatch.setattr(train_module, "make_model", make)
    folder = run_folder(tiny("q-a2c"))
    assert train(folder) == 1
    failed = json.loads((folder / "failed.json").read_text())
    assert failed["error"].startswith("DivergenceError: ")
    assert "is not finite at step 10" in failed["error"]


def test_one_that_goes_bad_with_the_last_update_is_not_done(
    tiny, run_folder, monkeypatch
):
    real = train_module.make_model

    def make(config):
        model = real(config)
        learn = model.learn

        def learn_and_spoil(*args, **kwargs):
            learn(*args, **kwargs)
            with torch.no_grad():
                next(model.policy.parameters()).fill_(float("nan"))

        model.learn = learn_and_spoil
        return model

    monkeypatch.setattr(train_module, "make_model", make)
    folder = run_folder(tiny("dqn-hard"))
    assert train(folder) == 1
    assert "step 400" in json.loads((folder / "failed.json").read_text())["error"]
    assert not (folder / "done.json").exists()


def test_a_failed_run_is_made_again_from_the_start(tiny, run_folder, monkeypatch):
    folder = run_folder(tiny("a2c-proper"))
    with monkeypatch.context() as patch:
        poisoned(patch, "train", 15)
        assert train(folder) == 1
    assert train(folder) == 0
    assert read_run(folder).status == "done"
    assert not (folder / "failed.json").exists()


def test_an_error_of_the_game_fails_the_run_with_its_first_line(
    tiny, run_folder, monkeypatch
):
    def broken(config):
        raise RuntimeError("no such ROM\nsecond line")

    monkeypatch.setattr(train_module, "make_model", broken)
    folder = run_folder(tiny("q-a2c"))
    assert train(folder) == 1
    failed = json.loads((folder / "failed.json").read_text())
    error = "RuntimeError: no such ROM"
    assert failed == {"error": error, "frames": 0, "diverged": False}
    assert read_run(folder).status == "failed"


def test_a_full_disk_fails_the_run_in_one_line(tiny, run_folder, monkeypatch, capsys):
    def full(self, row):
        raise OSError(28, "No space left on device", self.file.name)

    folder = run_folder(tiny("q-a2c"))
    with monkeypatch.context() as patch:
        patch.setattr("benchmarks.runs.tracking.CsvWriter.write", full)
        assert train(folder) == 1
    error = json.loads((folder / "failed.json").read_text())["error"]
    assert "episodes.csv: No space left on device, " in error
    assert error.endswith(" bytes free there")
    assert capsys.readouterr().err == f"failed at 0 frames: {error}\n"
    assert train(folder) == 0
    assert not (folder / "heartbeat").exists()
