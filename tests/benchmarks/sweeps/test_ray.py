"""The Ray engine, on a real cluster of three nodes: the local engine's rules."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.runs.process import HELD_ELSEWHERE, is_held
from benchmarks.sweeps.sweep import LOG_FILE, MAX_ATTEMPTS, Interrupted, Task, run_tasks
from tests.benchmarks.conftest import TINY
from tests.benchmarks.sweeps import real_runs
from tests.benchmarks.sweeps.real_runs import attempts, real_tasks, record

ray = pytest.importorskip("ray")

from ray.cluster_utils import Cluster  # noqa: E402

from benchmarks.sweeps.ray_engine import RayTask, connect, make_run, missing, run_on_ray  # noqa: E402

ROOT = Path(__file__).parents[3]
DEADLINE_S = 1500


@dataclass
class Script(Task):
    """A task whose process is a few lines of Python in the run's folder."""

    code: str = ""

    def command(self) -> list[str]:
        tie = (
            "import os, signal, sys, time;"
            "from benchmarks.runs.process import end_with;"
            "end_with(int(sys.argv[2])) or sys.exit(75);"
            "began = open(sys.argv[1] + '/began', 'a');"
            "began.write(f'{os.getpid()} {os.getppid()}\\n'); began.close()"
        )
        here = (str(self.folder), str(os.getpid()))
        return [sys.executable, "-c", f"{tie}\n{self.code}", *here]


@pytest.fixture(scope="module")
def cluster():
    """A head without cores, and two nodes of two cores and a GPU that isn't there."""
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    ray.cloudpickle.register_pickle_by_value(real_runs)
    # A busy machine's nodes are slow to say that they live: wait for a minute.
    patient = {"health_check_failure_threshold": 20}
    head = {"num_cpus": 0, "_system_config": patient}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    cluster.nodes_of_work = [cluster.add_node(num_cpus=2, num_gpus=1) for _ in "12"]
    connect(cluster.address)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture
def script(tmp_path):
    def make(name: str, code: str) -> Script:
        (tmp_path / name).mkdir()
        return Script(tmp_path / name, code=code)

    return make


def began(folder: Path) -> list[list[int]]:
    """Process and parent of every attempt."""
    file = folder / "began"
    lines = file.read_text().splitlines() if file.exists() else []
    return [[int(number) for number in line.split()] for line in lines]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def in_time(beginning: float) -> None:
    assert time.monotonic() < beginning + DEADLINE_S, "waited in vain"


def test_each_run_comes_to_its_own_end(cluster, script):
    kill = "os.kill(os.getpid(), signal.SIGKILL)"
    once = f"len(open(sys.argv[1] + '/began').readlines()) > 1 or {kill}"
    codes = {
        "good": "",
        "bad": "print('before'); raise OSError('a bad disk')",
        "once": once,
        "killed": kill,
        "held": f"sys.exit({HELD_ELSEWHERE})",
    }
    tasks = {name: script(name, code) for name, code in codes.items()}
    ticks = []
    outcome = run_on_ray(list(tasks.values()), None, ticks.append)
    assert {folder.name for folder in outcome.done} == {"good", "once"}
    assert {folder.name for folder in outcome.failed} == {"bad", "killed"}
    assert outcome.elsewhere == [tasks["held"].folder]
    counts = {name: len(began(task.folder)) for name, task in tasks.items()}
    ones = dict.fromkeys(("good", "bad", "held"), 1)
    assert counts == {**ones, "once": 2, "killed": MAX_ATTEMPTS}
    log = (tasks["bad"].folder / LOG_FILE).read_text()
    assert "before" in log and "a bad disk" in log
    assert ticks[-1] is outcome


def test_a_node_that_does_not_see_the_folder_says_so(cluster, tmp_path):
    task = RayTask(tmp_path, sent=Script(tmp_path / "not shared"))
    assert run_tasks([task], 1, lambda outcome: None).failed == [tmp_path]
    log = (tmp_path / LOG_FILE).read_text()
    assert "the node could not start the run" in log and "not shared" in log


def test_a_worker_that_is_killed_takes_its_run_along_and_it_is_made_again(
    cluster, script
):
    again = "len(open(sys.argv[1] + '/began').readlines()) > 1 or time.sleep(600)"
    task = script("one", again)
    beginning, struck = time.monotonic(), []

    def strike(outcome):
        in_time(beginning)
        if not struck and began(task.folder):
            struck.append(began(task.folder)[0][1])
            os.kill(struck[0], signal.SIGKILL)

    assert run_on_ray([task], None, strike).done == [task.folder]
    assert len(began(task.folder)) == 2
    assert not is_alive(began(task.folder)[0][0])


