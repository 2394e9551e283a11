"""What a machine can do at best: raw games, matrix products, and what a step needs."""

from __future__ import annotations

import time
from collections.abc import Callable

import ale_py
import numpy as np
import torch

from algorithms.networks import FILTERS, KERNEL
from algorithms.trunk import linear
from benchmarks.games.families import family_of
from benchmarks.games.minatar_game import SIZE, MinAtarGame
from benchmarks.games.roms import rom_path
from benchmarks.runs.machine import prepare
from benchmarks.suites.config import RunConfig

LIMITS = ("emulator", "matrix-float32", "matrix-bfloat16")
_AT_ONCE = 100  # steps between two looks at the clock

# Multiply-adds times two of one image through NatureCNN, layer by layer.
_NATURE = (
    2 * 20 * 20 * 32 * 8 * 8 * 4,
    2 * 9 * 9 * 64 * 4 * 4 * 32,
    2 * 7 * 7 * 64 * 3 * 3 * 64,
    2 * 3136 * 512,
)
_GRID_UNITS = 128


def layers(game: str) -> tuple[int, ...]:
    """Return the operations of each layer of the network of a game's literature."""
    if family_of(game).name != "MinAtar":
        return _NATURE
    *_, channels = MinAtarGame(game).shape
    outputs = (SIZE - KERNEL + 1) ** 2 * FILTERS
    return 2 * outputs * KERNEL**2 * channels, 2 * outputs * _GRID_UNITS


def flop_per_step(config: RunConfig) -> float:
    """Arithmetic of one agent step, acting and its share of an update."""
    first, *others = layers(config.game)
    forward = float(first + sum(others))
    # Backward: the weights' gradients and, but for the image, the inputs'.
    train = forward + first + 2 * sum(others)
    settings = config.hyperparameters
    if config.family == "a2c":
        # Acting is the update's forward pass; one more for the bootstrap value.
        return train + forward / settings["n_steps"]
    samples = settings["batch_size"] / settings["train_freq"]
    return forward + samples * (train + forward)


def game_rate(game: str, seconds: float) -> float:
    """Agent steps a second of the raw game at random play, nothing drawn."""
    step, actions = _raw_game(game)
    choices = np.random.default_rng(0).choice(actions, size=100_000)
    began, steps = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        first = steps % (len(choices) - _AT_ONCE)
        for action in choices[first : first + _AT_ONCE]:
            step(action)
        steps += _AT_ONCE
    return steps / (time.perf_counter() - began)


def _raw_game(game: str) -> tuple[Callable[[int], None], list]:
    """Return a raw game's step, over into the next game, and its actions."""
    return _minatar(game) if family_of(game).name == "MinAtar" else _atari(game)


def _atari(game: str) -> tuple[Callable[[int], None], list]:
    """Four frames of the emulator a step."""
    ale = ale_py.ALEInterface()
    ale.setInt("random_seed", 0)
    ale.loadROM(rom_path(game))
    actions = ale.getMinimalActionSet()

    def step(number: int) -> None:
        for _ in range(4):
            ale.act(actions[number])
        if ale.game_over():
            ale.reset_game()

    return step, list(range(len(actions)))


def _minatar(game: str) -> tuple[Callable[[int], None], list]:
    """A frame of the package's own game a step."""
    played = MinAtarGame(game)
    played.reset(seed=0)

    def step(action: int) -> None:
        _, is_over = played.env.act(action)
        if is_over:
            played.env.reset()

    return step, played.actions


def matrix_rate(dtype: torch.dtype, seconds: float) -> float:
    """Floating-point operations a second of the fastest matrix product."""
    size = 1024
    a, b = torch.randn(size, size).to(dtype), torch.randn(size, size).to(dtype)
    began, products = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        linear(a, b)
        products += 1
    return products * 2 * size**3 / (time.perf_counter() - began)


class Limit:
    """What the machine can do at best: its rate in steps or operations a second."""

    def __init__(self, limit: str, game: str) -> None:
        prepare(threads=1)
        self.limit, self.game = limit, game

    def measure(self, seconds: float) -> dict[str, float]:
        """Return the rate over some seconds."""
        if self.limit == "emulator":
            return {"rate": game_rate(self.game, seconds)}
        dtype = getattr(torch, self.limit.removeprefix("matrix-"))
        return {"rate": matrix_rate(dtype, seconds)}
