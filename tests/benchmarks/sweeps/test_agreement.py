"""What differs between a record and the same run, made again."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from benchmarks.runs.provenance import provenance
from benchmarks.suites.config import NUMERICS_VERSION
from benchmarks.sweeps.agreement import _over_time, first_difference, other_conditions


def table(**columns):
    return pd.DataFrame(columns)


def test_the_first_difference_is_found():
    recorded = table(frames=[1, 2, 3], loss=[0.5, np.nan, 0.25])
    same = table(frames=[1, 2, 3], loss=[0.5, 9.0, 0.25], new=[1.0, 2.0, 3.0])
    assert first_difference(recorded, same, whole=True) is None
    assert first_difference(recorded, same[:2], whole=False) is None
    assert first_difference(recorded, same[:2], whole=True).number == 3
    lost = first_difference(recorded, same.assign(loss=[0.5, 1, np.nan]), whole=True)
    assert (lost.number, lost.columns()) == (3, ["loss"])
    # Bits count: no tolerance.
    near = same.assign(loss=[0.5, 0.0, np.nextafter(0.25, 1)])
    found = first_difference(recorded, near, whole=True)
    assert found.number == 3
    assert found.lines("row 3")[1:] == [
        "  recorded  frames 3  loss 0.25",
        "  today     frames 3  loss 0.25000000000000006  new 3",
    ]


def test_conditions_that_differ_are_named(tiny):
    now = tiny("q-a2c").record() | provenance(0)
    assert other_conditions(now, now, 100) == []
    entry = now["history"][0]
    other = {
        "numerics": 1,
        "versions": now["versions"] | {"torch": "2.0"},
        "history": [
            entry | {"commit": "abc", "code": "def"},
            entry | {"frames": 50, "commit": "abd", "processor": "amd-1"},
            entry | {"frames": 150, "commit": "abe"},
        ],
    }
    said = other_conditions(now | other, now, 100)
    assert f"numerics version: 1 then, {NUMERICS_VERSION} now" in said
    assert f"commit: abc, from frame 50 abd then, {entry['commit']} now" in said
    assert f"code: def, from frame 50 {entry['code']} then, {entry['code']} now" in said
    here = entry["processor"]
    assert f"processor: {here}, from frame 50 amd-1 then, {here} now" in said
    assert f"torch: 2.0 then, {now['versions']['torch']} now" in said
    assert len(said) == 5


def test_what_was_not_recorded_is_said_to_be_so(tiny):
    now = tiny("q-a2c").record() | provenance(0)
    old = json.loads(json.dumps(now))
    for name in ("processor", "code", "history"):
        del old[name]
    del old["versions"]["opencv-python-headless"]
    names = {
        line.partition(": not recorded then")[0]
        for line in other_conditions(old, now, 100)
    }
    assert names == {"processor", "code", "opencv-python-headless"}


def test_what_comes_at_the_last_frame_is_not_of_the_frames_before():
    history = [{"frames": 0, "commit": "a"}, {"frames": 100, "commit": "b"}]
    assert _over_time(history, "commit", 100) == "a"
    assert _over_time(history, "commit", 101) == "a, from frame 100 b"
