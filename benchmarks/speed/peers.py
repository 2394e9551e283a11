"""Our training against stock Stable-Baselines3's: same game, same settings, same run.

Every measurement is made by processes of one thread each, as many at once as there are
cores; what is compared is their sum. The sides of a case are all set up, then take
turns. Beside them stands the machine's limit: the raw emulator and the network's
arithmetic at the measured rate of a matrix product, one after the other on a core.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pandas as pd
import torch
from stable_baselines3 import A2C, DQN
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.sb2_compat.rmsprop_tf_like import RMSpropTFLike
from stable_baselines3.common.utils import LinearSchedule

from algorithms.trunk import PRECISIONS
from analysis.findings.measured import CASES, Case
from benchmarks.games.families import family_of
from benchmarks.runs.build import make_model
from benchmarks.runs.machine import prepare
from benchmarks.runs.processor import cpu_name, processor
from benchmarks.runs.stopwatch import Trainer, shortened
from benchmarks.speed.apart import command, peak_mb, variables
from benchmarks.speed.limits import LIMITS, Limit, flop_per_step
from benchmarks.suites.config import RunConfig
from benchmarks.suites.suite import Selection, load_suite

VARIANTS = {"a2c": "a2c-proper", "dqn": "dqn-hard"}
# A suite of each family of games, and which of its games are measured.
MEASURED = {
    "Atari": ("paper", ("Pong", "Breakout")),
    "MinAtar": ("minatar", ("MinAtar/Breakout", "MinAtar/SpaceInvaders")),
}
SIDES = ("stock", *PRECISIONS)
LIMIT_S = 1.0
STOCK_DQN_KEYS = (
    "learning_rate",
    "buffer_size",
    "learning_starts",
    "batch_size",
    "train_freq",
    "target_update_interval",
)


def config_of(case: Case, game: str, precision: str = "float32") -> RunConfig:
    """Return the configuration that a case is measured with."""
    chosen = Selection(
        games=[game],
        only=[VARIANTS[case.family]],
        seeds=1,
        values={"n_envs": case.n_envs, "precision": precision},
    )
    suite, _ = MEASURED[family_of(game).name]
    return load_suite(suite, chosen)[0]


def peer_model(config: RunConfig) -> BaseAlgorithm:
    """Build SB3's own algorithm on its own environment: as large, as many updates."""
    settings = config.hyperparameters
    reference = {**config.environment, "engine": "reference"}
    env = make_model(replace(config, environment=reference)).env
    assert env is not None
    shared: dict[str, Any] = {
        "gamma": settings["gamma"],
        "max_grad_norm": settings["max_grad_norm"],
        "seed": config.seed,
        "device": "cpu",
    }
    network = family_of(config.game).network()
    if config.family == "a2c":
        rate = settings["learning_rate"]
        falls = settings["learning_rate_schedule"] == "linear"
        return A2C(
            "CnnPolicy",
            env,
            learning_rate=LinearSchedule(rate, 0.0, 1.0) if falls else rate,
            n_steps=settings["n_steps"],
            ent_coef=settings["temperature"],
            vf_coef=settings["value_coef"] / 2,
            use_rms_prop=False,
            policy_kwargs={"optimizer_class": RMSpropTFLike, **network},
            **shared,
        )
    shared |= {key: settings[key] for key in STOCK_DQN_KEYS}
    shared |= {"gradient_steps": env.num_envs, "policy_kwargs": network}
    return DQN("CnnPolicy", env, **shared)


class Side:
    """One side of a case, set up and warm; also what its environment costs."""

    def __init__(self, side: str, case: Case, game: str) -> None:
        torch.set_num_threads(1)
        if side == "stock":
            model = peer_model(shortened(config_of(case, game)))
        else:
            prepare(threads=1)
            model = make_model(shortened(config_of(case, game, side)))
        self.env_s = 0.0
        self._time_environment(model)
        self.trainer = Trainer(model, case.family)

    def _time_environment(self, model: BaseAlgorithm) -> None:
        env = model.env
        assert env is not None
        step = env.step_wait

        def timed() -> Any:
            began = time.perf_counter()
            stepped = step()
            self.env_s += time.perf_counter() - began
            return stepped

        env.step_wait = timed  # type: ignore[method-assign]

    def measure(self, seconds: float) -> dict[str, float]:
        """Train for some seconds; return rates, times and the peak memory so far."""
        steps, self.env_s = self.trainer.model.num_timesteps, 0.0
        rate = self.trainer.rate(seconds)
        steps = self.trainer.model.num_timesteps - steps
        return {"rate": rate, "env_ms": 1e3 * self.env_s / steps, "peak_mb": peak_mb()}


def serve(side: str, case_name: str, game: str) -> None:
    """Be one process of a measurement: say when it is ready, then work when asked."""
    if side in LIMITS:
        worker: Side | Limit = Limit(side, game)
    else:
        worker = Side(side, CASES[case_name], game)
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(worker.measure(float(line))), flush=True)


@contextmanager
def _processes(
    sides: Sequence[str], case: str, game: str, at_once: int
) -> Iterator[dict[str, list[subprocess.Popen]]]:
    """Start ``at_once`` processes of each side; they are ready when this yields."""
    started: dict[str, list[subprocess.Popen]] = {
        side: [
            subprocess.Popen(
                command("benchmarks.speed.peers", side, case, game),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=variables(),
            )
            for _ in range(at_once)
        ]
        for side in sides
    }
    everyone = [process for those in started.values() for process in those]
    try:
        for process in everyone:
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                raise RuntimeError(f"a measurement failed: {process.args!r}")
        yield started
    finally:
        for process in everyone:
            process.kill()
            process.communicate()


def _measure(those: Sequence[subprocess.Popen], seconds: float) -> dict[str, float]:
    """Have processes measure at the same time; sum rates, average times, take peaks."""
    for process in those:
        assert process.stdin is not None
        process.stdin.write(f"{seconds}\n")
        process.stdin.flush()
    found = pd.DataFrame(json.loads(p.stdout.readline()) for p in those if p.stdout)
    how = {"rate": "sum", "env_ms": "mean", "peak_mb": "max"}
    return {str(c): float(found[c].agg(how[c])) for c in found.columns}


def compare(games: str, at_once: int, repetitions: int, seconds: float) -> pd.DataFrame:
    """Measure a family of games, the sides in turn; return one row a measurement."""
    rows = []
    for game in MEASURED[games][1]:
        for case in CASES:
            sides = (*SIDES, *LIMITS)
            with _processes(sides, case, game, at_once) as processes:
                for repetition in range(repetitions):
                    for side in sides:
                        lasts = LIMIT_S if side in LIMITS else seconds
                        found = _measure(processes[side], lasts)
                        place = {"case": case, "game": game, "side": side}
                        rows.append(place | {"repetition": repetition} | found)
                        print(*place.values(), f"{found['rate']:.4g}", flush=True)
    return pd.DataFrame(rows).round({"rate": 1, "env_ms": 4})


def about(games: str, at_once: int) -> dict[str, Any]:
    """Return what the measurements hold for, and the arithmetic of a step."""
    return {
        "cpu": cpu_name(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "at_once": at_once,
        "torch": torch.__version__,
        "flop_per_step": {
            name: {
                game: flop_per_step(config_of(case, game))
                for game in MEASURED[games][1]
            }
            for name, case in CASES.items()
        },
    }


if __name__ == "__main__":
    serve(*sys.argv[1:])
