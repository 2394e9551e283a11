"""Faults of processes: killed, stopped, hung, started twice."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from textwrap import shorten

from benchmarks.faults.inject import WANDB_ENDED_FILE, strikes_of
from benchmarks.faults.lab import (
    Lab,
    NotRunError,
    Seen,
    has_checkpoints,
    only_run,
    processes_of,
    runs_in,
    wait_until,
)
from benchmarks.runs.heartbeat import TRAINING, read_heartbeat
from benchmarks.runs.process import is_held

NATIVE = ("--only", "a2c-naive", "--set", "engine=native")
ORPHANS_S = 10.0


def told(seen: Seen, same: bool) -> str:
    """How a command ended, and whether the record is an undisturbed run's."""
    record = "identical to an undisturbed run's" if same else "another"
    return f"exit {seen.status}; record {record}"


def killed(lab: Lab, results: Path) -> tuple[str, bool]:
    """A run's process is killed, as by the kernel when memory is out."""
    seen = lab.run(results, fault="kill")
    same, strikes = lab.same(results), strikes_of(only_run(results))
    observed = f"killed {strikes} time, retried; {told(seen, same)}"
    return observed, seen.status == 0 and strikes == 1 and same


def raised(lab: Lab, results: Path) -> tuple[str, bool]:
    """One of two runs raises."""
    seen = lab.run(results, "--only", "a2c-proper", "q-a2c", fault="raise")
    proper, q = (
        next(f for f in runs_in(results) if f.name.startswith(name))
        for name in ("a2c-proper", "q-a2c")
    )
    line = seen.line("failed: ")
    others = (proper / "done.json").exists()
    once = strikes_of(q) == 1
    logged = "Traceback" in (q / "log.txt").read_text()
    observed = f"exit {seen.status}; the other run done: {others}; {short(line)}"
    held = "RuntimeError: the emulator is gone" in line and str(q / "log.txt") in line
    return observed, held and others and once and logged and seen.status == 1


def interrupted(lab: Lab, results: Path) -> tuple[str, bool]:
    """Ctrl-C in the driver's terminal, then a SIGTERM to it, then let it finish."""
    ends, orphans = [], []
    for number in (signal.SIGINT, signal.SIGTERM):
        process = lab.start(lab.command(results, fault="checkpoints"))
        began = time.time()
        wait_until(lambda began=began: _newer(results, began), process)  # type: ignore[misc]
        os.killpg(process.pid, number)
        ends.append(lab.finish(process).status)
        orphans += processes_of(results)
    seen = lab.run(results)
    same = lab.same(results)
    observed = (
        f"exits {ends[0]} and {ends[1]}, {len(orphans)} processes left; given again: "
        f"{told(seen, same)}"
    )
    return observed, ends == [130, 143] and not orphans and same


def _newer(results: Path, moment: float) -> bool:
    paths = results.glob("runs/*/checkpoint.pt")
    return any(path.stat().st_mtime > moment for path in paths)


def driver_killed(lab: Lab, results: Path) -> tuple[str, bool]:
    """The driver is killed; its run must not live on."""
    process = lab.start(lab.command(results, fault="checkpoints"))
    wait_until(lambda: has_checkpoints(results), process)
    process.kill()
    lab.finish(process)
    deadline = time.monotonic() + ORPHANS_S
    while (orphans := processes_of(results)) and time.monotonic() < deadline:
        time.sleep(0.05)
    seen = lab.run(results)
    same = lab.same(results)
    observed = f"{len(orphans)} processes left; given again: {told(seen, same)}"
    return observed, not orphans and same and seen.status == 0


def two_drivers(lab: Lab, results: Path) -> tuple[str, bool]:
    """The same command twice at once; the run waits till the second has had its turn.

    Else it may be over before the second has started up.
    """
    first = lab.start(lab.command(results, fault="checkpoints"))
    wait_until(lambda: has_checkpoints(results), first)
    paused = processes_of(only_run(results))
    for pid in paused:
        os.kill(pid, signal.SIGSTOP)
    second = lab.run(results)
    both = first.poll() is None
    for pid in paused:
        os.kill(pid, signal.SIGCONT)
    seen = lab.finish(first)
    same, line = lab.same(results), second.line("running in another process")
    observed = f"second: exit {second.status}, {short(line)}; first: {told(seen, same)}"
    return observed, both and bool(line) and second.status == 0 and same


