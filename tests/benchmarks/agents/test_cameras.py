"""A camera takes every frame of a game, and the game does not notice."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from benchmarks.agents.cameras import Camera, FilmedVecEnv
from benchmarks.errors import UsageError
from benchmarks.games.atari import make_atari_env
from benchmarks.games.minatar_env import make_minatar_env
from benchmarks.games.own_env import make_own_env

SHARE = 2


class Pictures(list):
    """A film that only keeps."""

    def add(self, picture: np.ndarray) -> None:
        assert not getattr(self, "closed", False)
        self.append(picture.copy())

    def close(self) -> None:
        self.closed = True


class Lamp(gym.Env):
    """Lit as brightly as steps were made; a game lasts three to five of them."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 30}  # noqa: RUF012
    observation_space = gym.spaces.Box(0, 9, (1,))
    action_space = gym.spaces.Discrete(2)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.steps, self.last = 0, self.np_random.integers(3, 6)
        return np.zeros(1, np.float32), {}

    def step(self, action: int) -> Any:
        self.steps += 1
        seen = np.full(1, self.steps, np.float32)
        return seen, float(action), self.steps == self.last, False, {}

    def render(self) -> Any:
        return np.full((4, 6, 3), 40 * self.steps, np.uint8)


def atari(n_envs: int) -> Any:
    return make_atari_env("Breakout", n_envs, 7, max_frames=120)


def minatar(n_envs: int) -> Any:
    return make_minatar_env("MinAtar/Breakout", n_envs, 7)


def lamps(n_envs: int, lamp: type[gym.Env] = Lamp) -> Any:
    return make_own_env("Mine/Lamp", lamp, n_envs, 7, states=None)


def played(venv: Any, steps: int = 150) -> tuple[list[Any], list[dict]]:
    """What is observed and earned, and the infos of games that are over."""
    actions = np.random.default_rng(0)
    seen, ends = [venv.reset()], []
    for _ in range(steps):
        chosen = actions.integers(0, venv.action_space.n, venv.num_envs)
        observations, rewards, dones, infos = venv.step(chosen)
        seen += [observations.copy(), rewards, dones]
        ends += [{"env": i} | info for i, info in enumerate(infos) if "episode" in info]
    return seen, ends


@pytest.mark.parametrize("make", [atari, minatar, lamps])
def test_a_game_that_is_filmed_is_the_game_that_is_not(make):
    plain, _ = played(make(2))
    cameras = [Camera(Pictures, SHARE) for _ in range(2)]
    seen, ends = played(FilmedVecEnv(make(2), cameras))
    assert len(seen) == len(plain)
    assert all(
        np.array_equal(one, other) for one, other in zip(seen, plain, strict=True)
    )
    assert len(ends) > 2 * SHARE
    films = [end["film"] for end in ends if end["film"] is not None]
    assert len(films) == 2 * SHARE  # and then the cameras are off
    for end in ends:
        assert end["film"] is None or len(end["film"]) == end["episode"]["l"]


def test_frames_are_of_their_own_game():
    """The last one of a game is its end, and not the beginning of the next."""
    cameras = [Camera(Pictures, 3)]
    _, ends = played(FilmedVecEnv(lamps(1), cameras), 30)
    assert len(ends) >= 3
    for end in ends[:3]:
        shown = [picture[0, 0, 0] // 40 for picture in end["film"]]
        assert shown == [*range(1, end["episode"]["l"] + 1)]


def test_a_game_that_was_not_to_be_is_on_no_film():
    """As where an Atari game is over while it idles, and begins again."""
    camera = Camera(Pictures, 2)
    for shot in ("begin", "a", "begin", "b"):
        camera.begin() if shot == "begin" else camera.shoot(lambda s=shot: np.array(s))
    camera.settle()
    camera.shoot(lambda: np.array("b"))
    for shot in ("begin", "c", "begin", "d"):
        camera.begin() if shot == "begin" else camera.shoot(lambda s=shot: np.array(s))
    first = camera.take()
    camera.shoot(lambda: np.array("d"))
    camera.begin()
    assert [str(shot) for shot in first] == ["b", "b"]
    assert [str(shot) for shot in camera.take()] == ["d", "d"]
    camera.shoot(lambda: pytest.fail("it is off"))
    assert camera.take() is None


def test_only_games_that_are_played_are_on_film():
    """Each reset begins games; those of the last one count."""
    venv = FilmedVecEnv(lamps(1), [Camera(Pictures, 3)])
    venv.reset()
    _, ends = played(venv, 30)
    assert len(ends) >= 3
    assert [len(end["film"]) for end in ends[:3]] == [
        e["episode"]["l"] for e in ends[:3]
    ]


class Dark(Lamp):
    metadata = {"render_modes": ["human"]}  # noqa: RUF012


class Gray(Lamp):
    def render(self) -> Any:
        return np.zeros((4, 6), np.uint8)


class Broken(Lamp):
    def render(self) -> Any:
        raise gym.error.DependencyNotInstalled("pygame is not installed,\nrun pip")


@pytest.mark.parametrize(
    ("lamp", "said"),
    [
        (Dark, "Dark can't be drawn: it has no render mode rgb_array"),
        (Gray, "Gray can't be drawn: expected uint8[height, width, 3] of its render()"),
        (Broken, "Broken can't be drawn: pygame is not installed, run pip"),
    ],
)
def test_games_that_cannot_be_drawn_say_why(lamp, said):
    with pytest.raises(UsageError) as refusal:
        FilmedVecEnv(lamps(1, lamp), [Camera(Pictures, 1)])
    assert str(refusal.value).startswith(said) and "\n" not in str(refusal.value)


def test_an_engine_without_screens_is_refused():
    venv = make_atari_env("Breakout", 1, 7, engine="native")
    with pytest.raises(UsageError, match="NativeAtariEnv can't be drawn: engine=exact"):
        FilmedVecEnv(venv, [Camera(Pictures, 1)])
