"""Every number is honoured, or refused by its name before anything is built."""

import math

import numpy as np
import pytest
import torch
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.utils import LinearSchedule

from algorithms import HardDQN, NaiveA2C, ProperA2C, QLearningA2C, SoftEntropyDQN
from algorithms.replay import PathReplayBuffer
from tests.algorithms.catch import Catch

INF, NAN = math.inf, math.nan
NO_NUMBERS = ("1", None, [1], True, NAN)
POSITIVE = (0, -1, -INF, INF)
NOT_NEGATIVE = (-1, -1e-9, INF)
SHARE = (-0.1, 1.1, 2, INF)
COUNT = (0, -1, 1.5, 2.0, INF)
BOTH = {
    "temperature": POSITIVE,
    "learning_rate": NOT_NEGATIVE,
    "n_steps": COUNT,
    "gamma": SHARE,
    "max_grad_norm": (0, -1, -INF),
    "seed": (-1, 0.5, 2**32),
    "stats_window_size": COUNT,
}
A2C = BOTH | {
    "value_coef": (*NOT_NEGATIVE, "1/tau"),
    "rms_prop_eps": NOT_NEGATIVE,
    "rms_prop_decay": SHARE,
}
DQN = BOTH | {
    "adam_eps": NOT_NEGATIVE,
    "buffer_size": (*COUNT, 1e6),
    "learning_starts": (-1, 1.5),
    "batch_size": COUNT,
    "train_freq": (*COUNT, (1, "episode")),
    "target_update_interval": COUNT,
    "frame_stack": COUNT,
}
# Of these, None is the default.
HAVE_NONE = {("A2C", "learning_rate"), ("A2C", "seed"), ("DQN", "seed")}
WRONG = [
    (algorithm, key, value)
    for algorithm, ranges in ((QLearningA2C, A2C), (SoftEntropyDQN, DQN))
    for key, values in ranges.items()
    for value in (*values, *NO_NUMBERS)
    if value is not None or (algorithm.__name__[-3:], key) not in HAVE_NONE
]


@pytest.mark.parametrize(("algorithm", "key", "value"), WRONG, ids=str)
def test_a_number_out_of_range_is_refused_by_its_name(algorithm, key, value):
    with pytest.raises(ValueError, match=f"{key}=") as refused:
        algorithm("MlpPolicy", Catch(), **{key: value})
    message = str(refused.value)
    assert algorithm.__name__ in message and repr(value) in message
    assert "\n" not in message


def test_one_error_names_all_that_is_wrong():
    with pytest.raises(ValueError, match=r"learning_rate=-1 .*gamma=2 .*value_coef=-1"):
        ProperA2C("MlpPolicy", Catch(), gamma=2, value_coef=-1, learning_rate=-1)


def test_every_number_of_a_signature_has_a_range():
    def numbers(algorithm, family):
        defaults = algorithm.__init__.__kwdefaults__
        kinds = {key: type(value) for key, value in defaults.items()}
        return {key for key, kind in kinds.items() if kind in (int, float)} - set(
            family
        )

    assert not numbers(NaiveA2C, A2C)
    assert not numbers(HardDQN, DQN)


@pytest.mark.parametrize(
    "points",
    [
        (),
        5,
        (1, 0.1),
        ((0, 1, 2),),
        ((-0.1, 1), (1, 0)),
        ((0.5, 1), (0.2, 0)),
        ((0, 1), (0, 0)),
        ((0, 1), (NAN, 0)),
        ((0, 1), (INF, 0)),
        ((0, 1.5),),
        ((0, -0.1),),
        ((0, NAN),),
    ],
    ids=str,
)
def test_an_exploration_that_is_no_schedule_is_refused(points):
    with pytest.raises(ValueError, match="exploration="):
        HardDQN("MlpPolicy", Catch(), exploration=points)


def test_a_schedule_may_go_on_after_training():
    model = HardDQN(
        "MlpPolicy", Catch(), exploration=((0, 1), (2, 0)), buffer_size=100
    ).learn(100)
    assert model.exploration_rate == pytest.approx(0.5)


