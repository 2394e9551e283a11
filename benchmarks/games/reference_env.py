"""Stable-Baselines3's own stack of Atari wrappers, with a state that can be taken up.

The wrappers have no `get_state`. What each keeps from one step to the next is read and
written here by its name; the tests hold a restored stack to the bits of one that was
never stopped.
"""

from typing import Any

import ale_py
import numpy as np
import torch
from stable_baselines3.common.atari_wrappers import EpisodicLifeEnv, MaxAndSkipEnv
from stable_baselines3.common.env_util import make_atari_env, unwrap_wrapper
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import (
    DummyVecEnv,
    VecFrameStack,
    VecTransposeImage,
)

from benchmarks.games.exact_env import N_STACK
from benchmarks.games.guarded_env import check_same


class ReferenceAtariEnv(VecTransposeImage):
    """Atari games side by side, as Stable-Baselines3 makes them.

    Args: as `benchmarks.games.exact_env.ExactAtariEnv`.
    """

    def __init__(self, game: str, n_envs: int, seed: int, max_frames: int):
        self._identity = {"engine": "reference", "game": game, "max_frames": max_frames}
        # With these settings "ALE/<game>-v5" is "<game>NoFrameskip-v4", and it is
        # registered for every game.
        settings = {
            "frameskip": 1,
            "repeat_action_probability": 0.0,
            "full_action_space": False,
            "max_num_frames_per_episode": max_frames,
        }
        venv = make_atari_env(f"ALE/{game}-v5", n_envs, seed, env_kwargs=settings)
        assert isinstance(venv, DummyVecEnv)
        self._games = venv
        self._stack = VecFrameStack(venv, N_STACK)
        super().__init__(self._stack)

    def get_state(self) -> dict[str, Any]:
        """Return the exact state of all games, as plain types and tensors."""
        stacked = self._stack.stacked_obs.stacked_obs
        return {
            **self._identity,
            "games": [_get_game(env) for env in self._games.envs],
            "stack": torch.from_numpy(stacked.copy()),
            "seeds": list(self._games._seeds),
        }

    def set_state(self, state: dict[str, Any]) -> np.ndarray:
        """Go back to a state of the same games; as the exact engine does."""
        check_same(state, self._identity, self.num_envs)
        self._games.reset()  # some of gymnasium's wrappers count what was called
        for env, saved in zip(self._games.envs, state["games"], strict=True):
            _set_game(env, saved)
        self._games._seeds = list(state["seeds"])
        stacked = np.asarray(state["stack"]).copy()
        self._stack.stacked_obs.stacked_obs = stacked
        # A transposed view, as at every step: another memory layout would change the
        # last bits of what is computed from it.
        observations = self.transpose_observations(stacked)
        assert isinstance(observations, np.ndarray)
        return observations


def _layers(env: Any) -> tuple[Any, Any, Any, Any]:
    """Return the emulator's environment and the wrappers that remember something."""
    kinds = (EpisodicLifeEnv, MaxAndSkipEnv, Monitor)
    lives, skip, monitor = (unwrap_wrapper(env, kind) for kind in kinds)
    return env.unwrapped, lives, skip, monitor


def _get_game(env: Any) -> dict[str, Any]:
    game, lives, skip, monitor = _layers(env)
    emulator = game.ale.cloneState(include_rng=True).serialize()
    return {
        "emulator": torch.from_numpy(np.frombuffer(emulator, np.uint8).copy()),
        "rng": game.np_random.bit_generator.state,
        "lives": lives.lives,
        "was_real_done": lives.was_real_done,
        "frames": torch.from_numpy(skip._obs_buffer.copy()),
        "rewards": torch.tensor(monitor.rewards, dtype=torch.float64),
        "needs_reset": monitor.needs_reset,
        "total_steps": monitor.total_steps,
    }


def _set_game(env: Any, state: dict[str, Any]) -> None:
    game, lives, skip, monitor = _layers(env)
    game.load_game()
    game.ale.reset_game()
    # One step first: see `benchmarks.games.exact_game.ExactGame.set_state`.
    game.ale.act(0)
    saved = np.asarray(state["emulator"]).tobytes()
    game.ale.restoreState(ale_py.ALEState(saved))
    game.np_random.bit_generator.state = state["rng"]
    lives.lives, lives.was_real_done = state["lives"], state["was_real_done"]
    skip._obs_buffer[:] = np.asarray(state["frames"])
    monitor.rewards = state["rewards"].tolist()
    monitor.needs_reset = state["needs_reset"]
    monitor.total_steps = state["total_steps"]
