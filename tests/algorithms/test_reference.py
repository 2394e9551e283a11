"""The classes against Stable-Baselines3's own where the two should be the same.

Theirs have their own networks, optimisers and loops, and settings that are written out
here: what is compared are our defaults. Only the first parameters are handed over, and
for DQN which transitions are drawn.
"""

from copy import deepcopy

import numpy as np
import pytest
import torch
from stable_baselines3 import A2C, DQN
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.sb2_compat.rmsprop_tf_like import RMSpropTFLike
from stable_baselines3.common.type_aliases import ReplayBufferSamples
from stable_baselines3.common.utils import LinearSchedule
from torch.nn import functional

from algorithms import HardDQN, NaiveA2C
from tests.algorithms.catch import Catch


def parameters(model):
    return torch.nn.utils.parameters_to_vector(model.policy.parameters()).detach()


def learn_alike(ours, theirs, steps):
    for model in (ours, theirs):
        model.set_random_seed(0)  # what both draw from is the process's, or the class's
        model.learn(steps)


@pytest.mark.parametrize("updates", [10, 200])
def test_naive_a2c_is_stable_baselines3s_a2c(updates):
    """Its value loss has no 1/2, so its coefficient is half of ours."""
    steps = updates * 5 * 4
    ours = NaiveA2C("MlpPolicy", make_vec_env(Catch, 4, seed=0), seed=0, device="cpu")
    theirs = A2C(
        "MlpPolicy",
        make_vec_env(Catch, 4, seed=0),
        learning_rate=LinearSchedule(7e-4, 0.0, 1.0),
        n_steps=5,
        gamma=0.99,
        gae_lambda=1.0,
        ent_coef=0.01,
        vf_coef=0.25,
        max_grad_norm=0.5,
        use_rms_prop=False,
        policy_kwargs={
            "optimizer_class": RMSpropTFLike,
            "optimizer_kwargs": {"alpha": 0.99, "eps": 1e-5},
        },
        seed=0,
        device="cpu",
    )
    theirs.policy.load_state_dict(ours.policy.state_dict())
    before = parameters(ours)
    learn_alike(ours, theirs, steps)
    assert (parameters(ours) - parameters(theirs)).abs().max() < 1e-6 * updates**0.5
    assert (parameters(ours) - before).abs().max() > 1e-5 * updates**0.5


LOOP = {"learning_starts": 100, "target_update_interval": 60, "buffer_size": 5_000}


@pytest.mark.parametrize("n_envs", [1, 2])
def test_hard_dqn_is_stable_baselines3s_dqn(n_envs):
    """A whole training: random actions first, greedy ones from then on."""
    ours = HardDQN(
        "MlpPolicy",
        make_vec_env(Catch, n_envs, seed=0),
        exploration=[(0, 0)],
        seed=0,
        device="cpu",
        **LOOP,
    )
    theirs = DQN(
        "MlpPolicy",
        make_vec_env(Catch, n_envs, seed=0),
        learning_rate=1e-4,
        batch_size=32,
        gamma=0.99,
        train_freq=4,
        gradient_steps=n_envs,
        max_grad_norm=10,
        exploration_initial_eps=0,
        exploration_final_eps=0,
        policy_kwargs={"optimizer_kwargs": {"eps": 1e-4}},
        seed=0,
        device="cpu",
        **LOOP,
    )
    theirs.policy.load_state_dict(ours.policy.state_dict())
    before = parameters(ours)
    draw_alike(ours, theirs)
    learn_alike(ours, theirs, 700)
    assert ours._n_updates == theirs._n_updates > 140
    assert (parameters(ours) - before).abs().max() > 1e-3
    assert torch.allclose(parameters(ours), parameters(theirs), atol=2e-6)