def test_a_lock_that_a_lost_node_left_is_waited_for(script, monkeypatch):
    monkeypatch.chdir(ROOT)  # make_run goes there for good
    imports = (
        "import sys, time; from pathlib import Path;"
        "from benchmarks.runs import process;"
        "here = Path(sys.argv[1])"
    )
    notes = "(here / 'held').open('a').write(f'{process.is_held(here)}\\n')"
    holds = "with process.held(here): time.sleep(3)"
    task = script("one", f"{imports}\n{notes}")
    code = f"{imports}\n{holds}"
    with subprocess.Popen([sys.executable, "-c", code, str(task.folder)]):
        beginning = time.monotonic()
        while not is_held(task.folder):
            in_time(beginning)
        assert make_run(task, 0.0, {}) == 0
        assert make_run(task, DEADLINE_S, {}) == 0
    assert (task.folder / "held").read_text().split() == ["True", "False"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_every_run_politely(number, cluster, script):
    saves = (
        "signal.signal(signal.SIGTERM, lambda *_:"
        " (open(sys.argv[1] + '/saved', 'w').close(), sys.exit(143)));"
        "open(sys.argv[1] + '/ready', 'w').close();"
        "time.sleep(600)"
    )
    tasks = [script(str(n), saves) for n in range(6)]  # two more than there are cores
    beginning = time.monotonic()

    def ready(name):
        return [task for task in tasks if (task.folder / name).exists()]

    def strike(outcome):
        in_time(beginning)
        if len(ready("ready")) == 4:
            os.kill(os.getpid(), number)

    with pytest.raises(Interrupted) as stop:
        run_on_ray(tasks, None, strike)
    assert stop.value.status == 128 + number
    assert len(ready("saved")) == 4 == len(ready("began"))
    assert not any(is_alive(began(task.folder)[0][0]) for task in ready("ready"))


def test_a_run_has_what_the_user_tells_wandb(cluster, script, monkeypatch):
    monkeypatch.setenv("WANDB_NOTES", "from the driver")
    task = script("one", "sys.exit(os.environ['WANDB_NOTES'] != 'from the driver')")
    assert run_on_ray([task], None, lambda outcome: None).done == [task.folder]


def test_runs_share_gpus_by_their_part(cluster, script):
    code = (
        "open(sys.argv[1] + '/gpu', 'w').write(os.environ['CUDA_VISIBLE_DEVICES']);"
        "time.sleep(1)"
    )
    tasks = [script(str(n), code) for n in range(4)]
    assert len(run_on_ray(tasks, None, lambda outcome: None, 0.5).done) == 4
    assert {(task.folder / "gpu").read_text() for task in tasks} == {"0"}
    assert missing(2, 0.5) == ""
    assert missing(3, 0.5) == "3 CPUs and 0.5 GPUs"
    assert missing(1, 0) == ""


@pytest.mark.slow
def test_the_records_are_those_of_the_local_engine(cluster, tmp_path):
    sweep_with_a_lost_node(cluster, tmp_path, ["Breakout"], ["q-a2c"], 3, 20_000, 0)


@pytest.mark.slow
def test_twenty_runs_survive_a_node(cluster, tmp_path):
    variants = ["a2c-naive", "a2c-proper", "q-a2c", "dqn-hard", "dqn-soft-kl"]
    games = ["Pong", "Breakout"]
    sweep_with_a_lost_node(cluster, tmp_path, games, variants, 2, 12_000, 6)


def sweep_with_a_lost_node(cluster, root, games, variants, seeds, frames, done_by_then):
    """Lose a node, as if its plug were pulled; then compare with the local engine."""
    here = real_tasks(root / "local", games, variants, seeds, frames)
    there = real_tasks(root / "ray", games, variants, seeds, frames, interval_s=1.0)
    lost = cluster.nodes_of_work.pop()
    beginning = time.monotonic()
    gone = []

    def strike(outcome):
        in_time(beginning)
        if gone or len(outcome.done) < done_by_then:
            return
        # Of three at work, the other node has but two.
        at_work = [t for t in there if attempts(t.folder) and is_held(t.folder)]
        if len(at_work) >= 3:
            gone.append(lost)
            cluster.remove_node(lost, allow_graceful=False)

    try:
        outcome = run_on_ray(there, None, strike)
    finally:
        if not gone:
            cluster.remove_node(lost)
        cluster.nodes_of_work.append(cluster.add_node(num_cpus=2, num_gpus=1))
    assert gone and len(outcome.done) == len(there)
    assert 1 <= sum(len(attempts(task.folder)) > 1 for task in there) <= 2
    assert len(run_tasks(here, 2, lambda outcome: None).done) == len(here)
    for one, other in zip(here, there, strict=True):
        assert record(one.folder) == record(other.folder), one.folder.name


# ------------------------------------------------------------------ the command line


def command(results: Path, *words: str) -> list[str]:
    settings = [f"{key}={value}" for key, value in TINY["a2c"].items()]
    return [
        *(sys.executable, "-m", "benchmarks", "run", "smoke", "--only", "q-a2c"),
        *("--results", str(results), "--set", *settings, "--engine", "ray", *words),
    ]


@pytest.mark.slow
def test_a_sweep_on_a_cluster_can_be_stopped_and_goes_on(cluster, tmp_path):
    words = ("--frames", "8_000", "--address", cluster.address)
    where = {"cwd": ROOT, "text": True, "stdin": subprocess.DEVNULL}
    with subprocess.Popen(
        command(tmp_path, *words), stderr=subprocess.PIPE, **where
    ) as driver:
        beginning = time.monotonic()
        while not list(tmp_path.glob("runs/*/episodes.csv")):
            in_time(beginning)
            time.sleep(0.1)
        driver.send_signal(signal.SIGTERM)
        _, said = driver.communicate(timeout=DEADLINE_S)
    assert driver.returncode == 128 + signal.SIGTERM
    (line,) = said.splitlines()
    assert line.startswith("stopped; the same command goes on with the rest, and ")
    (checkpoint,) = tmp_path.glob("runs/*/checkpoint.pt")
    assert not is_held(checkpoint.parent)
    done = subprocess.run(command(tmp_path, *words), capture_output=True, **where)
    assert done.returncode == 0, done.stderr
    assert "1 run: 1 done" in done.stdout
    assert not checkpoint.exists()


@pytest.mark.parametrize("address", ["127.0.0.1:9", "elsewhere"])
def test_no_cluster_is_a_line(address, tmp_path):
    done = subprocess.run(
        command(tmp_path, "--address", address),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        cwd=ROOT,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("--address")
