"""One run: its record, its lock, and what it does when called again."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from analysis.records.errors import RecordError
from analysis.records.record import read_run
from benchmarks.errors import UsageError
from benchmarks.runs.process import HELD_ELSEWHERE, held, is_held
from benchmarks.runs.train import train

FAMILIES = ("q-a2c", "dqn-soft-kl")
FILES = ("config.json", "done.json", "episodes.csv", "metrics.csv", "timing.csv")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("variant", FAMILIES)
def test_a_run_leaves_a_record_and_is_made_once(variant, tiny, run_folder):
    config = tiny(variant)
    folder = run_folder(config)
    assert train(folder) == 0
    record = read_run(folder)
    assert record.status == "done"
    assert record.frames >= config.frames
    assert record.frames_per_second == pytest.approx(
        record.frames / record.seconds, rel=0.01
    )
    _check_games(record.episodes, config)
    _check_metrics(record.metrics, config)
    assert record.timing["frames"].equals(record.metrics["frames"])
    assert (record.timing["steps_per_second"] > 0).all()
    assert record.timing["seconds"].is_monotonic_increasing
    assert {*FILES} <= {path.name for path in folder.iterdir()}
    before = contents(folder)
    assert train(folder) == 0
    assert contents(folder) == before
    for name in ("episodes.csv", "metrics.csv", "config.json"):
        (folder / name).write_bytes(before[name] + b" ")
        with pytest.raises(RecordError, match=f"{name}: is not the file that done"):
            read_run(folder)
        (folder / name).write_bytes(before[name])


def _check_games(games, config):
    assert len(games) >= 3
    assert (games["length_frames"] == 400).all()  # cut by max_frames
    assert games["frames"].is_monotonic_increasing
    n_envs = config.environment["n_envs"]
    # A game begins with up to 30 frames of doing nothing, which are not training's.
    assert (400 - 30) * n_envs <= games["frames"].iloc[0] <= 400 * n_envs
    assert set(games["env"]) == set(range(n_envs))


def _check_metrics(metrics, config):
    assert metrics["frames"].iloc[-1] >= config.frames
    assert metrics["frames"].iloc[0] < 2 * config.environment["log_interval"]
    own = {"a2c": ["entropy", "value"], "dqn": ["q_value", "epsilon"]}
    for column in ["loss", "grad_norm", *own[config.family]]:
        assert metrics[column].iloc[-1:].notna().all(), column


def test_versions_are_those_of_the_process_that_trained(tiny, run_folder):
    folder = run_folder(tiny("a2c-naive", frames=80))
    assert json.loads((folder / "config.json").read_text())["versions"] == {}
    train(folder)
    versions = json.loads((folder / "config.json").read_text())["versions"]
    assert versions["torch"] == torch.__version__
    assert {"python", "commit", "ale-py", "stable-baselines3"} <= set(versions)


@pytest.mark.parametrize("suite", ["smoke", "minatar-smoke"])
@pytest.mark.parametrize("variant", FAMILIES)
def test_the_same_configuration_gives_the_same_bytes(variant, suite, tiny, run_folder):
    config = tiny(variant, suite=suite)
    folders = [run_folder(config, place) for place in ("one", "other")]
    for folder in folders:
        train(folder)
    one, other = (contents(folder) for folder in folders)
    assert one["episodes.csv"] == other["episodes.csv"]
    assert one["metrics.csv"] == other["metrics.csv"]
    assert one["policy.pt"] == other["policy.pt"]
    assert one["episodes.csv"].count(b"\n") > 2
    assert one["metrics.csv"].count(b"\n") > 2


def test_a_run_of_other_numerics_is_refused_before_it_trains(tiny, run_folder):
    folder = run_folder(replace(tiny("a2c-naive"), numerics=1))
    with pytest.raises(UsageError, match="numerics version 1, and this code"):
        train(folder)
    assert not (folder / "episodes.csv").exists()


def test_another_seed_is_another_run(tiny, run_folder):
    config = tiny("dqn-hard")
    record = config.record()
    del record["run_id"], record["label"], record["family"]
    other = type(config)(**{**record, "seed": 1})
    for each in (config, other):
        train(run_folder(each))
    episodes = {
        path.read_text() for path in run_folder(config).parent.glob("*/metrics.csv")
    }
    assert len(episodes) == 2


# --------------------------------------------------------------- one folder, one run


def test_a_folder_whose_configuration_was_edited_is_refused(tiny, run_folder):
    folder = run_folder(tiny("q-a2c"))
    path = folder / "config.json"
    path.write_text(path.read_text().replace('"gamma": 0.99', '"gamma": 0.9'))
    with pytest.raises(UsageError, match="a changed run is another run"):
        train(folder)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"variant": 3}', '{"seed": []}'])
def test_a_folder_without_a_configuration_is_refused(tmp_path, content):
    with pytest.raises(UsageError, match="is missing"):
        train(tmp_path / "no-such-run")
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(UsageError, match=r"config\.json"):
        train(tmp_path)


def trained_apart(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", "train", str(folder), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_a_second_process_leaves_a_held_run_alone(tiny, run_folder):
    folder = run_folder(tiny("q-a2c"))
    with held(folder) as mine:
        assert mine and is_held(folder)
        assert trained_apart(folder).returncode == HELD_ELSEWHERE == 75
    assert not is_held(folder)
    assert {path.name for path in folder.iterdir()} == {"config.json", "lock"}


def test_looking_at_a_lock_does_not_keep_a_run_from_it(tmp_path):
    looker = (
        "import fcntl, sys, time; f = open(sys.argv[1], 'a');"
        "fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); time.sleep(0.3)"
    )
    command = [sys.executable, "-c", looker, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout and other.stdout.readline()
        assert is_held(tmp_path)
        with held(tmp_path) as mine:
            assert mine


def test_a_process_whose_starter_is_gone_does_not_begin(tiny, run_folder):
    folder = run_folder(tiny("q-a2c"))
    began = time.monotonic()
    assert trained_apart(folder, "--parent", "1").returncode == HELD_ELSEWHERE
    assert time.monotonic() - began < 10
    assert {path.name for path in folder.iterdir()} == {"config.json"}
