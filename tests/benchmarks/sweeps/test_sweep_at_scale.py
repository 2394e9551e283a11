"""Sweeps of real runs that are disturbed: nothing is made twice, little is lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.runs.process import is_held
from benchmarks.sweeps.sweep import run_tasks
from tests.benchmarks.sweeps.real_runs import attempts, real_tasks, record

ROOT = Path(__file__).parents[3]
VARIANTS = ["a2c-naive", "a2c-proper", "q-a2c"]
GAMES = ["Breakout", "Pong"]
JOBS = 2
INTERVAL_S = 2.0
DEADLINE_S = 1500
# A driver of its own, which names what it left to another at the end.
DRIVER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.benchmarks.sweeps.real_runs import real_tasks
from benchmarks.sweeps.sweep import run_tasks
games, variants = sys.argv[3].split(), sys.argv[4].split()
tasks = real_tasks(
    Path(sys.argv[2]), games, variants, int(sys.argv[5]), int(sys.argv[6]),
    interval_s=float(sys.argv[7]),
)
left = [task for task in tasks if not (task.folder / "done.json").exists()]
outcome = run_tasks(left, int(sys.argv[8]), lambda outcome: None)
print(*(folder.name for folder in outcome.elsewhere))
sys.exit(bool(outcome.failed))
"""


def drive(root, games, variants, seeds, frames, interval_s):
    words = [ROOT, root, " ".join(games), " ".join(variants)]
    words += [seeds, frames, interval_s, JOBS]
    return subprocess.Popen(
        [sys.executable, "-c", DRIVER, *map(str, words)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        cwd=ROOT,
    )


def steps(root):
    return sum(a.steps for folder in root.iterdir() for a in attempts(folder))


def two_drivers(root, games, seeds, frames):
    study = (root, games, ["q-a2c"], seeds, frames, 1e9)
    with drive(*study) as one, drive(*study) as other:
        said = [driver.communicate(timeout=DEADLINE_S)[0] for driver in (one, other)]
    assert (one.returncode, other.returncode) == (0, 0)
    folders = list(root.iterdir())
    assert len(folders) == len(games) * seeds
    assert all((folder / "done.json").exists() for folder in folders)
    assert all(len(list(attempts(folder))) == 1 for folder in folders)
    assert steps(root) == len(folders) * frames // 4
    assert sum(len(text.split()) for text in said) >= 1  # they did meet


def test_two_drivers_at_once_make_each_run_once(tmp_path):
    two_drivers(tmp_path, ["Breakout"], 2, 4_000)


@pytest.mark.slow
def test_two_drivers_at_once_make_each_of_twelve_runs_once(tmp_path):
    two_drivers(tmp_path, GAMES, 6, 8_000)


def test_a_killed_driver_costs_less_than_a_checkpoint_interval(tmp_path):
    killed_drivers(tmp_path, ["Breakout"], ["q-a2c"], 2, 8_000, kills=1)


@pytest.mark.slow
def test_five_killed_drivers_cost_less_than_an_interval_each(tmp_path):
    killed_drivers(tmp_path, GAMES, VARIANTS, 2, 24_000, kills=5)


def killed_drivers(root, games, variants, seeds, frames, kills):
    """Kill a sweep's driver again and again; count what was trained in all."""
    rng = random.Random(0)
    killed = root / "killed"
    study = (killed, games, variants, seeds, frames, INTERVAL_S)
    for _ in range(kills):
        began = time.time()
        with drive(*study) as driver:
            wait_for(lambda began=began: checkpoint_since(killed, began))
            time.sleep(rng.uniform(0, INTERVAL_S))
            driver.kill()
        assert driver.returncode == -signal.SIGKILL, "it was to be disturbed, not done"
        wait_for(lambda: not any(map(is_held, killed.iterdir())))
    with drive(*study) as driver:
        driver.communicate(timeout=DEADLINE_S)
    assert driver.returncode == 0

    calm = real_tasks(root / "calm", games, variants, seeds, frames)
    assert len(run_tasks(calm, JOBS, lambda outcome: None).done) == len(calm)
    for task in calm:
        assert record(task.folder) == record(killed / task.folder.name)
    again = steps(killed) - steps(root / "calm")
    paces = [
        a.steps / a.seconds for f in killed.iterdir() for a in attempts(f) if a.seconds
    ]
    bound = kills * JOBS * INTERVAL_S * max(paces)
    print(f"{len(calm)} runs, {kills} kills: {4 * again} frames of {4 * steps(killed)}")
    print(f"trained twice; bound {4 * bound:.0f} ({4 * max(paces):.0f} frames/s)")
    assert 0 < again < bound


def checkpoint_since(root, moment):
    files = root.glob("*/checkpoint.pt")
    return any(file.stat().st_mtime > moment for file in files)


def wait_for(condition):
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
