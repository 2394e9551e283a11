"""Which engine, and how runs share a machine's GPUs: no GPU is needed to see it."""

from __future__ import annotations

import sys

import pytest
import torch

from benchmarks.errors import UsageError
from benchmarks.options import Machines
from benchmarks.sweeps import engines
from benchmarks.sweeps.engines import (
    Cluster,
    Local,
    make_engine,
    runs_per_gpu,
    visible_gpus,
)
from benchmarks.sweeps.sweep import Task, run_tasks


@pytest.fixture
def two_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("share", "runs"), [(1, 1), (0.6, 1), (0.5, 2), (1 / 3, 3), (0.25, 4), (0.1, 10)]
)
def test_as_many_runs_as_fit_on_a_gpu(share, runs):
    assert runs_per_gpu(share) == runs


def test_gpus_bound_the_runs_at_once(two_gpus):
    machines = Machines(gpus_per_run=0.25)
    assert make_engine(machines, 100) == Local(8, ["0", "1"])
    assert make_engine(machines, 3) == Local(3, ["0", "1"])


def test_a_gpu_keeps_the_name_that_the_user_gave_it(two_gpus):
    two_gpus.setenv("CUDA_VISIBLE_DEVICES", "3, GPU-5a")
    assert visible_gpus() == ["3", "GPU-5a"]


def test_without_a_share_gpus_are_left_alone(two_gpus):
    assert make_engine(Machines(), 3) == Local(3)


def test_ray_has_as_many_runs_as_it_takes_unless_asked(monkeypatch):
    monkeypatch.setattr(engines, "find_spec", lambda name: name)
    machines = Machines("ray", "auto", 0.5)
    assert make_engine(machines, None) == Cluster("auto", None, 0.5)
    assert make_engine(machines, 3) == Cluster("auto", 3, 0.5)


@pytest.mark.parametrize(
    ("machines", "said"),
    [
        (Machines(gpus_per_run=0.0), "--gpus-per-run: expected above 0, at most 1"),
        (Machines(gpus_per_run=-1.0), "--gpus-per-run: expected above 0, at most 1"),
        (Machines(gpus_per_run=1.5), "--gpus-per-run: expected above 0, at most 1"),
        (Machines(gpus_per_run=float("nan")), "--gpus-per-run: expected above 0"),
        (Machines(gpus_per_run=0.5), "--gpus-per-run: no GPU is to be seen here"),
        (Machines(address="auto"), "--address: only with --engine ray"),
        (Machines("ray"), "--engine ray: Ray is not installed; pip install"),
    ],
)
def test_what_can_not_be_is_refused_in_a_line(machines, said, monkeypatch):
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(UsageError) as refused:
        make_engine(machines, None)
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)


class Says(Task):
    def command(self):
        code = (
            "import os, pathlib, sys, time; time.sleep(0.5);"
            "pathlib.Path(sys.argv[1], 'gpu').write_text("
            "os.environ.get('CUDA_VISIBLE_DEVICES', 'not set'))"
        )
        return [sys.executable, "-c", code, str(self.folder)]


def said(tmp_path, count, jobs, gpus):
    tasks = []
    for number in range(count):
        (tmp_path / str(number)).mkdir()
        tasks.append(Says(tmp_path / str(number)))
    at_once = []

    def look(outcome):
        going = [t.gpu for t in tasks if t.process and t.process.poll() is None]
        at_once.append(max((going.count(gpu) for gpu in gpus), default=0))

    assert len(run_tasks(tasks, jobs, look, gpus).done) == count
    return [(task.folder / "gpu").read_text() for task in tasks], max(at_once)


def test_each_run_sees_one_gpu_and_none_has_more_than_its_part(tmp_path):
    seen, most = said(tmp_path, 6, 4, ["3", "GPU-5a"])
    assert set(seen) == {"3", "GPU-5a"}
    assert seen[:4] == ["3", "GPU-5a", "3", "GPU-5a"]
    assert most <= 2


def test_a_run_without_a_gpu_keeps_the_machines_own_setting(tmp_path, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert said(tmp_path, 1, 1, [])[0] == ["not set"]
