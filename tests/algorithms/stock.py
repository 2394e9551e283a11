"""What Stable-Baselines3's own DQN stores, and what ours does, in one form."""

import numpy as np
import torch

from algorithms.paths import PathSamples


def stored_by_ours(model, normalize=None) -> PathSamples:
    """Every transition in the memory, environment by environment, in its order."""
    memory = model.replay_buffer
    env, row = np.nonzero(memory.acted)
    assert memory.head.max() <= memory.rows, "the ring has come round"
    paths = memory.paths(env, row)
    return paths.normalized(normalize) if normalize else paths


def stored_by_stock(model, normalize=None) -> PathSamples:
    """The same of SB3's memory, whose transitions are single steps."""
    memory = model.replay_buffer
    time, env = np.meshgrid(np.arange(memory.pos), np.arange(memory.n_envs))
    at = (time.ravel(), env.ravel())
    rewards = memory.rewards[at][:, None]
    terminated = memory.dones[at] * (1 - memory.timeouts[at])
    observations = [memory.observations[at], memory.next_observations[at]]
    if normalize:
        rewards = normalize.normalize_reward(rewards)
        observations = [normalize.normalize_obs(x) for x in observations]
    columns = [observations[0], memory.actions[at][:, 0], rewards]
    columns += [np.ones_like(rewards), observations[1], terminated]
    columns += [np.full_like(terminated, model.gamma)]
    return PathSamples(*map(torch.as_tensor, columns), None, None)


def differing(ours: PathSamples, theirs: PathSamples) -> int:
    """How many transitions are not the same, bit for bit."""
    differs = torch.zeros(len(theirs.actions), dtype=torch.bool)
    for a, b in zip(ours[:-2], theirs[:-2], strict=True):
        assert a.shape == b.shape
        differs |= (a != b).flatten(1).any(1) if a.ndim > 1 else a != b
    return int(differs.sum())
