"""A run that goes on under other code or elsewhere: refused, or on its record."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest

from analysis.records.record import read_run
from benchmarks.errors import UsageError
from benchmarks.runs import checkpoint as checkpoints
from benchmarks.runs import provenance, resume
from benchmarks.runs import train as train_module
from benchmarks.runs.process import STOPPED
from benchmarks.runs.train import train


class AfterAWhile:
    """True from the tenth time on that somebody looks."""

    looks = 0

    def __bool__(self) -> bool:
        self.looks += 1
        return self.looks > 9


@pytest.fixture(params=["q-a2c", "dqn-hard"])
def stopped(request, tiny, run_folder, monkeypatch):
    """The folder of a run that was asked to stop, and its configuration then."""

    @contextmanager
    def asked():
        yield AfterAWhile()

    folder = run_folder(tiny(request.param))
    with monkeypatch.context() as patch:
        patch.setattr(train_module, "stop_signals", asked)
        assert train(folder) == STOPPED
    return folder, json.loads((folder / "config.json").read_text())


OTHERS = [
    (
        "exact_versions",
        "opencv-python-headless",
        "opencv-python-headless .* is now 4.9",
    ),
    ("module_digests", "losses", "code of losses .* is now 4.9"),
    ("module_digests", "screen", "code of screen .* is now 4.9"),
    ("module_digests", "added", "code of added None is now 4.9"),
    ("processor_id", None, "processor .* is now 4.9"),
]


def test_other_code_and_another_processor_are_refused_or_marked(stopped, monkeypatch):
    folder, first = stopped
    for name, key, said in OTHERS:
        real = getattr(resume, name)()
        other = {**real, key: "4.9"} if key else "4.9"
        with monkeypatch.context() as patch:
            patch.setattr(resume, name, lambda other=other: other)
            with pytest.raises(UsageError, match=f"{said}; --resume statistical"):
                train(folder)
    assert first == json.loads((folder / "config.json").read_text())
    digests = dict(resume.module_digests())
    del digests["losses"]
    monkeypatch.setattr(resume, "module_digests", lambda: digests)
    monkeypatch.setattr(provenance, "code_digest", lambda **_: "other code")
    monkeypatch.setattr(provenance, "commit", lambda: "other commit")
    step = checkpoints.load(folder)["counters"]["num_timesteps"]
    assert step > 0
    assert train(folder, "statistical") == 0
    config = read_run(folder).config
    (note,) = config["resumes"]
    assert note.startswith(f"statistical resume at step {step}: code of losses ")
    assert note.endswith(" is now None")
    before, after = config["history"]
    assert [before] == first["history"] and before["frames"] == 0
    new = {"commit": "other commit", "code": "other code"}
    assert after == before | new | {"frames": 4 * step}
    assert config["code"] == "other code"


def test_another_commit_of_the_same_code_goes_on_exactly(stopped, monkeypatch):
    folder, first = stopped
    monkeypatch.setattr(provenance, "commit", lambda: "other commit")
    assert train(folder) == 0
    config = read_run(folder).config
    assert "resumes" not in config
    commits = [entry["commit"] for entry in config["history"]]
    assert commits == [first["versions"]["commit"], "other commit"]
    assert config["versions"]["commit"] == "other commit"
