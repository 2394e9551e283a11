"""Full games of a trained policy: as it acted in training, and greedily; seeded."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from stable_baselines3.common.utils import set_random_seed

from algorithms import HardDQN, RegularizedA2C
from analysis.records.csvs import csv_bytes
from analysis.records.files import write_atomically
from benchmarks.agents.agent import load_agent

FOLDER = Path("evaluations")
AT_ONCE = 8
# Far from the seeds of any training run's games.
FIRST_SEED, SEEDS_APART = 10**9, 1_000
COLUMNS = ["run_id", "policy", "epsilon", "seed", "env", "game_return", "length_frames"]


def evaluate(folder: Path, games: int, seed: int = 0) -> pd.DataFrame:
    """Play full games with a run's policy, sampled and greedy.

    Each of the environments plays its share of the games, the first ones that it
    begins, so that short games don't count for more.

    Args:
        folder: The run's.
        games: Of each kind.
        seed: The same seed gives the same games.

    Returns:
        Columns :data:`COLUMNS`. ``epsilon`` is the share of random actions: 0 for
        greedy ones, a DQN's last one for those as in training; NaN for a policy that
        is sampled itself.

    Raises:
        UsageError: As :func:`benchmarks.agents.agent.load_agent`.
    """
    model = load_agent(folder, min(games, AT_ONCE))
    parts = []
    for policy in ("sampled", "greedy"):
        set_random_seed(seed)
        model.action_space.seed(seed)
        model.env.seed(FIRST_SEED + seed * SEEDS_APART)  # type: ignore[union-attr]
        part = pd.DataFrame(_play(model, games, greedy=policy == "greedy"))
        epsilon = 0.0 if policy == "greedy" else _epsilon(model)
        parts.append(part.assign(policy=policy, epsilon=epsilon))
    table = pd.concat(parts, ignore_index=True)
    return table.assign(run_id=folder.resolve().name, seed=seed)[COLUMNS]


def _epsilon(model: RegularizedA2C | HardDQN) -> float:
    return model.exploration_rate if isinstance(model, HardDQN) else float("nan")


def _play(
    model: RegularizedA2C | HardDQN, games: int, *, greedy: bool
) -> list[dict[str, float]]:
    env = model.env
    assert env is not None
    left = [
        games // env.num_envs + (i < games % env.num_envs) for i in range(env.num_envs)
    ]
    found: list[dict[str, float]] = []
    observations = env.reset()
    while any(left):
        actions, _ = model.predict(observations, deterministic=greedy)  # type: ignore[arg-type]
        observations, _, _, infos = env.step(actions)
        for i, info in enumerate(infos):
            if left[i] and "episode" in info:
                game = info["episode"]
                row = {"env": i, "game_return": game["r"], "length_frames": game["l"]}
                found.append(row)
                left[i] -= 1
    return found


def write(results: Path, table: pd.DataFrame) -> Path:
    """Write a run's evaluation; return the file."""
    path = results / FOLDER / f"{table['run_id'].iloc[0]}.csv"
    write_atomically({path: csv_bytes(table)})
    return path
