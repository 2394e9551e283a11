"""Cameras: every frame of a game, taken while it is played, without changing it.

Each engine is filmed where its frames are: the emulator of Atari, whose every frame
counts and not each fourth; MinAtar's and a user's games, a frame a step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import gymnasium as gym
import numpy as np
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from benchmarks.errors import UsageError
from benchmarks.games.exact_game import ExactGame
from benchmarks.games.minatar_game import MinAtarGame
from benchmarks.games.own_env import OwnGamesEnv

Picture = np.ndarray  # uint8[height, width, 3]


class Film(Protocol):
    """What a camera fills with the frames of one game."""

    def add(self, picture: Picture) -> None:
        """Take a frame."""

    def close(self) -> None:
        """Take no more."""


class Camera:
    """Films the first games of one environment, each on a film of its own.

    Args:
        films: Returns a new film.
        games: How many; it is off then.
    """

    def __init__(self, films: Callable[[], Film], games: int) -> None:
        self._new, self._left = films, games
        # Of the game that is on, and before it those that ended in this step.
        self._films: list[Film] = []

    def begin(self) -> None:
        """Begin a film; there may be several in a step, of games that were not to be.

        An Atari game that is over while it idles at its start begins again.
        """
        if self._films:
            self._films[-1].close()
        if self._left:
            self._films.append(self._new())

    def shoot(self, render: Callable[[], Picture]) -> None:
        """Take a frame, if it is on."""
        if self._films:
            self._films[-1].add(render())

    def take(self) -> Film | None:
        """Hand out the film of the game that was on when this step began."""
        if not self._films:
            return None
        film = self._films[0]
        self._left -= 1
        if not self._left:
            self._films[-1].close()
        self._films = self._films[-1:] if self._left else []
        return film

    def settle(self) -> None:
        """Keep the film of the game that is on alone: all games have just begun."""
        self._films = self._films[-1:]


class FilmedVecEnv(VecEnvWrapper):
    """Games that are filmed: ``info["film"]`` beside each ``info["episode"]``.

    Args:
        venv: An agent's environment.
        cameras: One a game.

    Raises:
        UsageError: Its games can't be drawn; why.
    """

    def __init__(self, venv: VecEnv, cameras: list[Camera]) -> None:
        super().__init__(venv)
        self._cameras = cameras
        mount(venv.unwrapped, cameras)

    def reset(self) -> VecEnvObs:
        """Begin all games."""
        observations = self.venv.reset()
        for camera in self._cameras:
            camera.settle()
        return observations

    def step_wait(self) -> VecEnvStepReturn:
        """Play; the films of games that are over go with them."""
        step = self.venv.step_wait()
        for info, camera in zip(step[-1], self._cameras, strict=True):
            if "episode" in info:
                info["film"] = camera.take()
        return step


def mount(engine: Any, cameras: list[Camera]) -> None:
    """Put a camera in front of each game of an engine.

    Raises:
        UsageError: Its games can't be drawn; why.
    """
    if isinstance(engine, OwnGamesEnv):
        engine.envs = [
            _FilmedEnv(_drawn(env), camera)
            for env, camera in zip(engine.envs, cameras, strict=True)
        ]
        return
    for i, camera in enumerate(cameras):
        game = getattr(engine, "games", [None] * len(cameras))[i]
        if isinstance(game, ExactGame):
            engine.games[i].ale = _FilmedEmulator(game.ale, camera)
        elif isinstance(game, MinAtarGame):
            engine.games[i] = _FilmedMinAtar(game, camera)
        else:
            kind = type(engine).__name__
            raise UsageError(f"the games of {kind} can't be drawn: engine=exact can")


class _FilmedEmulator:
    """An ``ALEInterface`` whose screen is filmed after each of its frames."""

    def __init__(self, ale: Any, camera: Camera) -> None:
        self._ale, self._camera = ale, camera

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ale, name)

    def reset_game(self) -> None:
        self._ale.reset_game()
        self._camera.begin()

    def act(self, action: Any) -> float:
        reward: float = self._ale.act(action)
        self._camera.shoot(self._ale.getScreenRGB)
        return reward


class _FilmedMinAtar:
    """A :class:`MinAtarGame` that is filmed after each step."""

    def __init__(self, game: MinAtarGame, camera: Camera) -> None:
        self._game, self._camera = game, camera

    def __getattr__(self, name: str) -> Any:
        return getattr(self._game, name)

    def reset(self, seed: int | None = None) -> None:
        self._game.reset(seed)
        self._camera.begin()

    def step(self, action: int) -> tuple[float, bool, bool]:
        found = self._game.step(action)
        self._camera.shoot(self._game.render)
        return found


class _FilmedEnv(gym.Wrapper):
    """A user's environment that is filmed after each step."""

    def __init__(self, env: gym.Env, camera: Camera) -> None:
        super().__init__(env)
        self._camera = camera

    def reset(self, **options: Any) -> tuple[Any, dict[str, Any]]:
        found = self.env.reset(**options)
        self._camera.begin()
        return found

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        found = self.env.step(action)
        self._camera.shoot(lambda: np.asarray(self.env.render()))
        return found


def _drawn(env: gym.Env) -> gym.Env:
    """The environment, ready to be drawn; it is tried.

    Raises:
        UsageError: It can't be; why.
    """
    inner: Any = env.unwrapped
    if "rgb_array" not in (env.metadata or {}).get("render_modes", []):
        raise UsageError(
            f"{_name(env)} can't be drawn: it has no render mode rgb_array"
        )
    inner.render_mode = "rgb_array"
    try:
        env.reset()
        picture: Any = env.render()
    except Exception as error:
        said = " ".join(str(error).split())
        raise UsageError(f"{_name(env)} can't be drawn: {said}") from error
    shape: Any = getattr(picture, "shape", ())
    kind = getattr(picture, "dtype", None)
    if len(shape) != 3 or shape[2] != 3 or kind != np.uint8:
        raise UsageError(
            f"{_name(env)} can't be drawn: expected uint8[height, width, 3] of its "
            f"render(), not {type(picture).__name__} {kind} of shape {shape}"
        )
    return env


def _name(env: gym.Env) -> str:
    return type(env.unwrapped).__name__
