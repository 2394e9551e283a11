"""What every machine can check: updates in float64, and what games give.

An update in float64 differs between kinds of processor in the thirteenth digit, one in
float32 in the sixth, and from there two runs part. So nothing here depends on what was
computed: observations, rewards, ends and actions are written beforehand, and no step
chooses.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.torch_layers import NatureCNN

from algorithms import ALGORITHMS, HardDQN
from algorithms.replay import PathSamples
from benchmarks.games.atari import make_atari_env
from tests.golden.scripted import N_ACTIONS, Scripted
from tests.golden.store import as_line

N_ENVS = 2
STEPS = {"a2c": 3 * 5 * N_ENVS, "dqn": 48}  # three updates; of DQN three pairs
PLAYED_STEPS = 260
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "a2c": {"temperature": 0.1, "learning_rate": 7e-4},
    "dqn": {
        "temperature": 0.1,
        "learning_rate": 1e-4,
        "learning_starts": 24,
        "train_freq": 4,
        "batch_size": 6,
        "buffer_size": 400,
        "target_update_interval": 40,
        "frame_stack": 4,
    },
}
FIVE = {"n_steps": 5}
UPDATED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "a2c-naive": ("a2c-naive", {}),
    "a2c-naive-plus": ("a2c-naive-plus", {}),
    "a2c-proper": ("a2c-proper", {}),
    "a2c-proper kl": ("a2c-proper", {"regularizer": "kl"}),
    "q-a2c": ("q-a2c", {}),
    "q-a2c kl, c = 1/tau": (
        "q-a2c",
        {"regularizer": "kl", "value_coef": "1/temperature"},
    ),
    "q-a2c raw": ("q-a2c", {"scaled": False}),
    "dqn-hard": ("dqn-hard", {}),
    "dqn-hard double, 5 steps": ("dqn-hard", FIVE | {"double_q": True}),
    "dqn-hard-plus": ("dqn-hard-plus", {}),
    "dqn-hard-minus": ("dqn-hard-minus", {}),
    "dqn-soft-entropy": ("dqn-soft-entropy", {}),
    "dqn-soft-entropy expected": (
        "dqn-soft-entropy",
        FIVE | {"intermediate": "expected"},
    ),
    "dqn-soft-kl": ("dqn-soft-kl", {}),
    "dqn-soft-kl sampled": ("dqn-soft-kl", FIVE | {"intermediate": "sampled"}),
}
PLAYED = tuple(
    f"{game} {engine}"
    for game in ("Breakout", "Pong")
    for engine in ("exact", "native", "reference")
)


# ------------------------------------------------------------------------ updates


def updates(name: str) -> list[str]:
    """Return a line an update: what it logs, and how far the parameters have moved.

    ``moved`` is the norm of the way from the start, ``aside`` its part in a fixed
    direction.
    """
    variant, changes = UPDATED[name]
    found: list[str] = []
    with float64():
        model = _model(variant, changes)
        start = _flat(model)
        direction = np.random.default_rng(3).uniform(-1, 1, start.size)
        train = model.train

        def train_and_note(*args: Any, **kwargs: Any) -> None:
            train(*args, **kwargs)
            way = _flat(model) - start
            moved = {"moved": np.linalg.norm(way), "aside": way @ direction}
            found.append(as_line(_logged(model) | moved))

        model.train = train_and_note  # type: ignore[method-assign]
        model.learn(STEPS[ALGORITHMS[variant].family], log_interval=None)  # type: ignore[arg-type]
    return found


@contextmanager
def float64() -> Iterator[None]:
    """Have new tensors in float64, on one thread."""
    threads = torch.get_num_threads()
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_num_threads(threads)


class DoubleCNN(NatureCNN):
    """The same in float64; Stable-Baselines3 tries its own out in float32."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        torch.set_default_dtype(torch.float32)
        super().__init__(*args, **kwargs)
        torch.set_default_dtype(torch.float64)
        self.double()


def _model(variant: str, changes: Mapping[str, Any]) -> BaseAlgorithm:
    known = ALGORITHMS[variant]
    model = known.algorithm(
        "CnnPolicy",
        Scripted(N_ENVS, n_steps=40, seed=1),
        seed=0,
        device="cpu",
        policy_kwargs={"features_extractor_class": DoubleCNN},
        **{**SETTINGS[known.family], **changes},
    )
    model.set_logger(Logger(None, []))
    _fill(model)
    actions = np.random.default_rng(4)
    if isinstance(model, HardDQN):
        sample = model.replay_buffer.sample
        model.replay_buffer.sample = lambda *a, **k: _double(sample(*a, **k))  # type: ignore[method-assign]
        model._sample_action = lambda *_: (drawn := _draw(actions), drawn)  # type: ignore[method-assign]
    else:
        model._sample = lambda _: torch.from_numpy(_draw(actions))  # type: ignore[method-assign]
    return model


def _draw(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, N_ACTIONS, N_ENVS)


def _fill(model: BaseAlgorithm) -> None:
    """Give every parameter a value that is the same on every machine to the last bit.

    Stable-Baselines3's own come out of a matrix decomposition.
    """
    rng = np.random.default_rng(2)
    for parameter in model.policy.parameters():
        inputs = parameter[0].numel() if parameter.dim() > 1 else 100
        bound = (3 / inputs) ** 0.5
        drawn = rng.uniform(-bound, bound, tuple(parameter.shape))
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(drawn))


def _double(batch: PathSamples) -> PathSamples:
    """A batch whose sums are in float64 too."""
    floats = (torch.float32,)
    return PathSamples._make(
        part.double() if part is not None and part.dtype in floats else part
        for part in batch
    )


def _flat(model: BaseAlgorithm) -> np.ndarray:
    learns = getattr(model, "q_net", model.policy)  # the target network does not
    parts = [p.detach().numpy().ravel() for p in learns.parameters()]
    assert all(part.dtype == np.float64 for part in parts)
    return np.concatenate(parts)


def _logged(model: BaseAlgorithm) -> dict[str, float]:
    """What an update has logged; the next one begins anew."""
    named = model.logger.name_to_value.items()
    found = {k.removeprefix("train/"): float(v) for k, v in named}
    model.logger.name_to_value.clear()
    model.logger.name_to_count.clear()
    return found


# -------------------------------------------------------------------------- games


def games(name: str) -> str:
    """Return a line of what actions that were drawn beforehand make of a game.

    ``pixels`` is the sum of all that is seen.
    """
    game, engine = name.split()
    env = make_atari_env(game, 2, seed=7, engine=engine, max_frames=900)  # type: ignore[arg-type]
    rng, ended, rewards = np.random.default_rng(5), [], 0
    n_actions = env.action_space.n  # type: ignore[attr-defined]
    pixels = int(env.reset().sum())
    for step in range(PLAYED_STEPS):
        observed, reward, dones, infos = env.step(rng.integers(0, n_actions, 2))
        rewards += int(np.abs(reward).sum())
        pixels += int(observed.sum())
        for i in np.flatnonzero(dones):
            episode = infos[i].get("episode", {"r": 0.0, "l": 0})
            ended.append([step, int(i), episode["r"], episode["l"]])
    digest = hashlib.sha256(json.dumps(ended).encode()).hexdigest()[:10]
    return as_line({"rewards": rewards, "ended": digest, "pixels": pixels})
