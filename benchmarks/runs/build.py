"""From a configuration to the model that trains, on its environment."""

from __future__ import annotations

from stable_baselines3.common.utils import LinearSchedule

from algorithms import HardDQN, RegularizedA2C
from benchmarks.games.own import family_of
from benchmarks.suites.config import RunConfig
from benchmarks.suites.own import ALGORITHMS
from benchmarks.suites.schema import as_fractions, parse_schedule

ENV_SEEDS_APART = 1_000  # more than a run has environments


def make_model(config: RunConfig) -> RegularizedA2C | HardDQN:
    """Build the environment and the algorithm of a configuration."""
    settings = dict(config.hyperparameters)
    if "exploration" in settings:
        points = parse_schedule(settings["exploration"])
        settings["exploration"] = as_fractions(points, config.frames)
        settings["frame_stack"] = config.environment["frame_stack"]
    if settings.pop("learning_rate_schedule", "constant") == "linear":
        rate = settings["learning_rate"]
        settings["learning_rate"] = LinearSchedule(rate, 0.0, 1.0)
    family, environment = family_of(config.game), config.environment
    env = family.make_env(
        config.game,
        environment["n_envs"],
        seed=0,
        **{key: environment[key] for key in family.of_the_engine if key in environment},
    )
    model = ALGORITHMS[config.variant].algorithm(
        "CnnPolicy",
        env,
        seed=config.seed,
        device=environment["device"],
        policy_kwargs={
            "precision": environment.get("precision", "float32"),
            **family.network(),
        },
        **settings,
    )
    # Only now: a model of SB3 seeds its environments with the run's own seed, so that
    # runs next to each other would share all games but one.
    env.seed(config.seed * ENV_SEEDS_APART)
    return model