def draw_alike(ours, theirs):
    """Have both memories return the steps that one sequence of draws says."""

    def sequence():
        rng = np.random.default_rng(0)
        while True:
            yield rng.random((2, 32))

    def steps(draws, n_envs, stored):
        env, step = next(draws)
        return (env * n_envs).astype(int), (step * stored).astype(int)

    our_draws, their_draws = sequence(), sequence()
    memory, buffer = ours.replay_buffer, theirs.replay_buffer

    def sample_ours(batch_size, env=None):
        rows = [np.flatnonzero(acted) for acted in memory.acted]  # of steps, in order
        drawn = [steps(our_draws, memory.n_envs, len(rows[0]))
                 for _ in range(batch_size // 32)]  # fmt: skip
        envs, numbers = np.concatenate(drawn, axis=1)
        return memory.paths(envs, np.array(rows)[envs, numbers])

    def sample_theirs(batch_size, env=None):
        envs, numbers = steps(their_draws, buffer.n_envs, buffer.pos)
        at = numbers, envs
        columns = (
            buffer.observations[at],
            buffer.actions[at],
            buffer.next_observations[at],
            (buffer.dones[at] * (1 - buffer.timeouts[at]))[:, None],
            buffer.rewards[at][:, None],
        )
        return ReplayBufferSamples(*map(buffer.to_torch, columns))

    memory.sample, buffer.sample = sample_ours, sample_theirs


def hand_target(settings, online, target, batch):
    """``y`` of each row, from the definitions, in plain torch."""
    after = target(batch.next_observations)
    if settings.get("double_q"):
        best = online(batch.next_observations).argmax(1)
        value = after[torch.arange(len(best)), best]
    else:
        value = after.max(1).values
    rows = []
    for i, length in enumerate(batch.alive.sum(1).int().tolist()):
        y = sum(0.99**d * batch.rewards[i, d] for d in range(length))
        for d in range(1, length):
            q = target(batch.path_observations[i, d - 1 : d])[0]
            y = y - 0.99**d * (q[batch.path_actions[i, d - 1]] - q.max())
        rows.append(y + 0.99**length * (1 - batch.terminated[i]) * value[i])
    return torch.stack(rows)


@pytest.mark.parametrize(
    "settings",
    [{}, {"double_q": True}, {"n_steps": 3, "intermediate": "sampled"}],
    ids=str,
)
def test_three_steps_at_once_are_three_steps_of_plain_torch(settings, monkeypatch):
    """Adam on the Huber loss of batch after batch, the target network at rest."""
    ours = HardDQN(
        "MlpPolicy", make_vec_env(Catch, 2, seed=0), seed=0, device="cpu",
        learning_rate=0.1, **LOOP, **settings,
    )  # fmt: skip
    ours.learn(80)
    ours._current_progress_remaining = 0.5
    memory = ours.replay_buffer
    batches = memory.sample(3 * 32)
    monkeypatch.setattr(memory, "sample", lambda *_, **__: batches)
    online, target = deepcopy(ours.q_net.q_net), deepcopy(ours.q_net_target.q_net)
    with torch.no_grad():
        for parameter in (*target.parameters(), *ours.q_net_target.parameters()):
            parameter.mul_(1.5)  # another network than the one that learns
    # A rate so large that the greedy actions change from step to step.
    optimizer = torch.optim.Adam(online.parameters(), lr=0.1, eps=1e-4)
    before = parameters(ours)
    ours.train(3, 32)
    for first in (0, 32, 64):
        batch = batches.rows(slice(first, first + 32))
        with torch.no_grad():
            y = hand_target(settings, online, target, batch)
        q = online(batch.observations)[torch.arange(32), batch.actions]
        optimizer.zero_grad()
        functional.huber_loss(q, y).backward()
        torch.nn.utils.clip_grad_norm_(online.parameters(), 10.0)
        optimizer.step()
    found = torch.nn.utils.parameters_to_vector(ours.q_net.parameters()).detach()
    expected = torch.nn.utils.parameters_to_vector(online.parameters()).detach()
    assert torch.allclose(found, expected, atol=1e-5)
    assert (parameters(ours) - before).abs().max() > 0.01
