"""Run folders as the writer leaves them, made up for the tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from analysis.records.csvs import PACKED, content_of, packed
from analysis.records.record import seals

EPISODE_HEADER = "frames,env,game_return,length_frames"
METRIC_HEADER = (
    "frames,loss,policy_loss,value_loss,entropy,value,q_value,grad_norm,"
    "learning_rate,epsilon,q_error,target_entropy,kept_share"
)
TIMING_HEADER = "frames,seconds,steps_per_second"


def config_of(
    variant: str = "a2c-proper",
    game: str = "Breakout",
    seed: int = 0,
    frames: int = 1000,
    study: str = "atari",
    **overrides: Any,
) -> dict[str, Any]:
    hyperparameters = {"temperature": 0.01, "learning_rate": 0.0007, **overrides}
    extra = ", ".join(f"{key}={value}" for key, value in overrides.items())
    tail = "-".join(str(value) for value in overrides.values())
    sources = dict.fromkeys([*hyperparameters, "frame_skip", "frames"], "paper")
    return {
        "run_id": f"{variant}-{game.lower()}-s{seed}-{frames}{tail}",
        "label": f"{variant} ({extra})" if extra else variant,
        "variant": variant,
        "family": "dqn" if variant.startswith("dqn") else "a2c",
        "game": game,
        "seed": seed,
        "frames": frames,
        "study": study,
        "hyperparameters": hyperparameters,
        "environment": {"frame_skip": 4},
        "threads": 1,
        "overrides": overrides,
        "sources": {**sources, "learning_rate": "baselines-2017"},
        "versions": {"torch": "2.13.0"},
    }


def write_run(
    runs_dir: Path,
    config: dict[str, Any],
    episodes: list[tuple[int, float]],
    status: str = "done",
) -> Path:
    """Write a run whose games end at (frames, game_return)."""
    folder = runs_dir / config["run_id"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    rows = [f"{frames},0,{float(value)!r},40" for frames, value in episodes]
    table = "\n".join([EPISODE_HEADER, *rows]) + "\n"
    (folder / "episodes.csv").write_text(table)
    reached = config["frames"] if status == "done" else episodes[-1][0]
    at = range(interval_of(config), reached + 1, interval_of(config))
    rows = [f"{frames},0.1,,,,,,,0.0007,,,,\n" for frames in at]
    (folder / "metrics.csv").write_text(f"{METRIC_HEADER}\n{''.join(rows)}")
    times = [f"{frames},{frames / 400},100.0\n" for frames in at]
    (folder / "timing.csv").write_text(f"{TIMING_HEADER}\n{''.join(times)}")
    if status == "done":
        done = done_of(config, table) | seals(folder)
        (folder / "done.json").write_text(json.dumps(done))
    if status == "failed":
        failed = {"error": "loss is NaN", "frames": reached}
        (folder / "failed.json").write_text(json.dumps(failed))
    return folder


def interval_of(config: dict[str, Any]) -> int:
    """Frames between two rows of metrics."""
    return int(config["frames"]) // 5


def done_of(config: dict[str, Any], table: str) -> dict[str, Any]:
    return {
        "frames": config["frames"],
        "episodes": table.count("\n") - 1,
        "seconds": 2.5,
        "frames_per_second": config["frames"] / 2.5,
    }


def unseal(folder: Path) -> None:
    """Make it a record from before metrics and configuration were sealed."""
    done = json.loads((folder / "done.json").read_text())
    del done["metrics_sha256"], done["config_sha256"]
    (folder / "done.json").write_text(json.dumps(done))


def learning_games(
    frames: int, seed: int, top: float, games: int = 400
) -> list[tuple[int, float]]:
    """Games whose return rises from 0 to about ``top``."""
    random = np.random.default_rng(seed)
    ends = np.sort(random.integers(1, frames, games))
    level = top * (1 - np.exp(-4 * ends / frames)) * random.normal(1, 0.12)
    returns = np.maximum(0, level + random.normal(0, 0.15 * top, games)).round()
    return [(int(end), float(value)) for end, value in zip(ends, returns, strict=True)]


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def read_text(path: Path) -> str:
    """What a file of a study says, packed or not."""
    return content_of(path, path.read_bytes()).decode()


def write_text(path: Path, text: str) -> None:
    """Put a text where a file of a study is, packed if that is."""
    packs = path.suffix == PACKED
    path.write_bytes(packed(text.encode()) if packs else text.encode())
