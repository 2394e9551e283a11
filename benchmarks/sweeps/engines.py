"""Where a sweep's runs go: processes of this machine, or tasks of a Ray cluster."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from benchmarks.errors import UsageError
from benchmarks.options import Machines, runs_at_once
from benchmarks.runs.machine import check_device
from benchmarks.suites.config import RunConfig
from benchmarks.sweeps.sweep import Outcome, Task, run_tasks


@dataclass(frozen=True)
class Local:
    """Processes of this machine.

    Attributes:
        jobs: Runs at once.
        gpus: Of which each run sees one, as CUDA_VISIBLE_DEVICES names them.
    """

    jobs: int
    gpus: Sequence[str] = ()

    @property
    def runs_here(self) -> int:
        """Runs at once on this machine."""
        return self.jobs

    def run(self, tasks: Sequence[Task], on_tick: Callable[[Outcome], None]) -> Outcome:
        """Run tasks; see :func:`benchmarks.sweeps.sweep.run_tasks`."""
        return run_tasks(tasks, self.jobs, on_tick, self.gpus)


@dataclass(frozen=True)
class Cluster:
    """Tasks of a Ray cluster.

    Attributes:
        address: HOST:PORT or auto; None starts Ray on this machine alone.
        jobs: Runs at once; None for as many as the cluster takes.
        gpu_share: Part of a GPU that each run has.
    """

    address: str | None = None
    jobs: int | None = None
    gpu_share: float = 0.0

    @property
    def runs_here(self) -> int:
        """Runs at once on this machine, as far as that is known."""
        return 0

    def run(self, tasks: Sequence[Task], on_tick: Callable[[Outcome], None]) -> Outcome:
        """Run tasks; see :func:`benchmarks.sweeps.sweep.run_tasks`.

        Raises:
            UsageError: There is no cluster at the address.
        """
        import ray

        from benchmarks.sweeps.ray_engine import connect, missing, run_on_ray

        connect(self.address)
        try:
            lacks = missing(max(task.threads for task in tasks), self.gpu_share)
            if lacks:
                print(
                    f"no node has {lacks} yet: the runs wait for one", file=sys.stderr
                )
            return run_on_ray(tasks, self.jobs, on_tick, self.gpu_share)
        finally:
            ray.shutdown()


def make_engine(machines: Machines, jobs: int | None) -> Local | Cluster:
    """Return the engine that the user chose.

    Raises:
        UsageError: The choice can't be met, with what was expected.
    """
    share = machines.gpus_per_run
    if share is not None and not 0 < share <= 1:
        raise UsageError(f"--gpus-per-run: expected above 0, at most 1, not {share:g}")
    at_once = runs_at_once(jobs)
    if machines.engine == "ray":
        if find_spec("ray") is None:
            raise UsageError(
                "--engine ray: Ray is not installed; "
                "pip install -c constraints.txt -e '.[ray]' does it"
            )
        return Cluster(machines.address, jobs, share or 0.0)
    if machines.address is not None:
        raise UsageError("--address: only with --engine ray")
    if share is None:
        return Local(at_once)
    gpus = visible_gpus()
    if not gpus:
        raise UsageError("--gpus-per-run: no GPU is to be seen here")
    return Local(min(at_once, len(gpus) * runs_per_gpu(share)), gpus)


def check_devices(configs: Sequence[RunConfig], machines: Machines) -> None:
    """Refuse runs on a GPU that none of them would see.

    Raises:
        UsageError: There is none here or, on a cluster, none was asked for.
    """
    devices = {config.environment["device"] for config in configs}
    if machines.engine == "local":
        for device in devices:
            check_device(device)
    elif "cuda" in devices and machines.gpus_per_run is None:
        raise UsageError("device=cuda: on Ray runs see no GPU without --gpus-per-run")


def runs_per_gpu(share: float) -> int:
    """How many runs fit on one GPU, each with this share of it."""
    return math.floor(1 / share + 1e-9)


def visible_gpus() -> list[str]:
    """Return this process's GPUs, by the names of CUDA_VISIBLE_DEVICES."""
    import torch

    count = torch.cuda.device_count()
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = named.split(",") if named else [str(number) for number in range(count)]
    return [name.strip() for name in names[:count]]
