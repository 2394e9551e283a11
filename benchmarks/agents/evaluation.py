"""Full games of a trained policy: as it acted in training, and greedily; seeded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from stable_baselines3.common.utils import set_random_seed

from algorithms import HardDQN, RegularizedA2C
from analysis.records.csvs import csv_bytes
from analysis.records.evaluations import COLUMNS, POLICIES
from analysis.records.files import write_atomically
from benchmarks.agents.agent import load_agent

FOLDER = Path("evaluations")
# Always as many, so that a game is the same however many are played.
AT_ONCE = 8
# Far from the seeds of any training run's games.
FIRST_SEED, SEEDS_APART = 10**9, 1_000


def evaluate(
    folder: Path,
    games: int,
    seed: int = 0,
    acted: Callable[[str, np.ndarray], object] = lambda *_: None,
) -> pd.DataFrame:
    """Play full games with a run's policy, sampled and greedy.

    Each of the environments plays its share of the games, the first ones that it
    begins, so that short games don't count for more. More games are the same ones, and
    others; those of one kind don't depend on the other kind.

    Args:
        folder: The run's.
        games: Of each kind.
        seed: The same seed gives the same games.
        acted: Told at each step which kind of game it is, and the actions ``(E,)``.

    Returns:
        Columns :data:`COLUMNS`. ``epsilon`` is the share of random actions: 0 for
        greedy ones, a DQN's last one for those as in training; NaN for a policy that
        is sampled itself.

    Raises:
        UsageError: As :func:`benchmarks.agents.agent.load_agent`.
    """
    parts = []
    for policy in POLICIES:
        # Anew: MinAtar's games remember the last action of the game before.
        model = load_agent(folder, AT_ONCE)
        greedy = policy == "greedy"
        ends = play(model, games, seed, greedy=greedy, acted=partial(acted, policy))
        rows = [row_of(*end) for end in ends]
        epsilon = 0.0 if greedy else _epsilon(model)
        parts.append(pd.DataFrame(rows).assign(policy=policy, epsilon=epsilon))
    table = pd.concat(parts, ignore_index=True)
    return table.assign(run_id=folder.resolve().name, seed=seed)[COLUMNS]


def play(
    model: RegularizedA2C | HardDQN,
    games: int,
    seed: int,
    *,
    greedy: bool,
    acted: Callable[[np.ndarray], object] = id,
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Play full games with a model that was just loaded.

    Yields:
        As each of them ends, its environment and the ``info`` of its last step.
    """
    set_random_seed(seed)
    model.action_space.seed(seed)
    model.env.seed(FIRST_SEED + seed * SEEDS_APART)  # type: ignore[union-attr]
    with _one_thread():
        yield from _ends(model, games, greedy=greedy, acted=acted)


def row_of(env: int, info: dict[str, Any]) -> dict[str, float]:
    """What an evaluation says of a game."""
    game = info["episode"]
    return {"env": env, "game_return": game["r"], "length_frames": game["l"]}


def shares(games: int, n_envs: int) -> list[int]:
    """How many of the games each environment plays."""
    return [games // n_envs + (i < games % n_envs) for i in range(n_envs)]


def write(results: Path, table: pd.DataFrame) -> Path:
    """Write a run's evaluation; return the file."""
    path = results / FOLDER / f"{table['run_id'].iloc[0]}.csv"
    write_atomically({path: csv_bytes(table)})
    return path


def _epsilon(model: RegularizedA2C | HardDQN) -> float:
    return model.exploration_rate if isinstance(model, HardDQN) else float("nan")


def _ends(
    model: RegularizedA2C | HardDQN,
    games: int,
    *,
    greedy: bool,
    acted: Callable[[np.ndarray], object] = id,
) -> Iterator[tuple[int, dict[str, Any]]]:
    env = model.env
    assert env is not None
    left = shares(games, env.num_envs)
    observations = env.reset()
    while any(left):
        actions, _ = model.predict(observations, deterministic=greedy)  # type: ignore[arg-type]
        acted(actions)
        observations, _, _, infos = env.step(actions)
        for i, info in enumerate(infos):
            if left[i] and "episode" in info:
                left[i] -= 1
                yield i, info


@contextmanager
def _one_thread() -> Iterator[None]:
    """Another number of threads may add the same numbers up in another order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
