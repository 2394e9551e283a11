"""One run: one process, one folder, one command that can be given again."""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import json
import logging
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.utils import LinearSchedule

from algorithms import ALGORITHMS
from algorithms.checks import DivergenceError
from analysis.records import CONFIG_FILE, DONE_FILE, EPISODES_FILE, FAILED_FILE
from benchmarks.atari import make_atari_env
from benchmarks.config import RunConfig
from benchmarks.schema import parse_schedule
from benchmarks.tracking import RecordCallback, WandbWriter, make_logger

log = logging.getLogger(__name__)

LOCK_FILE = "lock"
PACKAGES = ("torch", "stable-baselines3", "gymnasium", "ale-py", "numpy", "wandb")
HELD_ELSEWHERE = 75  # exit status: another process has this run (EX_TEMPFAIL)


def write_config(folder: Path, config: RunConfig) -> None:
    """Create a run's folder with its configuration, unless it is there already."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / CONFIG_FILE).exists():
        write_json(folder / CONFIG_FILE, config.record() | {"versions": versions()})


def versions() -> dict[str, str]:
    """Versions of what decides a run's numbers, this project's commit among them."""
    found = {name: version(name) for name in PACKAGES}
    return {"python": platform.python_version(), "commit": commit(), **found}


def commit() -> str:
    """Return the commit of the code, "+changes" where files differ from it."""
    try:
        describe = ["git", "describe", "--always", "--dirty=+changes", "--abbrev=12"]
        here = Path(__file__).parent
        found = subprocess.run(describe, cwd=here, capture_output=True, text=True)
    except OSError:
        return "unknown"
    return found.stdout.strip() or "unknown"


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file in one piece: it is there whole, or not at all."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_text(json.dumps(content, indent=1) + "\n")
    temporary.replace(path)


def make_model(config: RunConfig) -> BaseAlgorithm:
    """Build the environment and the algorithm of a configuration."""
    settings = dict(config.hyperparameters)
    if "exploration" in settings:
        settings["exploration"] = parse_schedule(settings["exploration"])
        settings["frame_stack"] = config.environment["frame_stack"]
    if settings.pop("learning_rate_schedule", "constant") == "linear":
        rate = settings["learning_rate"]
        settings["learning_rate"] = LinearSchedule(rate, 0.0, 1.0)
    env = make_atari_env(
        config.game,
        config.environment["n_envs"],
        config.seed,
        engine=config.environment["engine"],
        max_frames=config.environment.get("max_frames"),
    )
    return ALGORITHMS[config.variant].algorithm(
        "CnnPolicy",
        env,
        seed=config.seed,
        device=config.environment["device"],
        **settings,
    )


def train(folder: Path) -> int:
    """Run what ``folder/config.json`` says; return the exit status.

    0 when the run is done (now or before), 1 when it failed, 75 when another process
    holds it. A failed run leaves ``failed.json`` and all that it recorded.
    """
    if (folder / DONE_FILE).exists():
        return 0
    with held(folder / LOCK_FILE) as mine:
        if not mine:
            return HELD_ELSEWHERE
        record = json.loads((folder / CONFIG_FILE).read_text())
        config = RunConfig.from_record(record)
        (folder / FAILED_FILE).unlink(missing_ok=True)
        torch.set_num_threads(config.threads)
        # Dead units leave subnormal numbers in RMSProp's state, a hundred times slower.
        torch.set_flush_denormal(True)
        return _train(folder, config, record)


def _train(folder: Path, config: RunConfig, record: Mapping[str, Any]) -> int:
    started = time.monotonic()
    wandb = WandbWriter(folder, record)
    skip = config.environment["frame_skip"]
    recorder = RecordCallback(
        folder,
        frame_skip=skip,
        log_interval=config.environment["log_interval"],
        wandb=wandb,
        clock=lambda: time.monotonic() - started,
    )
    logger = make_logger(folder, wandb)
    try:
        model = make_model(config)
        model.set_logger(logger)
        started = time.monotonic()
        model.learn(config.frames // skip, callback=recorder, log_interval=None)  # type: ignore[arg-type]
        recorder.record_metrics()
        check_parameters(model)
    except Exception as error:
        return _fail(folder, recorder, error)
    finally:
        recorder.close()
        logger.close()
    seconds = recorder.clock()
    _finish(folder, recorder.frames, recorder.n_episodes, seconds)
    return 0


def check_parameters(model: BaseAlgorithm) -> None:
    """Raise a DivergenceError when a parameter is not a finite number."""
    for name, parameter in model.policy.named_parameters():
        if not torch.isfinite(parameter).all():
            raise DivergenceError(f"{name} is not finite at step {model.num_timesteps}")


def _fail(folder: Path, recorder: RecordCallback, error: Exception) -> int:
    if not isinstance(error, DivergenceError):
        log.exception("the run raised")
    frames = recorder.frames
    reason = f"{type(error).__name__}: {error}".splitlines()[0]
    write_json(folder / FAILED_FILE, {"error": reason, "frames": frames})
    print(f"failed at {frames} frames: {reason}", file=sys.stderr)
    return 1


def _finish(folder: Path, frames: int, episodes: int, seconds: float) -> None:
    content = (folder / EPISODES_FILE).read_bytes()
    done = {
        "frames": frames,
        "episodes": episodes,
        "seconds": round(seconds, 3),
        "frames_per_second": round(frames / seconds, 2),
        "episodes_sha256": hashlib.sha256(content).hexdigest(),
    }
    write_json(folder / DONE_FILE, done)


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Hold a file's lock; False when another process does. Its death frees it."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent dies (Linux only)."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def main(folder: Path) -> int:
    """Entry point of a run's own process: ends when its parent does."""
    parent = os.getppid()
    die_with_parent()
    if os.getppid() != parent:  # it died before the kernel was asked
        return HELD_ELSEWHERE
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    return train(folder)
