"""One MinAtar game of the `minatar` package, with sticky actions and exact state.

The games are the package's own, unmodified, found in its installed files. Importing
the package itself would load matplotlib and seaborn for a window that nobody opens,
which takes longer than a short run. Two functions that the games call of NumPy are
quicker ones here: half of the time of Space Invaders went into them.
"""

import colorsys
import importlib.util
import math
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import torch

GAMES = {
    "MinAtar/Asterix": "asterix",
    "MinAtar/Breakout": "breakout",
    "MinAtar/Freeway": "freeway",
    "MinAtar/Seaquest": "seaquest",
    "MinAtar/SpaceInvaders": "space_invaders",
}
"""Each game's name to `minatar`'s own."""

SIZE = 10
"""Height and width of the grid."""

# What a game keeps besides its state: the meaning of numbers, and random numbers,
# which it shares with the sticky actions.
_NOT_STATE = frozenset({"channels", "action_map", "random"})
_PIXELS = 16


class MissingPackageError(ImportError):
    """The `minatar` package is not installed."""


@cache
def _module(game: str) -> ModuleType:
    """Load the module of one of `minatar`'s games, and nothing else of it."""
    package = importlib.util.find_spec("minatar")
    if package is None or not package.submodule_search_locations:
        raise MissingPackageError(
            "MinAtar is not installed; pip install -c constraints.txt -e '.[minatar]' "
            "does it"
        )
    name = GAMES[game]
    path = Path(package.submodule_search_locations[0], "environments", f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"minatar.environments.{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    # This module object is nobody else's: `import minatar` makes another.
    quicker = SimpleNamespace(**vars(np) | {"roll": _roll, "sum": _sum})
    module.np = quicker  # type: ignore[attr-defined]
    return module


def _roll(grid: np.ndarray, shift: int, axis: int) -> np.ndarray:
    """Do what `numpy.roll` does to a grid, without its generality."""
    return grid.take(_ROLLED[shift], axis=axis)


def _sum(grid: np.ndarray) -> np.generic:
    """Do what `numpy.sum` does to a grid or a part of it."""
    total: np.generic = np.add.reduce(grid, axis=None)
    return total


_ROLLED = {shift: (np.arange(SIZE) - shift) % SIZE for shift in (-1, 1)}


class MinAtarGame:
    """A game, and what `minatar.Environment` wraps around it.

    Args:
        game: a name from `GAMES`.
        max_frames: cut a game after so many frames; never if infinite.
        sticky_actions: the chance that the last action is played again.
        difficulty_ramping: whether games get harder with time.
    """

    render_mode = "rgb_array"

    def __init__(
        self,
        game: str,
        max_frames: float = math.inf,
        sticky_actions: float = 0.1,
        difficulty_ramping: bool = True,
    ):
        self.env = _module(game).Env(ramping=difficulty_ramping)
        self.actions: list[int] = self.env.minimal_action_set()
        self.shape: tuple[int, ...] = tuple(self.env.state_shape())
        self._max_frames = max_frames
        self._sticky_actions = sticky_actions
        # As in `minatar`, it lives on from one game to the next.
        self._last_action = 0
        self.game_return = 0.0
        self.game_frames = 0

    def reset(self, seed: int | None = None) -> None:
        """Begin a game; a seed begins the random numbers anew, too."""
        if seed is not None:
            self.env.random = np.random.RandomState(seed)
        self.env.reset()
        self.game_return, self.game_frames = 0.0, 0

    def step(self, action: int) -> tuple[float, bool, bool]:
        """Play an action for a frame.

        Returns:
            The reward; whether the game ended; whether the frame limit cut it.
        """
        env = self.env
        # The order of random numbers is `minatar.Environment.act`'s.
        if env.random.rand() >= self._sticky_actions:
            self._last_action = self.actions[action]
        reward, terminated = env.act(self._last_action)
        self.game_return += reward
        self.game_frames += 1
        return reward, terminated, self.game_frames >= self._max_frames

    def observe(self) -> np.ndarray:
        """Return what is where, `bool[10, 10, channels]`; the caller's to keep."""
        grid: np.ndarray = self.env.state()
        return grid

    def render(self) -> np.ndarray:
        """Return a picture, `uint8[160, 160, 3]`: a colour a channel, last on top."""
        grid = self.observe()
        picture = np.zeros((SIZE, SIZE, 3), np.uint8)
        for channel in range(grid.shape[-1]):
            colour = colorsys.hsv_to_rgb(channel / grid.shape[-1], 0.7, 1.0)
            picture[grid[..., channel]] = np.multiply(colour, 255)
        return picture.repeat(_PIXELS, axis=0).repeat(_PIXELS, axis=1)

    def get_state(self) -> dict[str, Any]:
        """Return the whole state, as plain types and tensors."""
        return get_env_state(self.env) | {
            "last_action": self._last_action,
            "game_return": float(self.game_return),
            "game_frames": self.game_frames,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Go back to a state from `get_state`, in any process."""
        set_env_state(self.env, state)
        self._last_action = state["last_action"]
        self.game_return = state["game_return"]
        self.game_frames = state["game_frames"]


def get_env_state(env: Any) -> dict[str, Any]:
    """Return all that decides what one of `minatar`'s games does next."""
    kept = {key: value for key, value in vars(env).items() if key not in _NOT_STATE}
    attributes = {key: _plain(value) for key, value in kept.items()}
    return {"env": attributes, "rng": _random_state(env.random)}


def set_env_state(env: Any, state: dict[str, Any]) -> None:
    """Bring one of `minatar`'s games into a state from `get_env_state`."""
    for key, value in state["env"].items():
        setattr(env, key, _unplain(value))
    kind, keys, *position = state["rng"]
    env.random = np.random.RandomState()
    env.random.set_state((kind, np.asarray(keys).astype(np.uint32), *position))


def _random_state(random: np.random.RandomState) -> tuple[Any, ...]:
    kind, keys, *position = random.get_state(legacy=True)
    return kind, torch.from_numpy(np.asarray(keys, np.int64)), *position


def _plain(value: Any) -> Any:
    """Copy a game's attribute as what a checkpoint may hold."""
    if isinstance(value, np.ndarray):
        return torch.from_numpy(value.copy())
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _unplain(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.numpy().copy()
    if isinstance(value, list):
        return [_unplain(item) for item in value]
    return value
