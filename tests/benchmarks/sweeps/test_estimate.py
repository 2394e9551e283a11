"""How long runs take here: measured once, and not what was measured before."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.findings.measured import CASES, OURS
from analysis.findings.speed import Speed
from analysis.records.files import write_atomically
from benchmarks.runs import stopwatch
from benchmarks.runs.processor import processor_id
from benchmarks.sweeps import estimate
from benchmarks.sweeps.estimate import hours_left, measured_speeds
from benchmarks.sweeps.status import RunStatus, status_of, statuses


@pytest.fixture
def counted(monkeypatch):
    """Measuring is counted and not done."""
    calls = []
    monkeypatch.setattr(
        estimate, "measure", lambda config: calls.append(config) or 1000.0
    )
    return calls


def compared(games: str, rate: float, kind: str) -> Speed:
    rows = [
        {"case": case, "game": "any", "side": side, "repetition": 0, "rate": rate}
        for case in CASES
        for side in OURS
    ]
    about = {"at_once": 2, "processor": {"id": kind}}
    nothing = pd.DataFrame({"a": [1]})
    return Speed(pd.DataFrame(rows), nothing, about, games)


def write(found: Speed, results: Path) -> None:
    files = found.data_files().items()
    write_atomically({results / path: data for path, data in files})


@pytest.mark.parametrize(
    ("suite", "games", "frames"), [("smoke", "Atari", 400), ("minatar", "MinAtar", 100)]
)
def test_rates_of_two_processes_in_steps_become_frames_of_one(
    suite, games, frames, tiny, tmp_path, monkeypatch
):
    monkeypatch.setattr(estimate, "measure", lambda config: 7.0)

    config = tiny("q-a2c", suite=suite, n_envs=16)
    write(compared(games, 200.0, "another kind"), tmp_path)
    assert list(measured_speeds(tmp_path / "a", [config]).values()) == [7.0]
    assert 7.0 in measured_speeds(tmp_path, [config]).values()
    (tmp_path / "runs" / "speed.json").unlink()
    write(compared(games, 200.0, processor_id()), tmp_path)
    known = measured_speeds(tmp_path, [config])
    assert known[estimate._key(config)] == frames
    assert not (tmp_path / "runs" / "speed.json").exists()


def test_speeds_are_measured_once_a_family(tiny, tmp_path, counted):
    configs = [tiny("q-a2c"), tiny("a2c-naive"), tiny("dqn-hard")]
    first = measured_speeds(tmp_path, configs)
    assert [config.family for config in counted] == ["a2c", "dqn"]
    assert measured_speeds(tmp_path, configs) == first
    measured_speeds(tmp_path, [tiny("q-a2c", n_envs=4)])
    assert len(counted) == 3
    minatar = replace(tiny("q-a2c"), game="MinAtar/Freeway")
    measured_speeds(tmp_path, [minatar, replace(minatar, game="MinAtar/Asterix")])
    assert [config.game for config in counted[3:]] == ["MinAtar/Freeway"]


@pytest.mark.parametrize(
    "content", ["", "[]", '{"a": "b"}', "null", "{", '{"cpu": "of another machine"}']
)
def test_a_mangled_measurement_is_made_again(content, tiny, tmp_path, counted):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "speed.json").write_text(content)
    assert list(measured_speeds(tmp_path, [tiny("q-a2c")]).values()) == [1000.0]


def test_hours_come_from_finished_runs_where_there_are_any(
    tiny, run_folder, tmp_path, counted
):
    config, long = tiny("q-a2c"), tiny("q-a2c", frames=3_600_000)
    folder = run_folder(config)
    known = measured_speeds(tmp_path, [config])
    missing, other = statuses(tmp_path, [config, long])
    assert hours_left(other, known, [missing]) == pytest.approx(1.0)
    (folder / "done.json").write_text(
        json.dumps({"frames": 1600, "frames_per_second": 800.0})
    )
    done = status_of(tmp_path, config)
    assert hours_left(done, known, [done]) == 0
    assert hours_left(missing, known, [done]) == pytest.approx(1600 / 800 / 3600)
    # Another length of run has another share of slow starts: it says nothing here.
    assert hours_left(other, known, [done]) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "other",
    [{"game": "MinAtar/Freeway"}, {"engine": "reference"}, {"device": "cuda"},
     {"n_envs": 4}, {"precision": "float64"}, {"threads": 2}],
    ids=str,
)  # fmt: skip
def test_a_finished_run_of_another_kind_says_nothing_of_the_hours(
    tiny, tmp_path, other
):
    config = tiny("q-a2c")
    own = {k: other[k] for k in ("game", "threads") if k in other}
    changed = {**config.environment, **other} if not own else config.environment
    slow = replace(config, environment=changed, **own)
    done = RunStatus(config, tmp_path, "done", 1600, 800.0)
    missing = RunStatus(slow, tmp_path, "missing")
    known = {estimate._key(config): 700.0, estimate._key(slow): 1.0}
    assert hours_left(missing, known, [done]) == pytest.approx(1600 / 3600)
    same = replace(done, config=slow, frames_per_second=2.0)
    assert hours_left(missing, known, [done, same]) == pytest.approx(800 / 3600)


def test_measuring_trains_and_is_in_frames(tiny, monkeypatch):
    monkeypatch.setattr(stopwatch, "MEASURE_S", 0.2)
    monkeypatch.setattr(stopwatch, "WARM_UP_STEPS", {"dqn": 120})
    assert 4 < stopwatch.measure(tiny("dqn-hard", learning_starts=50_000)) < 100_000


def test_hours_are_by_the_median_of_runs_that_are_as_long(tiny):
    config = tiny("q-a2c", frames=3_600_000)
    short = replace(config, frames=1_600)
    alike = [RunStatus(config, None, "done", 1, v) for v in (100.0, 200.0, 1000.0)]
    others = [RunStatus(short, None, "done", 1, 9_000.0)] * 9
    found = hours_left(RunStatus(config, None, "missing"), {}, [*alike, *others])
    assert found == pytest.approx(5.0)
