"""What the comparison with the peer measured here is not measured again."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.findings.measured import CASES, OURS
from analysis.findings.speed import Speed
from analysis.records.files import write_atomically
from benchmarks.runs.processor import processor_id
from benchmarks.sweeps import estimate
from benchmarks.sweeps.estimate import measured_speeds


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
