"""The command line with a fault in each run: ``python -m benchmarks.faults.inject``.

``FAULT COMMAND ...`` is ``python -m benchmarks COMMAND ...`` whose runs' processes are
started through this module too. There ``FAULT`` patches what it needs; the code that
trains knows of none. Every fault but "none" has checkpoints made far more often than is
of use, until it has struck. When the runs are over they are exported, and not drawn.
"""

from __future__ import annotations

import errno
import os
import runpy
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import show

CHECKPOINTS_S = 0.2
STRIKES_FILE = "strikes"  # one letter a strike
AT_FRAMES = 2_000
FILLER_FILE = "filler"
WANDB_ENDED_FILE = "wandb-ended"
FILLER_BYTES = 1 << 12


def strikes_of(folder: Path) -> int:
    """How often a fault has struck a run."""
    path = folder / STRIKES_FILE
    return len(path.read_text()) if path.exists() else 0


def _strike(folder: Path) -> None:
    with (folder / STRIKES_FILE).open("a") as file:
        file.write("x")


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _at_step(folder: Path, act: Callable[[Any], object], times: int = 1) -> None:
    """Act once in a process when it is well under way, in so many processes."""
    from benchmarks.runs.tracking import RecordCallback

    before, on_step = strikes_of(folder), RecordCallback._on_step

    def strike(recorder: RecordCallback) -> bool:
        first = strikes_of(folder) == before < times
        if recorder.frames >= AT_FRAMES and first and _has_checkpoint(folder):
            _strike(folder)
            act(recorder)
        return on_step(recorder)

    RecordCallback._on_step = strike  # type: ignore[method-assign,assignment]


def _has_checkpoint(folder: Path) -> bool:
    from benchmarks.runs.checkpoint import PREVIOUS_FILE

    return (folder / PREVIOUS_FILE).exists()


def _raise_in_game(folder: Path) -> None:
    if not folder.name.startswith("q-a2c"):
        return

    def fail(recorder: Any) -> None:
        raise RuntimeError("the emulator is gone")

    _at_step(folder, fail, times=9)


def _kill_while_saving(folder: Path) -> None:
    """First when the new checkpoint is written, then between the two renames."""
    from benchmarks.runs import checkpoint

    strikes, real_fsync, real_replace = strikes_of(folder), os.fsync, Path.replace

    def fsync(descriptor: int) -> None:
        real_fsync(descriptor)
        if strikes == 0 and (folder / checkpoint.PREVIOUS_FILE).exists():
            _strike(folder)
            _kill()

    def replace(path: Path, target: Path) -> Path:
        if strikes == 1 and path.name == checkpoint.TEMPORARY_FILE:
            _strike(folder)
            _kill()
        return real_replace(path, target)

    checkpoint.os.fsync = fsync  # type: ignore[attr-defined]
    Path.replace = replace  # type: ignore[method-assign,assignment]


def _fill_disk(folder: Path) -> None:
    def fill(recorder: Any) -> None:
        with (folder.parents[1] / FILLER_FILE).open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(FILLER_BYTES))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    _at_step(folder, fill)


def _spoil_parameters(folder: Path) -> None:
    def spoil(recorder: Any) -> None:
        next(recorder.model.policy.parameters()).data.fill_(float("nan"))

    _at_step(folder, spoil)


def _end_wandb(folder: Path) -> None:
    def end(recorder: Any) -> None:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            command = _words(path)
            if "wandb-core" in command and f"--pid {os.getpid()}" in command:
                os.kill(int(path.parent.name), signal.SIGKILL)
                (folder / WANDB_ENDED_FILE).touch()

    _at_step(folder, end)


def _words(path: Path) -> str:
    try:
        return path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:  # it has ended
        return ""


def _hang_game(folder: Path) -> None:
    def hang(recorder: Any) -> None:
        games = recorder.training_env.venv  # below the guard that checks actions
        games.step(games._actions * 0 + 99)

    _at_step(folder, hang)


def _change_versions(folder: Path) -> None:
    """What a resumed process believes of its versions; not of a first one's."""
    from benchmarks.runs import resume
    from benchmarks.runs.provenance import exact_versions as real

    if _has_checkpoint(folder):
        resume.exact_versions = lambda: real() | {"torch": "9.9"}  # type: ignore[attr-defined]


FAULTS: dict[str, Callable[[Path], None]] = {
    "none": lambda folder: None,
    "checkpoints": lambda folder: None,
    "kill": lambda folder: _at_step(folder, lambda recorder: _kill()),
    "raise": _raise_in_game,
    "kill-while-saving": _kill_while_saving,
    "fill-disk": _fill_disk,
    "nan": _spoil_parameters,
    "end-wandb": _end_wandb,
    "hang": _hang_game,
    "versions": _change_versions,
}


def main() -> None:
    """Run the command line that follows the fault's name."""
    fault = sys.argv.pop(1)
    if sys.argv[1] == "train":
        from benchmarks.runs import checkpoint

        folder, strikes = Path(sys.argv[2]), 2 if fault == "kill-while-saving" else 1
        if fault != "none" and strikes_of(folder) < strikes:
            checkpoint.INTERVAL_S = CHECKPOINTS_S
        FAULTS[fault](folder)
    else:
        from benchmarks.sweeps.sweep import Task

        def command(task: Task) -> list[str]:
            run = ["train", str(task.folder), "--parent", str(os.getpid())]
            module = "benchmarks.faults.inject"
            return [sys.executable, "-m", module, fault, *run, *task.options]

        show.show_study = show._export
        Task.command = command  # type: ignore[method-assign,assignment]
    runpy.run_module("benchmarks", run_name="__main__")


if __name__ == "__main__":
    main()
