"""A sweep: failures stay alone, kills are made good, and nothing outlives it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from benchmarks.runs.heartbeat import Watch
from benchmarks.runs.process import HELD_ELSEWHERE
from benchmarks.sweeps.sweep import LOG_FILE, MAX_ATTEMPTS, Interrupted, Task, run_tasks

DEADLINE_S = 60


@dataclass
class Script(Task):
    """A task whose process is a few lines of Python in the run's folder."""

    code: str = ""

    def command(self) -> list[str]:
        return [sys.executable, "-c", self.code, str(self.folder)]


NOTES = "import os, signal, sys, time; open(sys.argv[1] + '/began', 'a').write('x');"
KILLED = NOTES + "os.kill(os.getpid(), signal.SIGKILL)"
KILLED_ONCE = NOTES + (
    "n = len(open(sys.argv[1] + '/began').read());"
    "n > 1 or os.kill(os.getpid(), signal.SIGKILL)"
)


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str, str], Script]:
    def make(name: str, code: str) -> Script:
        (tmp_path / name).mkdir()
        return Script(tmp_path / name, code=code)

    return make


def attempts(task: Task) -> int:
    return len((task.folder / "began").read_text())


def test_each_run_comes_to_its_own_end(script):
    tasks = {
        "good": script("good", NOTES),
        "bad": script("bad", NOTES + "print('before'); raise OSError('a bad disk')"),
        "killed once": script("once", KILLED_ONCE),
        "killed": script("killed", KILLED),
        "held": script("held", NOTES + f"sys.exit({HELD_ELSEWHERE})"),
        "last": script("last", NOTES),
    }
    ticks = []
    outcome = run_tasks(list(tasks.values()), 2, ticks.append)
    assert set(outcome.done) == {
        tasks[k].folder for k in ("good", "killed once", "last")
    }
    assert set(outcome.failed) == {tasks[k].folder for k in ("bad", "killed")}
    assert outcome.elsewhere == [tasks["held"].folder]
    assert {name: attempts(task) for name, task in tasks.items()} == {
        **dict.fromkeys(("good", "bad", "held", "last"), 1),
        "killed once": 2,
        "killed": MAX_ATTEMPTS,
    }
    log = (tasks["bad"].folder / LOG_FILE).read_text()
    assert "before" in log and "a bad disk" in log
    assert ticks and ticks[-1] is outcome


BEATS = NOTES + (
    "beat = lambda n: open(sys.argv[1] + '/heartbeat', 'w').write(n + ' training');"
    "n = len(open(sys.argv[1] + '/began').read());"
    "[(beat(str(i)), time.sleep(0.1)) for i in range(10)];"
)


def test_a_run_without_progress_is_killed_and_tried_again(script, capsys):
    stuck = script("stuck", BEATS + "time.sleep(600)")
    once = script("once", BEATS + "n > 1 or time.sleep(600)")
    slow_to_start = script("slow", NOTES + "time.sleep(2)")
    (slow_to_start.folder / "heartbeat").write_text("70 training\n")  # of another time
    tasks = [stuck, once, slow_to_start]
    for task in tasks:
        task.stall_s = 0.5
    outcome = run_tasks(tasks, 3, lambda outcome: None)
    assert set(outcome.done) == {once.folder, slow_to_start.folder}
    assert outcome.failed == [stuck.folder]
    assert (attempts(stuck), attempts(once)) == (MAX_ATTEMPTS, 2)
    said = "no progress for 0.5 s: training at 9 frames"
    assert (stuck.folder / LOG_FILE).read_text() == f"killed: {said}\n" * 3
    assert capsys.readouterr().err.count(f"is killed: {said}\n") == 4
    failed = json.loads((stuck.folder / "failed.json").read_text())
    assert failed == {"error": f"Stalled: {said}", "frames": 9, "diverged": False}


