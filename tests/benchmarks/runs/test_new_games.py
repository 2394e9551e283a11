"""A run that goes on with new games never splices them to the old ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from stable_baselines3.common.logger import Logger

from benchmarks.runs.build import make_model
from benchmarks.runs.resume import with_new_games
from benchmarks.runs.state import get_state, set_state

BEFORE, AFTER = 20, 60  # steps of each game, in the middle of its 91


def noted(model):
    """Note the steps that come into the memory: a list for each environment."""
    played, real = [[] for _ in range(model.n_envs)], model.replay_buffer.add

    def add(obs, next_obs, action, reward, done, infos):
        assert not done.any()
        for env, steps in enumerate(played):
            step = obs[env].copy(), int(action[env]), reward[env], next_obs[env].copy()
            steps.append(step)
        real(obs, next_obs, action, reward, done, infos)

    model.replay_buffer.add = add
    return played


def frames_of(memory):
    for env, head in enumerate(memory.head.tolist()):
        yield env, 0, memory.get_rows(env, 0, head)


@pytest.mark.parametrize("n_envs", [1, 2])
@pytest.mark.parametrize("n", [1, 3])
def test_a_replay_memory_goes_on_with_new_games(n_envs, n, tiny):
    config = tiny(
        "dqn-hard", n_envs=n_envs, n_steps=n, learning_starts=400, buffer_size=400
    )
    old, new = make_model(config), make_model(config)
    before = noted(old)
    old.learn(BEFORE * n_envs)
    state = get_state(old) | {"frames": list(frames_of(old.replay_buffer))}
    memory = new.replay_buffer
    new.set_logger(Logger(folder=None, output_formats=[]))
    set_state(new, with_new_games(new, state))
    assert torch.equal(torch.from_numpy(memory.head), state["replay"]["head"])
    after = noted(new)
    new.learn(AFTER * n_envs, reset_num_timesteps=False)
    for env in range(n_envs):
        rows = np.flatnonzero(memory.acted[env])
        assert len(rows) == BEFORE + AFTER
        paths = memory.paths(np.full(len(rows), env), rows)
        expected = [*paths_of(before[env], n), *paths_of(after[env], n)]
        for at, (obs, action, rewards, last) in enumerate(expected):
            assert np.array_equal(paths.observations[at], obs)
            assert paths.actions[at] == action
            assert paths.alive[at].sum() == len(rewards)
            assert paths.rewards[at, : len(rewards)].tolist() == rewards
            assert np.array_equal(paths.next_observations[at], last)
            assert not paths.terminated[at]


def paths_of(steps, n):
    """The path from each step of one game: at most n steps, none of another game."""
    for first in range(len(steps)):
        path = steps[first : first + n]
        obs, action, _, _ = path[0]
        yield obs, action, [reward for *_, reward, _ in path], path[-1][-1]