OF_SB3 = {
    QLearningA2C: ("ent_coef", "vf_coef", "gae_lambda", "normalize_advantage"),
    HardDQN: ("tau", "gradient_steps", "exploration_fraction", "exploration_final_eps"),
}


@pytest.mark.parametrize(
    ("algorithm", "key"), [(a, key) for a, keys in OF_SB3.items() for key in keys]
)
def test_a_setting_of_sb3s_that_would_do_nothing_is_refused(algorithm, key):
    with pytest.raises(ValueError, match=f"{algorithm.__name__} has no {key}: "):
        algorithm("MlpPolicy", Catch(), **{key: 0.5})


# ------------------------------------------------------------------ what is honoured


SHORT = {"buffer_size": 500, "learning_starts": 50, "target_update_interval": 10_000}
CASES = [(NaiveA2C, {}), (ProperA2C, {}), (QLearningA2C, {}), (HardDQN, SHORT)]


def trained(algorithm, settings, **more):
    """The parameters of each head before and after some updates."""
    env = make_vec_env(Catch, 2, seed=0)
    model = algorithm("MlpPolicy", env, seed=0, device="cpu", **settings, **more)
    before = {k: v.clone() for k, v in model.policy.state_dict().items()}
    model.learn(200)
    assert model._n_updates > 5
    after = model.policy.state_dict()
    return model, {k for k in before if not torch.equal(before[k], after[k])}


@pytest.mark.parametrize(("algorithm", "settings"), CASES)
def test_a_learning_rate_of_zero_learns_nothing(algorithm, settings):
    model, changed = trained(algorithm, settings, learning_rate=0.0)
    assert model.policy.optimizer.param_groups[0]["lr"] == 0
    assert not changed


@pytest.mark.parametrize(("algorithm", "settings"), CASES)
def test_a_schedule_of_the_learning_rate_is_followed(algorithm, settings):
    model, changed = trained(
        algorithm, settings, learning_rate=LinearSchedule(1e-2, 0.0, 0.5)
    )
    assert changed
    assert model.policy.optimizer.param_groups[0]["lr"] == 0


@pytest.mark.parametrize("algorithm", [NaiveA2C, ProperA2C, QLearningA2C])
def test_a_value_coefficient_of_zero_learns_no_values(algorithm):
    _, changed = trained(algorithm, {}, value_coef=0)
    assert any("action_net" in key or "policy_net" in key for key in changed)
    assert not [key for key in changed if "value" in key]


@pytest.mark.parametrize(("algorithm", "settings"), CASES)
@pytest.mark.parametrize(
    "odd",
    [{"gamma": 0}, {"gamma": 1}, {"max_grad_norm": INF}, {"n_steps": np.int64(2)}],
    ids=str,
)
def test_the_ends_of_a_range_and_numpys_numbers_will_do(algorithm, settings, odd):
    model, changed = trained(algorithm, settings, **odd)
    assert changed
    assert model.gamma == odd.get("gamma", 0.99)


@pytest.mark.parametrize(
    ("key", "value"),
    [(key, 0) for key in ("buffer_size", "n_envs", "n_steps", "frame_stack")]
    + [("n_steps", 1.0), ("gamma", 2)],
)
def test_a_memorys_numbers_are_refused_by_name_too(key, value):
    numbers = {"buffer_size": 100, key: value}
    with pytest.raises(ValueError, match=f"PathReplayBuffer: {key}={value}"):
        PathReplayBuffer(
            observation_space=Catch.observation_space,
            action_space=Catch.action_space,
            **numbers,
        )


def test_defaults_of_dqn_are_those_of_2017():
    """Mnih et al. (2015) with the optimiser of Baselines, in steps of the agent."""
    found = HardDQN.__init__.__kwdefaults__
    wanted = {
        "buffer_size": 1_000_000,
        "learning_starts": 50_000,
        "train_freq": 4,
        "target_update_interval": 40_000,
        "batch_size": 32,
        "gamma": 0.99,
        "learning_rate": 1e-4,
        "adam_eps": 1e-4,
        "max_grad_norm": 10.0,
    }
    assert {key: found[key] for key in wanted} == wanted
