"""Replay memories that are full at once, of games that a while of play gives."""

from __future__ import annotations

from typing import Any

import numpy as np
from stable_baselines3.common.base_class import BaseAlgorithm

from algorithms.replay import PathReplayBuffer


def fill(model: BaseAlgorithm, memory: PathReplayBuffer, rows: int) -> None:
    """Fill a memory with random play; its frames come again after so many rows.

    A frame is compressed with what lies within 32 kB before it. So repetition from
    far away costs and saves what new play would.
    """
    env = model.env
    assert env is not None
    obs: Any = env.reset()
    while memory.head[0] < rows:
        action = np.array([model.action_space.sample()])
        new: Any
        new, reward, done, infos = env.step(action)
        last = np.stack([infos[0]["terminal_observation"]]) if done[0] else new
        memory.add(obs, last, action, reward, done, infos)
        obs = new
    repeat(memory)


def repeat(memory: PathReplayBuffer) -> None:
    """Repeat the rows that a memory has until every one of its rows is written."""
    (played,) = memory.head
    for array in (memory.frames, *(getattr(memory, name) for name in memory.ARRAYS)):
        for begin in range(played, memory.rows, played):
            part = array[0, begin : begin + played]
            part[:] = array[0, : len(part)]
    memory.head[:] = memory.rows
    memory.in_episode[:] = False  # no game goes on from the last row
