"""A run that goes on with new games never splices them to the old ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from stable_baselines3.common.logger import Logger

from benchmarks.runs.build import make_model
from benchmarks.runs.resume import with_new_games
from benchmarks.runs.state import get_state, set_state


def noting_what_is_played(model, played):
    """Have the steps of every game noted as they come into the memory."""
    real = model.replay_buffer.add

    def add(obs, next_obs, action, reward, done, infos):
        played.update(
            (before.tobytes(), after.tobytes(), int(a), float(r))
            for before, after, a, r in zip(obs, next_obs, action, reward, strict=True)
        )
        real(obs, next_obs, action, reward, done, infos)

    model.replay_buffer.add = add


def frames_of(memory):
    for env, head in enumerate(memory.head.tolist()):
        yield env, 0, memory.get_rows(env, 0, head)


def remembered(memory):
    """Every step that the memory can return, as what it would return."""
    env, rows = np.nonzero(memory.acted)
    batch = memory.paths(env, rows)
    columns = (batch.observations, batch.next_observations, batch.actions)
    rewards = batch.rewards[:, 0].tolist()
    return {
        (before.numpy().tobytes(), after.numpy().tobytes(), int(a), r)
        for before, after, a, r in zip(*columns, rewards, strict=True)
    }


@pytest.mark.parametrize("n_envs", [1, 2])
def test_a_replay_memory_goes_on_with_new_games(n_envs, tiny):
    config = tiny("dqn-hard", n_envs=n_envs, learning_starts=400, buffer_size=400)
    old, new, played = make_model(config), make_model(config), set()
    noting_what_is_played(old, played)
    old.learn(40)  # in the middle of a game, as it has 91 steps
    state = get_state(old)
    state |= {"frames": list(frames_of(old.replay_buffer))}
    memory = new.replay_buffer
    new.set_logger(Logger(folder=None, output_formats=[]))
    set_state(new, with_new_games(new, state))
    assert torch.equal(torch.from_numpy(memory.head), state["replay"]["head"])
    noting_what_is_played(new, played)
    new.learn(80, reset_num_timesteps=False)
    assert len(played) == len(memory) == 40 + 80
    assert remembered(memory) == played
