"""What the files of a run say of it, in whatever state they are."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from analysis.records.errors import RecordError
from analysis.records.record import EPISODES, TIMING
from benchmarks.runs.process import held
from benchmarks.suites.suite import Selection, load_suite
from benchmarks.sweeps import estimate as speed
from benchmarks.sweeps import status as status_module
from benchmarks.sweeps.estimate import hours_left
from benchmarks.sweeps.status import Watched, kept_in_data, status_of

EPISODES_HEAD = ",".join(EPISODES.dtypes) + "\n"
TIMING_HEAD = ",".join(TIMING.dtypes) + "\n"
DONE = {"frames": 1600, "frames_per_second": 800.0}


def timing_row(frames: int, steps_per_second: float) -> str:
    return f"{frames},1.0,{steps_per_second}\n"


@pytest.fixture
def run(tiny, run_folder, tmp_path):
    config = tiny("q-a2c")
    folder = run_folder(config)
    return config, folder, lambda: status_of(tmp_path, config)


def test_the_life_of_a_run(run):
    _, folder, look = run
    assert look().state == "missing"
    with held(folder):
        assert look().state == "running"
        (folder / "episodes.csv").write_text(EPISODES_HEAD + "400,0,-2.0,400\n")
        assert (look().state, look().frames, look().game_return) == ("running", 400, -2)
        (folder / "timing.csv").write_text(TIMING_HEAD + timing_row(800, 50.0))
        assert (look().frames, look().frames_per_second) == (800, 200.0)
    assert look().state == "unfinished"
    failed = {"error": "DivergenceError: loss=nan", "frames": 840}
    (folder / "failed.json").write_text(json.dumps(failed))
    assert (look().state, look().frames) == ("failed", 840)
    assert look().error == "DivergenceError: loss=nan"
    with held(folder):
        assert look().state == "running"
    (folder / "done.json").write_text(json.dumps(DONE))
    assert (look().state, look().frames_per_second) == ("done", 800.0)


def test_who_watches_sees_the_life_of_a_run(run, tmp_path):
    config, folder, _ = run
    watched = Watched(tmp_path, [config])

    def look():
        time.sleep(0.02)  # a file system's clock ticks
        (status,) = watched.look()
        assert status == status_of(tmp_path, config)
        return status.state, status.frames

    assert look() == ("missing", 0)
    for attempt in (1, 2):
        with held(folder):
            (folder / "failed.json").unlink(missing_ok=True)
            (folder / "heartbeat").write_text("0 starting\n")
            assert look() == ("running", 0)
            # Files that grow change nothing of their folder.
            for frames in (400 * attempt, 500 * attempt):
                (folder / "heartbeat").write_text(f"{frames} training\n")
                assert look() == ("running", frames)
            (folder / "episodes.csv").write_text(EPISODES_HEAD)
        (folder / "heartbeat").unlink()
        assert look() == ("unfinished", 0)
        failed = {"error": "OSError: disk full", "frames": 840}
        (folder / "failed.json").write_text(json.dumps(failed))
        assert look() == ("failed", 840)
    (folder / "done.json").write_text(json.dumps(DONE))
    assert look() == ("done", 1600)


def test_what_has_not_changed_is_not_read_again(run, tmp_path, monkeypatch):
    config, folder, _ = run
    (folder / "done.json").write_text(json.dumps(DONE))
    watched = Watched(tmp_path, [config, replace(config, seed=7)])
    read = []
    inner = status_module._status_in
    monkeypatch.setattr(
        status_module, "_status_in", lambda *a: read.append(a[0]) or inner(*a)
    )
    first = watched.look()
    assert [run.state for run in first] == ["done", "missing"]
    assert watched.look() == first and len(read) == 2


def test_a_run_at_work_shows_its_last_sign_of_life(run):
    _, folder, look = run
    (folder / "heartbeat").write_text("1200 training\n")
    assert look().frames == 0
    with held(folder):
        assert look().frames == 1200
        (folder / "heartbeat").write_text("12")
        assert look().frames == 0


def test_a_stopped_run_shows_how_far_it_came(run):
    _, folder, look = run
    (folder / "episodes.csv").write_text(EPISODES_HEAD)  # no game is over yet
    (folder / "heartbeat").write_text("1200 ending\n")
    assert (look().state, look().frames) == ("unfinished", 1200)
    (folder / "timing.csv").write_text(TIMING_HEAD + timing_row(1400, 50.0))
    assert look().frames == 1400


def test_a_stopped_run_needs_no_more_than_the_rest_if_it_can_go_on(run):
    config, folder, look = run
    (folder / "episodes.csv").write_text(EPISODES_HEAD)
    (folder / "heartbeat").write_text("1200 ending\n")
    known = {speed._key(config): 1.0}
    assert hours_left(look(), known, []) == pytest.approx(1600 / 3600)
    (folder / "checkpoint.pt").write_bytes(b"")
    assert hours_left(look(), known, []) == pytest.approx(400 / 3600)
    (folder / "failed.json").write_text('{"error": "OSError: full", "frames": 1300}')
    assert hours_left(look(), known, []) == pytest.approx(300 / 3600)


RUNS_HEAD = "run_id,status\n"


def test_a_clone_says_what_its_data_hold(call, tmp_path):
    first, second = load_suite("smoke", Selection(only=["q-a2c", "a2c-naive"]))
    words = ("status", "smoke", "--only", "q-a2c", "a2c-naive", "--results", tmp_path)
    assert "holds" not in call(*words)[1]
    data = tmp_path / "data" / "smoke"
    data.mkdir(parents=True)
    rows = f"{first.run_id},done\n{second.run_id},failed\nother,done\n"
    (data / "runs.csv").write_text(RUNS_HEAD + rows)
    line = f"{data} holds 2 of the 2 missing runs (1 done, 1 failed), and 1 more"
    assert call(*words)[1].splitlines()[-1] == f"{line}; --first-seed 1 adds to them"
    (data / "runs.csv").write_text(RUNS_HEAD + "other,done\n")
    line = f"{data} holds 0 of the 2 missing runs, and 1 more"
    assert call(*words)[1].splitlines()[-1] == line


def test_a_clone_says_which_seeds_its_data_lack(call, tmp_path):
    """A block of which a part is held has to be made, and those before it not."""
    chosen = Selection(only=["q-a2c", "a2c-naive"], seeds=3)
    runs = load_suite("smoke", chosen)
    data = tmp_path / "data" / "smoke"
    data.mkdir(parents=True)
    held = "".join(f"{run.run_id},done\n" for run in runs[:3])
    (data / "runs.csv").write_text(RUNS_HEAD + held)
    words = ("status", "smoke", "--only", "q-a2c", "a2c-naive", "--results", tmp_path)
    said = call(*words, "--seeds", 3)[1].splitlines()[-1]
    held = "holds 3 of the 6 missing runs (3 done)"
    repeats = "repeats 1 of them, or none with --only of arms of as many seeds each"
    assert said.endswith(f"{held}; --first-seed 1 adds to them, and {repeats}")
    rest = load_suite("smoke", replace(chosen, first_seed=1, seeds=2))
    assert [run.run_id for run in rest] == [run.run_id for run in runs[2:]]


def test_what_is_recorded_here_needs_no_word_of_the_data(run, tmp_path):
    config, folder, look = run
    (tmp_path / "data/smoke").mkdir(parents=True)
    (tmp_path / "data/smoke/runs.csv").write_text(RUNS_HEAD + f"{config.run_id},done\n")
    assert kept_in_data(tmp_path, [look()])
    (folder / "episodes.csv").write_text(EPISODES_HEAD)
    assert kept_in_data(tmp_path, [look()]) == ""


def test_a_run_without_a_folder_is_missing(run, tmp_path):
    config, _, _ = run
    assert status_of(tmp_path / "elsewhere", config).state == "missing"


@pytest.mark.parametrize(
    "tail",
    [
        "500,0,-1",
        "junk\n",
        "500,0,x,400\n",
        "500\n",
        "\0\0\0\n",
        "500,0,nan,400\n",
        "500.5,0,-1,400\n",
        "5e2,0,-1,400\n",
    ],
)
def test_a_torn_or_mangled_tail_is_passed_over(run, tail):
    _, folder, look = run
    good = EPISODES_HEAD + "400,0,-2.0,400\n"
    (folder / "episodes.csv").write_text(good + tail)
    assert (look().frames, look().game_return) == (400, -2.0)


def test_the_return_is_of_the_last_hundred_games(run):
    _, folder, look = run
    rows = [f"{i * 400},0,{float(i)},400\n" for i in range(2000)]
    (folder / "episodes.csv").write_text(EPISODES_HEAD + "".join(rows))
    assert look().game_return == sum(range(1900, 2000)) / 100


def test_a_mangled_end_is_named(run):
    _, folder, look = run
    (folder / "done.json").write_text("")
    with pytest.raises(RecordError, match=r"done\.json"):
        look()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("done", {}, "frames_per_second: expected a number, not None"),
        ("done", {**DONE, "frames": "x"}, "frames: expected a number, not 'x'"),
        ("done", {**DONE, "frames": None}, "frames: expected a number, not None"),
        ("failed", {}, "error: expected a text, not None"),
        ("failed", {"error": 1}, "error: expected a text, not 1"),
        ("failed", {"error": "x", "frames": [1]}, "frames: expected a number, not"),
    ],
)
def test_an_end_that_says_too_little_is_a_line(
    run, call, refused, tmp_path, monkeypatch, name, content, said
):
    config, folder, look = run
    (folder / f"{name}.json").write_text(json.dumps(content))
    with pytest.raises(RecordError, match=rf"{name}\.json: {said}"):
        look()
    changes = dict(config.overrides)
    words = ["--only", "q-a2c", "--frames", changes.pop("frames")]
    words += ["--set", *(f"{key}={value}" for key, value in changes.items())]
    words = ["smoke", *words, "--results", tmp_path]
    assert f"{name}.json: {said}" in refused("status", *words)
    monkeypatch.setattr(speed, "measure", lambda config: 1000.0)
    status, _, err = call("plan", *words)
    assert status == 2 and f"{name}.json: {said}" in err and "Traceback" not in err


def test_who_watches_sees_that_a_run_cannot_be_read(run, tmp_path):
    config, folder, look = run
    watched = Watched(tmp_path, [config, replace(config, seed=7)])
    (folder / "done.json").write_text("{")
    odd, other = watched.look()
    assert (odd.state, other.state) == ("unreadable", "missing")
    assert odd.error.startswith(f"{folder / 'done.json'}: is not JSON")
    (folder / "done.json").write_text(json.dumps(DONE))
    assert watched.look()[0] == look() and look().state == "done"


def test_who_watches_goes_on_where_the_disk_fails(run, tmp_path, monkeypatch):
    config, folder, _ = run

    def failing(*_: object) -> None:
        raise OSError(5, "Input/output error", str(folder))

    monkeypatch.setattr(status_module, "_tail", failing)
    (status,) = Watched(tmp_path, [config]).look()
    assert status.state == "unreadable" and "Input/output error" in status.error


@pytest.mark.parametrize("before", ["read_json", "failed_at"])
def test_a_failure_that_is_tried_again_meanwhile_is_none(run, monkeypatch, before):
    """The new attempt removes the note after it was seen, before it is read."""
    _, folder, look = run
    (folder / "failed.json").write_text('{"error": "OSError: full", "frames": 900}')
    (folder / "heartbeat").write_text("1200 ending\n")
    inner = getattr(status_module, before)

    def late(path):
        (folder / "failed.json").unlink()
        return inner(path)

    monkeypatch.setattr(status_module, before, late)
    status = look()
    assert (status.state, status.frames, status.error) == ("unfinished", 1200, "")
