"""The replay memory returns exactly the paths that were played, whatever the wrap."""

from collections import deque

import numpy as np
import pytest
import torch
from gymnasium import spaces

from algorithms.replay import PathReplayBuffer

STACK = 4


def play(steps, n_envs, seed, stack=STACK, shape=(3, 3)):
    """Yield what a frame-stacking vector environment with life losses gives."""
    rng = np.random.default_rng(seed)

    def frame():
        return rng.integers(1, 255, size=shape, dtype=np.uint8)

    def begin():
        return deque([np.zeros(shape, np.uint8)] * (stack - 1) + [frame()], stack)

    stacks = [begin() for _ in range(n_envs)]
    for _ in range(steps):
        obs = np.array(stacks)
        for each in stacks:
            each.append(frame())
        next_obs = np.array(stacks)
        done = rng.random(n_envs) < 0.15
        truncated = done & (rng.random(n_envs) < 0.5)
        yield (
            obs,
            next_obs,
            rng.integers(6, size=(n_envs, 1)),
            rng.normal(size=n_envs).astype(np.float32),
            done,
            [{"TimeLimit.truncated": bool(t)} for t in truncated],
        )
        for env in np.flatnonzero(done):
            stacks[env] = begin()


def make(size, n_envs, n_steps=1, with_path=False):
    return PathReplayBuffer(
        size,
        spaces.Box(0, 255, (STACK, 3, 3), np.uint8),
        spaces.Discrete(6),
        device="cpu",
        n_envs=n_envs,
        n_steps=n_steps,
        gamma=0.9,
        frame_stack=STACK,
        with_path=with_path,
        seed=0,
    )


def expected_path(history, env, start, n_steps):
    """The path from a step of an environment, read from what was played."""
    rewards, length = np.zeros(n_steps, np.float32), 0
    for d in range(n_steps):
        if start + d >= len(history):
            break
        _, next_obs, _, reward, done, infos = history[start + d]
        rewards[d], length = reward[env], d + 1
        truncated = infos[env]["TimeLimit.truncated"]
        if done[env]:
            return rewards, length, next_obs[env], float(not truncated)
    return rewards, length, next_obs[env], 0.0


@pytest.mark.parametrize("n_steps", [1, 5])
@pytest.mark.parametrize(("size", "n_envs"), [(10_000, 1), (90, 1), (300, 3)])
def test_every_path_is_the_one_played(size, n_envs, n_steps):
    memory = make(size, n_envs, n_steps, with_path=True)
    history = []
    for step in play(200, n_envs, seed=1):
        memory.add(*step)
        history.append(step)
    first = {obs[e].tobytes(): (e, t) for t, (obs, *_) in enumerate(history)
             for e in range(n_envs)}  # fmt: skip
    seen = set()
    for _ in range(40):
        batch = memory.sample(64)
        for i in range(64):
            env, start = first[batch.observations[i].numpy().tobytes()]
            seen.add((env, start))
            rewards, length, last, ended = expected_path(history, env, start, n_steps)
            assert batch.rewards[i].tolist() == rewards.tolist()
            assert batch.alive[i].sum() == length
            assert batch.actions[i] == history[start][2][env, 0]
            assert np.array_equal(batch.next_observations[i], last)
            assert batch.terminated[i] == ended
            assert batch.discounts[i] == pytest.approx(0.9**length)
            for d in range(1, length):
                obs, _, action, *_ = history[start + d]
                assert np.array_equal(batch.path_observations[i, d - 1], obs[env])
                assert batch.path_actions[i, d - 1] == action[env, 0]
    # Nothing that is still whole in the memory is left out, to the latest step.
    assert len(seen) > 0.8 * len(memory)
    assert any(start == len(history) - 1 for _, start in seen)


def episodes_of(lengths, steps):
    """Yield steps whose rewards number them; environment e's games last lengths[e]."""
    n_envs = len(lengths)
    obs = np.zeros((n_envs, STACK, 3, 3), np.uint8)
    for step in range(steps):
        number = step + steps * np.arange(n_envs, dtype=np.float32)
        done = np.array([(step + 1) % length == 0 for length in lengths])
        yield obs, obs, np.zeros((n_envs, 1)), number, done, [{}] * n_envs


# Environments whose games are short have more rows: before their rings are full, when
# one is, and when all are.
@pytest.mark.parametrize("rows", [10_000, 60, 20])
@pytest.mark.parametrize("lengths", [[30], [2, 5, 30], [1, 1000]], ids=str)
def test_sampling_is_uniform_over_what_is_stored(lengths, rows):
    memory, steps, draws = make(rows * len(lengths), len(lengths)), 40, 20_000
    for step in episodes_of(lengths, steps):
        memory.add(*step)
    rewards = torch.cat([memory.sample(500).rewards for _ in range(draws // 500)])
    counts = np.bincount(rewards.flatten().int(), minlength=steps * len(lengths))
    env, row = np.nonzero(memory.acted)
    newest = memory.head[env] - 1 - (memory.head[env] - 1 - row) % memory.rows
    whole = memory._startable(env, newest)
    stored = memory.row_rewards[env[whole], row[whole]].astype(int)
    assert (np.delete(counts, stored) == 0).all()
    expected = draws / len(stored)
    spread = np.sqrt(expected * (1 - 1 / len(stored)))
    assert np.abs(counts[stored] - expected).max() < 5 * spread


def test_same_seed_same_samples():
    def draws():
        memory = make(500, 2)
        for step in play(100, 2, seed=3):
            memory.add(*step)
        return torch.cat([memory.sample(32).rewards for _ in range(5)])

    assert torch.equal(draws(), draws())


def test_a_frame_is_stored_once():
    memory = make(1000, 1)
    frames = memory.frames.nbytes
    assert frames == 1000 * 3 * 3
    million = PathReplayBuffer(
        1000,
        spaces.Box(0, 255, (STACK, 84, 84), np.uint8),
        spaces.Discrete(6),
        frame_stack=STACK,
    )
    assert million.frames.nbytes * 1000 < 7.5e9


def test_other_spaces_are_refused():
    with pytest.raises(ValueError, match="stack 3 frames"):
        PathReplayBuffer(
            100,
            spaces.Box(0, 255, (4, 8, 8), np.uint8),
            spaces.Discrete(2),
            frame_stack=3,
        )
    with pytest.raises(ValueError, match="stores Box, Discrete"):
        PathReplayBuffer(100, spaces.Dict(), spaces.Discrete(2))
    with pytest.raises(ValueError, match="empty"):
        make(100, 1).sample(2)


@pytest.mark.parametrize(("handles", "terminated"), [(True, 0.0), (False, 1.0)])
def test_a_memory_may_take_time_limits_for_ends(handles, terminated):
    memory = PathReplayBuffer(
        10,
        spaces.Box(0, 1, (1,)),
        spaces.Discrete(2),
        device="cpu",
        handle_timeout_termination=handles,
    )
    one, done = np.zeros((1, 1), np.float32), np.ones(1, bool)
    infos = [{"TimeLimit.truncated": True}]
    memory.add(one, one, np.zeros(1), np.ones(1), done, infos)
    assert memory.sample(1).terminated.tolist() == [terminated]