def test_a_watch_that_slept_has_seen_no_stall(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("benchmarks.runs.heartbeat.time.monotonic", lambda: clock[0])
    watch = Watch(tmp_path, patience_s=60)
    (tmp_path / "heartbeat").write_text("8 training\n")
    for moment in (1, 10_000, 10_050):
        clock[0] = moment
        assert watch.stalled() is None
    for moment in range(10_051, 10_101):
        clock[0] = moment
        stalled = watch.stalled()
    assert stalled == "no progress for 60 s: training at 8 frames"


def test_no_more_at_once_than_asked(script):
    busy = NOTES + "time.sleep(0.3)"
    tasks = [script(str(i), busy) for i in range(5)]
    at_once = []

    def count(outcome):
        running = [t for t in tasks if t.process and t.process.poll() is None]
        at_once.append(len(running))

    assert len(run_tasks(tasks, 2, count).done) == 5
    assert max(at_once) <= 2


def test_nothing_to_do_is_done_at_once():
    assert run_tasks([], 2, lambda outcome: None).done == []


def test_threads_are_limited_and_nothing_is_asked(script):
    code = (
        "import os, sys; open(sys.argv[1] + '/said', 'w').write("
        "os.environ['OMP_NUM_THREADS'] + repr(sys.stdin.read()))"
    )
    task = script("one", code)
    task.threads = 3
    run_tasks([task], 1, lambda outcome: None)
    assert (task.folder / "said").read_text() == "3''"


def test_an_error_while_it_is_shown_leaves_no_child(script):
    task = script("long", NOTES + "time.sleep(600)")

    def break_down(outcome):
        raise RuntimeError("the terminal is gone")

    with pytest.raises(RuntimeError, match="terminal"):
        run_tasks([task], 1, break_down)
    assert task.process and task.process.poll() == -signal.SIGTERM


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_every_child_and_is_passed_on(number, script, monkeypatch):
    monkeypatch.setattr("benchmarks.sweeps.sweep.GRACE_S", 0.5)
    deaf = NOTES + "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    tasks = [
        script("polite", NOTES + "time.sleep(600)"),
        script("deaf", deaf),
        script("waiting", NOTES),
    ]
    handlers = [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)]

    began = time.monotonic()

    def strike(outcome):
        assert time.monotonic() < began + DEADLINE_S, "the signal has no effect"
        if all((task.folder / "began").exists() for task in tasks[:2]):
            os.kill(os.getpid(), number)
            os.kill(os.getpid(), number)  # impatience changes nothing

    with pytest.raises(Interrupted) as stop:
        run_tasks(tasks, 2, strike)
    assert stop.value.status == 128 + number
    assert all(task.process and task.process.poll() for task in tasks[:2])
    assert tasks[2].process is None
    assert [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)] == handlers


# --------------------------------------------- a driver that is killed, for real


DRIVER = """
import sys, time
from pathlib import Path
from benchmarks.sweeps.sweep import Task, run_tasks

class Child(Task):
    def command(self):
        code = (
            "import os, sys, time; from benchmarks.runs.process import end_with;"
            "end_with(int(sys.argv[1])) or sys.exit(75);"
            "open(sys.argv[2], 'w').write(str(os.getpid())); time.sleep(600)"
        )
        parent, file = super().command()[-1], str(self.folder / "pid")
        return [sys.executable, "-c", code, parent, file]

folders = [Path(name) for name in sys.argv[1:]]
run_tasks([Child(folder) for folder in folders], len(folders), lambda outcome: None)
"""


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], list[int]]]:
    """A driver at work in a process of its own, and the ids of its two children."""
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    command = [sys.executable, "-c", DRIVER, *map(str, folders)]
    # A signal that this process was told to ignore (nohup) would be its child's, too.
    heed = partial(signal.signal, signal.SIGHUP, signal.SIG_DFL)
    with subprocess.Popen(command, preexec_fn=heed) as process:
        try:
            files = [folder / "pid" for folder in folders]
            wait_until(lambda: all(f.exists() and f.read_text() for f in files))
            yield process, [int(file.read_text()) for file in files]
        finally:
            process.kill()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP])
def test_a_driver_that_is_killed_leaves_no_orphan(number, driver):
    process, children = driver
    assert all(map(is_alive, children))
    process.send_signal(number)
    process.wait(DEADLINE_S)
    wait_until(lambda: not any(map(is_alive, children)))
