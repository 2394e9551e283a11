"""The classes against Stable-Baselines3's own where the two should be the same."""

from copy import deepcopy

import pytest
import torch
from stable_baselines3 import A2C, DQN
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.sb2_compat.rmsprop_tf_like import RMSpropTFLike
from stable_baselines3.common.type_aliases import ReplayBufferSamples
from stable_baselines3.common.utils import LinearSchedule

from algorithms import HardDQN, NaiveA2C
from algorithms.policies import TwoHeadPolicy
from tests.algorithms.catch import Catch


def parameters(model):
    return torch.nn.utils.parameters_to_vector(model.policy.parameters()).detach()


@pytest.mark.parametrize("updates", [10, 200])
def test_naive_a2c_is_stable_baselines3s_a2c(updates):
    """Its value loss has no 1/2, so its coefficient is half of ours."""
    steps = updates * 5 * 4
    ours = NaiveA2C(
        "MlpPolicy", make_vec_env(Catch, 4, seed=0), seed=0, device="cpu"
    ).learn(steps)
    theirs = A2C(
        TwoHeadPolicy,
        make_vec_env(Catch, 4, seed=0),
        learning_rate=LinearSchedule(7e-4, 0.0, 1.0),
        ent_coef=0.01,
        vf_coef=0.25,
        use_rms_prop=False,
        policy_kwargs={
            "optimizer_class": RMSpropTFLike,
            "optimizer_kwargs": {"alpha": 0.99, "eps": 1e-5},
        },
        seed=0,
        device="cpu",
    ).learn(steps)
    moved = (parameters(ours) - parameters(theirs)).abs().max()
    assert moved < 1e-6 * updates**0.5
    untrained = NaiveA2C(
        "MlpPolicy", make_vec_env(Catch, 4, seed=0), seed=0, device="cpu"
    )
    assert (parameters(ours) - parameters(untrained)).abs().max() > 1e-5 * updates**0.5


def test_one_step_hard_targets_are_stable_baselines3s(monkeypatch):
    """On the same batch one update of both gives the same parameters."""
    settings = {"seed": 0, "device": "cpu", "learning_starts": 50, "buffer_size": 500}
    ours = HardDQN("MlpPolicy", make_vec_env(Catch, 1, seed=0), **settings).learn(60)
    theirs = DQN(
        "MlpPolicy",
        make_vec_env(Catch, 1, seed=0),
        policy_kwargs={"optimizer_kwargs": {"eps": 1e-4}},
        **settings,
    )
    theirs._setup_learn(1)
    theirs.policy.load_state_dict(ours.policy.state_dict())
    theirs.policy.optimizer.load_state_dict(
        deepcopy(ours.policy.optimizer.state_dict())
    )
    batch = ours.replay_buffer.sample(32)
    monkeypatch.setattr(ours.replay_buffer, "sample", lambda *_, **__: batch)
    for model in (ours, theirs):
        model._current_progress_remaining = 1.0
    same = ReplayBufferSamples(
        batch.observations,
        batch.actions[:, None],
        batch.next_observations,
        batch.terminated[:, None],
        batch.rewards,
    )
    monkeypatch.setattr(theirs.replay_buffer, "sample", lambda *_, **__: same)
    ours.train(1, 32)
    theirs.train(1, 32)
    assert torch.allclose(parameters(ours), parameters(theirs), atol=1e-7)


@pytest.mark.parametrize(
    "settings",
    [{}, {"double_q": True}, {"n_steps": 3, "intermediate": "sampled"}],
    ids=str,
)
def test_steps_at_once_are_steps_one_by_one(settings, monkeypatch):
    """What several gradient steps share doesn't change between them."""

    def model():
        short = {"learning_starts": 50, "buffer_size": 500}
        env = make_vec_env(Catch, 2, seed=0)
        made = HardDQN("MlpPolicy", env, seed=0, device="cpu", **short, **settings)
        return made.learn(60)

    at_once, by_one = model(), model()
    batches = at_once.replay_buffer.sample(3 * 32)
    rest = [batches.rows(slice(n, n + 32)) for n in (0, 32, 64)]
    monkeypatch.setattr(at_once.replay_buffer, "sample", lambda *_, **__: batches)
    monkeypatch.setattr(by_one.replay_buffer, "sample", lambda *_, **__: rest.pop(0))
    before = parameters(at_once)
    at_once.train(3, 32)
    for _ in range(3):
        by_one.train(1, 32)
    assert torch.allclose(parameters(at_once), parameters(by_one), atol=1e-7)
    assert (parameters(at_once) - before).abs().max() > 1e-5
