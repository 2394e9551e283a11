"""Our training against stock Stable-Baselines3's: same game, same settings, same run.

Every measurement is made by processes of one thread each, as many at once as there are
cores, ours and theirs in turn; what is compared is their sum. Beside them stands the
machine's limit: the raw emulator and the network's arithmetic at the measured rate of
a matrix product, one after the other on a core.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import ale_py
import numpy as np
import pandas as pd
import torch
from stable_baselines3 import A2C, DQN
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.sb2_compat.rmsprop_tf_like import RMSpropTFLike
from stable_baselines3.common.utils import LinearSchedule

from benchmarks.build import make_model
from benchmarks.config import RunConfig
from benchmarks.stopwatch import shortened, training_rate
from benchmarks.suite import Selection, load_suite
from benchmarks.sweep import THREAD_VARIABLES

FAMILIES = {"a2c": "a2c-proper", "dqn": "dqn-hard"}
GAMES = ("Pong", "Breakout")
MEASURES = ("ours", "stock", "emulator", "matrix")
MEGABYTE = 1e6
STOCK_DQN_KEYS = (
    "learning_rate",
    "buffer_size",
    "learning_starts",
    "batch_size",
    "train_freq",
    "target_update_interval",
)

# Multiply-adds times two of one image through NatureCNN, layer by layer.
_LAYERS = np.array(
    [
        2 * 20 * 20 * 32 * 8 * 8 * 4,
        2 * 9 * 9 * 64 * 4 * 4 * 32,
        2 * 7 * 7 * 64 * 3 * 3 * 64,
        2 * 3136 * 512,
    ]
)
FORWARD_FLOP = float(_LAYERS.sum())
# Backward: the weights' gradients and, but for the image, the inputs'.
TRAIN_FLOP = FORWARD_FLOP + float(2 * _LAYERS.sum() - _LAYERS[0])


def flop_per_step(config: RunConfig) -> float:
    """Arithmetic of one agent step, acting and its share of an update."""
    settings = config.hyperparameters
    if config.family == "a2c":
        # Acting is the update's forward pass; one more for the bootstrap value.
        return TRAIN_FLOP + FORWARD_FLOP / settings["n_steps"]
    samples = settings["batch_size"] / settings["train_freq"]
    return FORWARD_FLOP + samples * (TRAIN_FLOP + FORWARD_FLOP)


def stock_model(config: RunConfig) -> BaseAlgorithm:
    """Build SB3's own algorithm on its own environment, with the same settings."""
    settings = config.hyperparameters
    env = make_model(_on_reference(config)).env
    assert env is not None
    shared: dict[str, Any] = {
        "gamma": settings["gamma"],
        "max_grad_norm": settings["max_grad_norm"],
        "seed": config.seed,
        "device": "cpu",
    }
    if config.family == "a2c":
        return A2C(
            "CnnPolicy",
            env,
            learning_rate=LinearSchedule(settings["learning_rate"], 0.0, 1.0),
            n_steps=settings["n_steps"],
            ent_coef=settings["temperature"],
            vf_coef=settings["value_coef"] / 2,
            use_rms_prop=False,
            policy_kwargs={"optimizer_class": RMSpropTFLike},
            **shared,
        )
    same = {key: settings[key] for key in STOCK_DQN_KEYS}
    return DQN("CnnPolicy", env, **same, **shared)


def _on_reference(config: RunConfig) -> RunConfig:
    return replace(config, environment={**config.environment, "engine": "reference"})


def emulator_rate(game: str, seconds: float) -> float:
    """Agent steps a second of the raw emulator, four frames each, nothing drawn."""
    ale = ale_py.ALEInterface()
    ale.setInt("random_seed", 0)
    rom = ale_py.roms.get_rom_path(_rom(game))
    assert rom is not None
    ale.loadROM(rom)
    actions = ale.getMinimalActionSet()
    choices = np.random.default_rng(0).integers(len(actions), size=100_000)
    began, steps = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        for choice in choices[steps % 99_000 : steps % 99_000 + 100]:
            for _ in range(4):
                ale.act(actions[choice])
            if ale.game_over():
                ale.reset_game()
        steps += 100
    return steps / (time.perf_counter() - began)


def _rom(game: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in game).lstrip("_")


def matrix_rate(seconds: float) -> float:
    """Floating-point operations a second of a matrix product in float32."""
    size = 1024
    a, b = torch.randn(size, size), torch.randn(size, size)
    began, products = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        torch.mm(a, b)
        products += 1
    return products * 2 * size**3 / (time.perf_counter() - began)


def probe(measure: str, family: str, game: str, seconds: float) -> dict[str, float]:
    """Make one measurement in this process; return its rate and its peak memory."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    config = shortened(config_of(family, game))
    if measure == "emulator":
        rate = emulator_rate(game, seconds)
    elif measure == "matrix":
        rate = matrix_rate(seconds)
    else:
        model = make_model(config) if measure == "ours" else stock_model(config)
        rate = training_rate(model, family, seconds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"rate": rate, "peak_mb": peak / MEGABYTE}


def config_of(family: str, game: str) -> RunConfig:
    """Return the configuration that a family is measured with."""
    chosen = Selection(games=[game], only=[FAMILIES[family]], seeds=1)
    return load_suite("paper", chosen)[0]


def _probes(arguments: Sequence[str], at_once: int) -> dict[str, float]:
    """Make a measurement in several processes at once; sum rates, take peaks."""
    command = [sys.executable, "-m", "benchmarks.peers", *arguments]
    env = os.environ | dict.fromkeys(THREAD_VARIABLES, "1")
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
        for _ in range(at_once)
    ]
    found = []
    for process in running:
        output, _ = process.communicate()
        if process.returncode:
            raise RuntimeError(f"a measurement failed: {' '.join(command)}")
        found.append(json.loads(output))
    rate = sum(each["rate"] for each in found)
    return {"rate": rate, "peak_mb": max(each["peak_mb"] for each in found)}


def compare(at_once: int, repetitions: int, seconds: float) -> pd.DataFrame:
    """Measure everything, the sides in turn; return one row a measurement."""
    rows = []
    for repetition in range(repetitions):
        for game in GAMES:
            for family in FAMILIES:
                for measure in MEASURES:
                    arguments = [measure, family, game, str(seconds)]
                    found = _probes(arguments, at_once)
                    rows.append([repetition, family, game, measure, *found.values()])
                    print(*rows[-1][:4], f"{found['rate']:.4g}", flush=True)
    columns = ["repetition", "family", "game", "measure", "rate", "peak_mb"]
    return pd.DataFrame(rows, columns=columns)


if __name__ == "__main__":
    kind, family_name, game_name, duration = sys.argv[1:]
    print(json.dumps(probe(kind, family_name, game_name, float(duration))))
