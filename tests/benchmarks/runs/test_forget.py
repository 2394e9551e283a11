"""``forget`` says what would go, removes it when told to, and nothing else."""

from __future__ import annotations

import re
import shutil

import pytest

from analysis.records.exchange import export_study
from benchmarks.runs import forget
from benchmarks.runs.process import held
from tests.analysis.records_on_disk import config_of, contents, write_run

GAMES = [(400, 1.0), (1000, 2.0)]


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


@pytest.fixture
def made(results):
    """Write a run; returns its folder."""

    def make(variant="q-a2c", status="done", **config):
        described = config_of(variant, **config)
        games = GAMES if status == "done" else GAMES[:1]
        folder = write_run(results / "runs", described, games, status)
        (folder / "policy.pt").write_bytes(b"weights")
        return folder

    return make


def test_it_says_what_would_go_and_removes_nothing(made, results, call):
    folder = made()
    before = contents(results)
    status, out, _ = call("forget", "q-a2c", "--results", results)
    assert status == 1
    first, goes, stays, last = out.splitlines()
    assert first == f"{folder.name}: done, 1,000 of 1,000 frames, 2 games"
    for name in ("policy.pt", "episodes.csv", "done.json"):
        assert name in goes
    assert "nothing of its record" in stays and "results/data/atari" in stays
    assert last == "nothing is removed without --yes"
    assert contents(results) == before


def test_what_is_exported_stays_and_so_does_every_other_run(made, results, call):
    gone, other = made(seed=0), made(seed=1)
    export_study(results / "runs", "atari", results / "data")
    data, kept = contents(results / "data"), contents(other)
    status, out, _ = call("forget", gone.name, "--yes", "--results", results)
    assert status == 0
    assert f"stays: all of its record, done, in {results / 'data/atari'}" in out
    assert out.splitlines()[-1] == f"removed: {gone}"
    assert [path.name for path in (results / "runs").glob("*/")] == [other.name]
    assert (contents(results / "data"), contents(other)) == (data, kept)


def test_a_record_that_has_grown_since_its_export_is_not_all_there(made, results, call):
    made(status="unfinished")
    export_study(results / "runs", "atari", results / "data")
    made()
    _, out, _ = call("forget", "q-a2c", "--results", results)
    assert "stays: 400 frames and 1 games of its record" in out


def test_runs_at_work_are_refused_and_the_others_stay(made, results, refused):
    busy, idle = made(seed=0), made(seed=1)
    with held(busy):
        words = ("forget", idle.name, busy.name, "--yes", "--results", results)
        line = refused(*words)
    assert line == f"{busy.name}: a process is at work on it; stop that first"
    assert idle.exists() and busy.exists()


def test_a_run_that_begins_meanwhile_is_left_alone(made, monkeypatch):
    folder = made()
    monkeypatch.setattr("benchmarks.runs.process.PATIENCE_S", 0)
    with held(folder), pytest.raises(forget.UsageError, match="is at work"):
        forget.remove(folder)
    assert (folder / "done.json").exists()


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("q-a2", "'q-a2' is how 2 runs begin: q-a2c-pong-s0-1000, q-a2c-pong-s1-1000"),
        (
            "q-a2c-pnog-s0",
            "no run 'q-a2c-pnog-s0' in .*; nearest: q-a2c-pong-s0-1000, q",
        ),
        ("../runs/q-a2c-pong-s0-1000", r"no run '\.\./runs"),
        ("", "'' is how 3 runs begin"),
        ("speed.json", "no run 'speed.json'"),
        (".forgotten", "no run '.forgotten'"),
    ],
)
def test_what_is_not_one_run_is_refused_in_a_line(wanted, said, made, results, refused):
    for seed in (0, 1):
        made(game="Pong", seed=seed)
    made("a2c-naive")
    (results / "runs" / "speed.json").write_text("{}")
    (results / "runs" / forget.ON_ITS_WAY).mkdir()
    before = contents(results)
    line = refused("forget", wanted, "--yes", "--results", results)
    assert re.match(said, line), line
    assert contents(results) == before


def test_nothing_named_is_nothing_removed(made, results, refused):
    made()
    assert refused("forget", "--yes", "--results", results).startswith("forget: which")
    assert contents(results)


def test_even_the_only_run_must_be_named(made, results, refused):
    made()
    assert "''" in refused("forget", "", "--yes", "--results", results)


def test_a_record_that_cannot_be_read_can_be_forgotten(made, results, call):
    folder = made()
    (folder / "config.json").write_text("{")
    status, out, _ = call("forget", folder.name, "--yes", "--results", results)
    assert status == 0 and "its record can't be read" in out
    assert not folder.exists()


def test_a_removal_that_is_cut_off_leaves_no_half_of_a_run(made, results, monkeypatch):
    first, second = made(seed=0), made(seed=1)

    def cut_off(path, **options):
        if (path / first.name).exists():
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", cut_off)
        with pytest.raises(KeyboardInterrupt):
            forget.remove(first)
    assert not list((results / "runs").glob(f"{first.name}*"))
    assert len(list((results / "runs").glob("*/config.json"))) == 1
    forget.remove(second)
    assert list((results / "runs").iterdir()) == []


def test_a_record_with_as_many_frames_and_fewer_games_is_not_all_there(tmp_path):
    games = [(400, 1.0), (400, 2.0)]
    folder = write_run(tmp_path / "runs", config_of(), games, "unfinished")
    export_study(tmp_path / "runs", "atari", tmp_path / "data")
    with (folder / "episodes.csv").open("a") as file:
        file.write("400,1,3.0,40\n")
    said = "\n".join(forget.what_goes(tmp_path, folder))
    assert "stays: 400 frames and 2 games of its record" in said
