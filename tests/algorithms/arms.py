"""The arms of the registry, built small, on an environment of two actions."""

from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.logger import Logger

from algorithms import ALGORITHMS

GAMMA = 0.25


def arms(family):
    """The names of a family's arms."""
    return [name for name, variant in ALGORITHMS.items() if variant.family == family]


def build(name, **settings):
    """Make the model of an arm, with its own settings but for those that are given."""
    variant = ALGORITHMS[name]
    env = make_vec_env("CartPole-v1", n_envs=1, seed=0)
    small = {"buffer_size": 100} if variant.family == "dqn" else {}
    fixed = {"seed": 0, "device": "cpu", "gamma": GAMMA}
    settings = fixed | small | dict(variant.settings) | settings
    model = variant.algorithm("MlpPolicy", env, **settings)
    model.set_logger(Logger(folder=None, output_formats=[]))
    return model
