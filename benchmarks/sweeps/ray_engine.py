"""Runs as tasks of a Ray cluster, whose nodes share the results' folder.

A task starts the very process that the local engine starts, on whichever node is free,
and waits for it. Retries are the sweep's, so that both engines have the same rules.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from signal import SIGKILL
from typing import Any

from benchmarks.errors import UsageError
from benchmarks.runs.process import STOPPED, is_held, stop_signals
from benchmarks.sweeps.sweep import LOG_FILE, POLL_S, Outcome, Task, run_tasks, stop

# Ray reads it when it is imported.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import ray

ROOT = Path(__file__).parents[2]
CONNECT_S = 5.0  # Ray itself would try for minutes
# A file server keeps a lost node's locks for a while: NFS 4 for 90 s, by default.
LEASE_S = 180.0
MARGIN_S = 10.0  # for the news of a run's end to come back from its node


@dataclass
class RayTask(Task):
    """A run that is made on a node of the cluster.

    Args:
        sent: What the node is to start.
        gpu_share: Part of a GPU that the run has; Ray chooses which.
    """

    sent: Task = field(kw_only=True)
    gpu_share: float = 0.0
    reference: Any = field(default=None, repr=False)

    def start(self) -> None:
        """Queue the run; it starts when a node has cores and GPU enough."""
        self.attempts += 1
        patience_s = LEASE_S if self.attempts > 1 else 0.0
        variables = {k: v for k, v in os.environ.items() if k.startswith("WANDB_")}
        # No retries of Ray's: run_tasks counts them, and a node's loss is one.
        remote = ray.remote(make_run).options(
            name=self.folder.name,
            num_cpus=self.threads,
            num_gpus=self.gpu_share,
            max_retries=0,
        )
        self.reference = remote.remote(self.sent, patience_s, variables)

    def status(self) -> int | None:
        """As for a process; a node or a worker that is lost counts as a kill."""
        if not ray.wait([self.reference], timeout=0)[0]:
            return None
        try:
            return ray.get(self.reference)
        except ray.exceptions.TaskCancelledError:
            return STOPPED
        except ray.exceptions.RayTaskError as error:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / LOG_FILE).open("a") as log:
                log.write(f"the node could not start the run: {error}\n")
            return 1
        except ray.exceptions.RayError:
            return -SIGKILL

    def ask_to_stop(self) -> None:
        """Have the run save a checkpoint and end, or leave the queue."""
        if self.reference is not None:
            ray.cancel(self.reference)

    def end(self, within_s: float) -> None:
        """Wait for the run's end; after that time, make it end."""
        if self.reference is None:
            return
        references, within_s = [self.reference], within_s + MARGIN_S
        if not ray.wait(references, timeout=within_s)[0]:
            ray.cancel(self.reference, force=True)
            ray.wait(references, timeout=MARGIN_S)


def make_run(task: Task, patience_s: float, variables: Mapping[str, str]) -> int:
    """On a node: make a run in a process of its own; return that one's exit status.

    Args:
        task: The run.
        patience_s: Seconds to wait for a lock that a lost node may have left.
        variables: Environment variables of the driver's that the run is to have.
    """
    os.chdir(ROOT)  # where ``-m benchmarks`` is found
    os.environ.update(variables)
    # Ray cancels a task by SIGINT, and ends a worker by SIGTERM.
    with stop_signals() as received:
        deadline = time.monotonic() + patience_s
        while is_held(task.folder) and time.monotonic() < deadline and not received:
            time.sleep(POLL_S)
        if received:
            return STOPPED
        task.start()
        try:
            while task.status() is None and not received:
                time.sleep(POLL_S)
        finally:
            stop([task])
        status = task.status()
    return STOPPED if status is None else status


def connect(address: str | None) -> None:
    """Join a cluster, or without an address start Ray on this machine alone.

    Raises:
        UsageError: No cluster is there.
    """
    if address is None:
        ray.init(
            include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR
        )
        return
    try:
        if address != "auto":
            _reach(address)
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"--address {address}: no Ray cluster there: {reason}") from (
            error
        )


def _reach(address: str) -> None:
    host, _, port = address.rpartition(":")
    if not (host and port.isdecimal()):
        raise UsageError(f"--address: expected HOST:PORT or auto, not {address!r}")
    socket.create_connection((host, int(port)), CONNECT_S).close()


def missing(threads: int, gpu_share: float) -> str:
    """Return what no node of the cluster has, "" if one can take such a run."""
    wanted = {"CPU": threads, "GPU": gpu_share}
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    if any(all(n.get(k, 0) >= v for k, v in wanted.items()) for n in nodes):
        return ""
    return f"{threads} CPUs" + (f" and {gpu_share:g} GPUs" if gpu_share else "")


def run_on_ray(
    tasks: Sequence[Task],
    jobs: int | None,
    on_tick: Callable[[Outcome], None],
    gpu_share: float = 0.0,
) -> Outcome:
    """Run tasks as :func:`run_tasks` does, on the cluster that is connected.

    Args:
        tasks: The runs.
        jobs: How many at once; None for as many as the cluster takes.
        on_tick: Called several times a second.
        gpu_share: Part of a GPU that each run has.
    """
    sent = [
        RayTask(
            task.folder,
            task.threads,
            sent=replace(task, folder=task.folder.resolve()),
            gpu_share=gpu_share,
        )
        for task in tasks
    ]
    return run_tasks(sent, jobs or len(sent), on_tick)
