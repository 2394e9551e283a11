"""Where faults are injected: a temporary folder, real runs of seconds, and evidence."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

DEADLINE_S = 900.0
FRAMES = 12_000
# Games of at most 800 frames, so that a short run finishes several.
SETTINGS = {"n_envs": 4, "max_frames": 800, "log_interval": 800}


@dataclass(frozen=True)
class Seen:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    def line(self, part: str) -> str:
        """The line with this in it, "" if there is none."""
        lines = (self.out + self.err).splitlines()
        return next((line for line in lines if part in line), "")


class NotRunError(Exception):
    """A fault can't be injected on this machine; the message says why."""


@dataclass
class Lab:
    """A folder for every fault, and the record of runs that nobody disturbs."""

    root: Path
    suite: str = "smoke"
    game: str = "Breakout"
    digests: dict[tuple[str, ...], str] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def command(self, results: Path, *words: str, fault: str = "none") -> list[str]:
        """The public command for one run of its game, or what ``words`` make of it."""
        settings = [f"{key}={value}" for key, value in SETTINGS.items()]
        module = [sys.executable, "-m", "benchmarks.faults.inject", fault, "run"]
        chosen = [self.suite, "--games", self.game, "--frames", str(FRAMES)]
        rest = ["--results", str(results), "--jobs", "2", "--set", *settings]
        return [*module, *chosen, *rest, *(words or ("--only", "a2c-proper"))]

    def start(
        self, command: list[str], **variables: str | None
    ) -> subprocess.Popen[str]:
        """Start a command in a session of its own, with nobody to answer questions.

        ``variables`` of its environment are set; None takes one away.
        """
        wanted = os.environ | {"WANDB_MODE": "disabled"} | variables
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={key: value for key, value in wanted.items() if value is not None},
        )

    def finish(self, process: subprocess.Popen[str]) -> Seen:
        """Wait for a command's end."""
        try:
            out, err = process.communicate(timeout=DEADLINE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            err += f"\nstill running after {DEADLINE_S:.0f} s: killed"
        return Seen(process.returncode, out, err)

    def see(self, command: list[str], **variables: str | None) -> Seen:
        """Run a command to its end."""
        return self.finish(self.start(command, **variables))

    def run(self, results: Path, *words: str, fault: str = "none") -> Seen:
        """Run the public command for a run, with a fault in it."""
        return self.see(self.command(results, *words, fault=fault))

    def show(self, results: Path, *words: str) -> Seen:
        """Run another command of the suite on a results folder."""
        module = [sys.executable, "-m", "benchmarks"]
        return self.see([*module, *words, "--results", str(results)])

    def undisturbed(self, *words: str) -> str:
        """Digest of a run that nobody disturbs, made once."""
        with self.lock:
            if words not in self.digests:
                results = self.root / f"undisturbed-{len(self.digests)}"
                seen = self.run(results, *words)
                if seen.status != 0:
                    raise RuntimeError(f"an undisturbed run failed: {seen.err}")
                self.digests[words] = digest(only_run(results))
            return self.digests[words]

    def same(self, results: Path, *words: str) -> bool:
        """Whether a run's record is that of an undisturbed one, to the byte."""
        return digest(only_run(results)) == self.undisturbed(*words)

    def stopped(self, results: Path) -> None:
        """Begin a run and stop it when it has made two checkpoints."""
        process = self.start(self.command(results, fault="checkpoints"))
        wait_until(lambda: has_checkpoints(results), process)
        process.send_signal(signal.SIGTERM)
        self.finish(process)


def runs_in(results: Path) -> list[Path]:
    """The folders of all runs."""
    return sorted(path.parent for path in results.glob("runs/*/config.json"))


def only_run(results: Path) -> Path:
    """The folder of the one run."""
    (folder,) = runs_in(results)
    return folder


def has_checkpoints(results: Path) -> bool:
    """Whether a run has made two checkpoints."""
    return any(results.glob("runs/*/checkpoint.previous.pt"))


def digest(folder: Path) -> str:
    """SHA-256 of a finished run's episodes, metrics and parameters."""
    import torch

    if not (folder / "done.json").exists():
        return "not done"
    found = hashlib.sha256()
    for name in ("episodes.csv", "metrics.csv"):
        found.update((folder / name).read_bytes())
    policy = torch.load(folder / "policy.pt", weights_only=True)
    for tensor in policy.values():
        found.update(tensor.numpy().tobytes())
    return found.hexdigest()


def wait_until(
    condition: Callable[[], bool], process: subprocess.Popen[str] | None = None
) -> None:
    """Wait for a condition, or for the end of a process."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        if process is not None and process.poll() is not None:
            return
        if time.monotonic() > deadline:
            raise TimeoutError("waited in vain")
        time.sleep(0.02)


def processes_of(results: Path) -> list[int]:
    """The living processes whose command names a results folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(results).encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a small file system in memory.

    Raises:
        NotRunError: That is not permitted.
    """
    folder.mkdir(parents=True)
    size = f"size={megabytes}m"
    command = ["mount", "-t", "tmpfs", "-o", size, "none", str(folder)]
    if subprocess.run(command, capture_output=True).returncode != 0:
        raise NotRunError("mounting a file system is not permitted")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