def node_lost(lab: Lab, results: Path) -> tuple[str, bool]:
    """The node of a Ray cluster that makes a run is lost.

    Raises:
        NotRunError: Ray is not installed.
    """
    if find_spec("ray") is None:
        raise NotRunError("ray is not installed")
    module = [sys.executable, "-m", "benchmarks.faults.cluster"]
    with Popen(module, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, text=True) as cluster:
        assert cluster.stdin and cluster.stdout
        address = _line_with(":", cluster.stdout)
        command = [*lab.command(results), "--engine", "ray", "--address", address]
        process = lab.start(command)
        wait_until(lambda: _trains(results), process)
        under_way = is_held(only_run(results))
        print(file=cluster.stdin, flush=True)
        _line_with("lost", cluster.stdout)
        seen = lab.finish(process)
        cluster.stdin.close()
    same = lab.same(results)
    observed = f"node lost under way: {under_way}; {told(seen, same)}"
    return observed, under_way and seen.status == 0 and same


def _line_with(part: str, lines: Iterable[str]) -> str:
    return next(line.strip() for line in lines if part in line)


def _trains(results: Path) -> bool:
    return any(read_heartbeat(folder)[1] == TRAINING for folder in runs_in(results))


def killed_while_saving(lab: Lab, results: Path) -> tuple[str, bool]:
    """A kill when the new checkpoint is written, and one between the two renames."""
    seen = lab.run(results, fault="kill-while-saving")
    same, strikes = lab.same(results), strikes_of(only_run(results))
    observed = f"killed {strikes} times while saving; {told(seen, same)}"
    return observed, seen.status == 0 and strikes == 2 and same


def wandb_dies(lab: Lab, results: Path) -> tuple[str, bool]:
    """W&B's own process is killed under a run that logs to it."""
    command = lab.command(results, fault="end-wandb")
    seen = lab.see(command, WANDB_MODE="offline")
    folder, same = only_run(results), lab.same(results)
    warnings = (folder / "log.txt").read_text().count("going on without W&B")
    struck = (folder / WANDB_ENDED_FILE).exists()
    observed = f"W&B killed: {struck}; {warnings} warning; {told(seen, same)}"
    return observed, struck and warnings == 1 and seen.status == 0 and same


def no_wandb(lab: Lab, results: Path) -> tuple[str, bool]:
    """No key and no terminal; then a key, and a server that can't be reached."""
    key = {"WANDB_API_KEY": "0" * 40, "WANDB_BASE_URL": "http://127.0.0.1:9"}
    nobody: dict[str, str | None] = {"WANDB_MODE": None, "WANDB_API_KEY": None}
    nobody["NETRC"] = str(results / "no-netrc")
    seen, offline = [], 0
    for name, variables in (("no key", nobody), ("no network", {**nobody, **key})):
        place = results / name.replace(" ", "-")
        seen.append(lab.see(lab.command(place), **variables))
        offline += len(list(place.glob("runs/*/wandb/offline-run-*")))
        same = lab.same(place)
    observed = f"{told(seen[0], same)}, and {told(seen[1], same)}; {offline} offline"
    return observed, [s.status for s in seen] == [0, 0] and offline == 2 and same


def hung(lab: Lab, results: Path) -> tuple[str, bool]:
    """A game that hangs in C++, where no Python runs."""
    words = (*NATIVE, "--stall-minutes", "0.2")
    seen = lab.run(results, *words, fault="hang")
    line, same = seen.line("is killed: no progress"), lab.same(results, *NATIVE)
    observed = f"{short(line)}; then {told(seen, same)}"
    return observed, "training at" in line and seen.status == 0 and same


def short(line: str) -> str:
    """A line without folders and without the digest of a run's id, not too long."""
    line = re.sub(r"(?<![\w.])/\S*/(?=[\w.-]+)", "", line)
    line = re.sub(r"(-s\d+)-[0-9a-f]{10}\b", r"\1", line)
    return shorten(line, 200, placeholder=" ...")
