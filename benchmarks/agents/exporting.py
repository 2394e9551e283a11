"""An agent as a folder that can be handed on: a stock model, its card, its record."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from stable_baselines3.common.utils import set_random_seed

from algorithms import HardDQN, RegularizedA2C
from analysis.records.evaluations import (
    ABOUT_FILE,
    FOLDER,
    GAMES_FILE,
    Evaluation,
    read_agent,
    read_evaluated_games,
)
from analysis.records.files import write_atomically
from analysis.records.record import CONFIG_FILE, read_config
from benchmarks.agents.agent import load_agent
from benchmarks.agents.card import card
from benchmarks.agents.evaluation import AT_ONCE
from benchmarks.agents.evaluation import FOLDER as EVALUATIONS
from benchmarks.agents.stock import stock_model
from benchmarks.errors import UsageError

STEPS = 25  # of all environments, whose observations are acted on both ways


def export(folder: Path, results: Path, to: Path) -> list[Path]:
    """Write an agent as a model of Stable-Baselines3's, with a model card.

    Args:
        folder: The agent's.
        results: The folder of all results.
        to: A folder that is new, or empty.

    Returns:
        The files.

    Raises:
        UsageError: There is no record of its games; the folder holds something; or
            its network can't be made of Stable-Baselines3's layers.
        RecordError: Its record is mangled, or not as it was written.
    """
    if to.exists() and any(to.iterdir()):
        raise UsageError(f"--to {to}: expected a new or an empty folder")
    record, sources = _record(folder, results)
    model = load_agent(folder, AT_ONCE)
    stock = stock_model(model)
    _check_same(model, stock)
    name = f"{record.config['variant']}-{record.config['game']}".lower()
    zipped, file = io.BytesIO(), name.replace("/", "-") + ".zip"
    stock.save(zipped)
    space: Any = model.observation_space
    seen = f"{space.dtype}[{', '.join(map(str, space.shape))}]"
    text = card(record, file, type(stock).__name__, seen)
    files = {to / file: zipped.getvalue(), to / "README.md": text.encode()}
    files |= {to / path.name: path.read_bytes() for path in sources}
    write_atomically(files)
    return list(files)


def _record(folder: Path, results: Path) -> tuple[Evaluation, list[Path]]:
    """What an agent's games were, and the files that say so."""
    if folder.parent.name == str(FOLDER):
        names = (CONFIG_FILE, GAMES_FILE, ABOUT_FILE)
        return read_agent(folder), [folder / name for name in names]
    games = results / EVALUATIONS / f"{folder.name}.csv"
    if not games.exists():
        raise UsageError(f"{folder.name}: no games are recorded: `evaluate` it first")
    config = read_config(folder / CONFIG_FILE)
    return Evaluation(config, read_evaluated_games(games, folder.name), {}), [
        folder / CONFIG_FILE
    ]


def _check_same(model: RegularizedA2C | HardDQN, stock: Any) -> None:
    """Have both act on what the agent sees when it plays.

    Raises:
        UsageError: They act differently.
    """
    set_random_seed(0)
    env: Any = model.env
    observations, differ = env.reset(), 0
    for _ in range(STEPS):
        ours, _ = model.predict(observations, deterministic=True)
        theirs, _ = stock.predict(observations, deterministic=True)
        differ += int(np.not_equal(ours, theirs).sum())
        observations, *_ = env.step(model.predict(observations)[0])
    if differ:
        seen = STEPS * env.num_envs
        raise UsageError(
            f"as a stock model it acts differently on {differ} of {seen} observations"
        )
