"""What algorithms owe their user, on MinAtar's network and its quick passes."""

import pytest
import torch

from algorithms import ALGORITHMS, DivergenceError
from algorithms.networks import GridCNN
from benchmarks.games.minatar_env import make_minatar_env
from tests.algorithms.saved import assert_loaded_as_saved, parameters

SHORT = {
    "a2c": {},
    "dqn": {"buffer_size": 1000, "learning_starts": 50, "target_update_interval": 60},
}
STEPS = 320
# One of every class.
NAMES = list({v.algorithm: name for name, v in ALGORITHMS.items()}.values())

pytestmark = pytest.mark.parametrize("name", NAMES)


def make(name, **settings):
    variant = ALGORITHMS[name]
    return variant.algorithm(
        "CnnPolicy",
        make_minatar_env("MinAtar/Freeway", 4, seed=0),
        seed=0,
        device="cpu",
        policy_kwargs={"features_extractor_class": GridCNN, "net_arch": []},
        **SHORT[variant.family] | variant.settings | settings,
    )


def test_same_seed_same_parameters_and_other_ones_than_before(name):
    models = [make(name), make(name)]
    before = parameters(models[0])
    found = []
    for model in models:
        model.set_random_seed(0)  # what both draw from is the process's
        found.append(parameters(model.learn(STEPS)))
    assert torch.equal(*found)
    assert not torch.equal(before, found[0])


def test_what_is_saved_is_what_is_loaded_and_it_learns_on(name, tmp_path):
    model = make(name, temperature=0.25, gamma=0.9).learn(STEPS)
    loaded = assert_loaded_as_saved(model, tmp_path / "model", STEPS)
    assert not torch.equal(parameters(model), parameters(loaded))


def test_a_nan_stops_training_at_its_step(name):
    model = make(name)
    with torch.no_grad():
        next(model.policy.parameters()).fill_(torch.nan)
    with pytest.raises((DivergenceError, ValueError)) as stopped:
        model.learn(10_000)
    assert "nan" in str(stopped.value)
    assert model.num_timesteps < 1000
