"""ale-py's C++ vector environment behind the interface of Stable-Baselines3.

It is a slightly different task than the paper's; see `NativeAtariEnv`.
"""

import time
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from ale_py.vector_env import AtariVectorEnv
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import (
    VecEnvIndices,
    VecEnvStepReturn,
)

from benchmarks.games.guarded_env import check_same
from benchmarks.games.roms import rom_id


class NativeAtariEnv(VecEnv):
    """Atari games side by side, played by ale-py's `AtariVectorEnv`.

    It differs from the engines "exact" and "reference" in this:

    - a frame is the maximum of two gray frames, not the gray of the maximum of two RGB
      frames: up to 17 gray levels apart, in few pixels;
    - after a lost life nothing restarts: the frame stack isn't cleared, no idle step is
      made and no FIRE pressed, so an agent has to serve by itself;
    - a game begins with at most 30 frames, where the others play up to 38;
    - the newest frame of a `terminal_observation` at a cut is stale, and the cut comes
      up to 30 frames late;
    - random numbers come from another generator.

    ale-py can't save its emulators. So each game's seed and its actions since then are
    kept, and restoring plays them again. To bound that, a game that ends with
    `reseed_interval` actions on record makes place for one with a new seed.

    Args:
        game: a name from `all_games()`.
        n_envs: number of games played side by side.
        seed: game `i` is seeded with `seed + i` at the first reset.
        max_frames: cut a game after so many emulator frames.
        reseed_interval: reseed game `i` at its first end after so many agent steps.
            It is part of what is played. A new seed costs 0.1 s.
        n_threads: threads that emulate; their number changes no result.
    """

    def __init__(
        self,
        game: str,
        n_envs: int,
        seed: int,
        max_frames: int,
        reseed_interval: int = 8_000,
        n_threads: int = 1,
    ):
        self._identity = {
            "engine": "native",
            "game": game,
            "max_frames": max_frames,
            "reseed_interval": reseed_interval,
        }
        self._reseed_interval = reseed_interval
        self._games = AtariVectorEnv(
            rom_id(game),
            n_envs,
            num_threads=n_threads,
            max_num_frames_per_episode=max_frames,
            autoreset_mode=AutoresetMode.SAME_STEP,
            # `episodic_life` would begin a new game at each lost life.
            life_loss_info=True,
            reward_clipping=False,
        )
        self._actions = np.zeros(n_envs, np.int64)
        self._game_seeds = [seed + i for i in range(n_envs)]
        self._records = [bytearray() for _ in range(n_envs)]
        self._game_returns = np.zeros(n_envs)
        self._first_frames = np.zeros(n_envs, np.int64)
        self._start_time = time.time()
        observation_space = self._games.single_observation_space
        assert isinstance(observation_space, spaces.Box)
        super().__init__(n_envs, observation_space, self._games.single_action_space)
        self._observations = np.zeros((n_envs, *observation_space.shape), np.uint8)
        self.seed(seed)

    def reset(self) -> np.ndarray:
        """Begin all games anew; return their observations `uint8[n_envs, 4, 84, 84]`.

        Each game gets a seed: that of the last `seed`, or the next of its own chain.
        """
        for i, seed in enumerate(self._seeds):
            last = self._game_seeds[i]
            self._game_seeds[i] = _next_seed(last) if seed is None else seed
        self._reset_seeds()
        self._begin(np.ones(self.num_envs, bool))
        return self._observations

    def step_async(self, actions: np.ndarray) -> None:
        """Keep one action for each game; it must be in range, or ale-py hangs."""
        self._actions = actions.astype(np.int64)

    def step_wait(self) -> VecEnvStepReturn:
        """Play the actions; see `stable_baselines3.common.vec_env.VecEnv`."""
        for record, action in zip(self._records, self._actions, strict=True):
            record.append(action)
        step = self._games.step(self._actions)
        self._observations, rewards, terminated, truncated, played = step
        self._game_returns += rewards
        infos: list[dict[str, Any]] = [
            {"TimeLimit.truncated": bool(cut and not end)}
            for cut, end in zip(truncated, terminated, strict=True)
        ]
        first_frames = _first_frames(played)
        dones = terminated | truncated
        for i in np.flatnonzero(dones):
            if first_frames[i] == self._first_frames[i]:
                # A life, not the game: nothing restarts, and ale-py doesn't write
                # `final_obs`.
                infos[i]["terminal_observation"] = self._observations[i].copy()
                continue
            infos[i]["terminal_observation"] = played["final_obs"][i].copy()
            frames = int(first_frames[i] - self._first_frames[i])
            seconds = round(time.time() - self._start_time, 6)
            game_return = float(self._game_returns[i])
            infos[i]["episode"] = {"r": game_return, "l": frames, "t": seconds}
            self._game_returns[i] = 0.0
        self._first_frames = first_frames
        self._reseed(["episode" in info for info in infos])
        return self._observations, np.sign(rewards).astype(np.float32), dones, infos

    def _reseed(self, game_over: list[bool]) -> None:
        """Give games that are over a new seed, if their record is long."""
        is_long = [len(record) >= self._reseed_interval for record in self._records]
        chosen = np.array(game_over) & np.array(is_long)
        if chosen.any():
            for i in np.flatnonzero(chosen):
                self._game_seeds[i] = _next_seed(self._game_seeds[i])
            self._begin(chosen)

    def _begin(self, chosen: np.ndarray) -> None:
        """Begin the chosen games from their seeds, with nothing on record."""
        self._observations, played = self._restart(chosen)
        self._first_frames = _first_frames(played)
        for i in np.flatnonzero(chosen):
            self._records[i] = bytearray()
            self._game_returns[i] = 0.0

    def _restart(self, chosen: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
        seeds = np.array(self._game_seeds)[chosen]
        return self._games.reset(seed=seeds, options={"reset_mask": chosen})

    def get_state(self) -> dict[str, Any]:
        """Return the exact state of all games, as plain types and tensors."""
        records = [np.frombuffer(bytes(r), np.uint8) for r in self._records]
        return {
            **self._identity,
            "game_seeds": list(self._game_seeds),
            "records": [torch.from_numpy(record.copy()) for record in records],
            "game_returns": self._game_returns.tolist(),
            "observations": torch.from_numpy(self._observations.copy()),
            "seeds": list(self._seeds),
        }

    def set_state(self, state: dict[str, Any]) -> np.ndarray:
        """Play the recorded actions again; return the observations that were current.

        Raises:
            ValueError: if the state is another game's or has other settings.
            RuntimeError: if playing again led elsewhere.
        """
        check_same(state, self._identity, self.num_envs, "records")
        self._game_seeds = list(state["game_seeds"])
        self._seeds = list(state["seeds"])
        self._records = [bytearray(np.asarray(r).tobytes()) for r in state["records"]]
        self._game_returns = np.array(state["game_returns"])
        self._replay()
        if not np.array_equal(self._observations, np.asarray(state["observations"])):
            raise RuntimeError("the recorded actions led to other observations")
        return self._observations

    def _replay(self) -> None:
        """Play all records so that they end together; shorter ones begin later."""
        lengths = np.array([len(record) for record in self._records])
        begins = lengths.max() - lengths
        # The games that begin later idle till then.
        actions = np.zeros((lengths.max(), self.num_envs), np.int64)
        for i, record in enumerate(self._records):
            actions[begins[i] :, i] = np.frombuffer(bytes(record), np.uint8)
        self._observations, played = self._restart(np.ones(self.num_envs, bool))
        for t in range(lengths.max() + 1):
            if t > 0 and (begins == t).any():
                self._observations, played = self._restart(begins == t)
            if t < lengths.max():
                self._observations, *_, played = self._games.step(actions[t])
        self._first_frames = _first_frames(played)

    def close(self) -> None:
        """Do nothing: the emulators are freed with their last reference."""

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """Return None for `render_mode`; other attributes are out of reach in C++."""
        if attr_name != "render_mode":
            raise AttributeError(f"a native game has no {attr_name!r}")
        return [None for _ in self._get_indices(indices)]

    def set_attr(
        self, attr_name: str, value: Any, indices: VecEnvIndices = None
    ) -> None:
        """Refuse: attributes are out of reach in C++."""
        raise AttributeError(f"a native game has no {attr_name!r}")

    def env_method(
        self,
        method_name: str,
        *method_args: Any,
        indices: VecEnvIndices = None,
        **method_kwargs: Any,
    ) -> list[Any]:
        """Refuse: methods are out of reach in C++."""
        raise AttributeError(f"a native game has no {method_name!r}")

    def env_is_wrapped(
        self, wrapper_class: type[gym.Wrapper], indices: VecEnvIndices = None
    ) -> list[bool]:
        """Say that whole games are monitored, as `evaluate_policy` wants to know."""
        return [wrapper_class is Monitor for _ in self._get_indices(indices)]


def _first_frames(played: dict[str, Any]) -> np.ndarray:
    """Return the emulator's frame number at which each current game began."""
    begun = played["frame_number"] - played["episode_frame_number"]
    return begun.astype(np.int64)


def _next_seed(seed: int) -> int:
    """Return the seed that follows in a game's chain, below 2^31 as ale-py wants it."""
    return int(np.random.SeedSequence(seed).generate_state(1)[0] >> 1)
