"""Games of a user's own: a family that a suite file names, beside the project's.

A user subclasses :class:`OwnGames`; a suite that names the class has it registered, and
from then on, in that process, its games are looked up as all others are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from stable_baselines3.common.torch_layers import FlattenExtractor

from algorithms.checks import suitable
from benchmarks.games import families as project
from benchmarks.games.families import Family
from benchmarks.games.own_env import make_own_env

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
NOT_EXACT = "its games can't be saved: they begin anew"
_REGISTERED: dict[str, OwnFamily] = {}


class OwnGames:
    """A family of games with discrete actions; subclass it, and name it in a suite.

    Attributes:
        name: Of the family; a game is known as ``name/game``.
        games: The games' own names.
        packages: Whose versions decide what the games do.
        settings: What runs on these games have in place of the base settings, by key;
            a mapping under ``"a2c"`` or ``"dqn"`` is for those algorithms alone.
    """

    name: ClassVar[str]
    games: ClassVar[tuple[str, ...]]
    packages: ClassVar[tuple[str, ...]] = ("gymnasium",)
    settings: ClassVar[Mapping[str, Any]] = {}

    def make(self, game: str) -> gym.Env:
        """Return one environment; its steps are counted as frames, one each."""
        raise NotImplementedError

    def network(self) -> dict[str, Any]:
        """Return the ``policy_kwargs`` of the network: by default SB3's, 64 and 64."""
        return {"features_extractor_class": FlattenExtractor, "net_arch": [64, 64]}

    def get_state(self, env: gym.Env) -> dict[str, Any]:
        """Return all that decides how a game goes on, as plain types and arrays.

        Without ``env.unwrapped.np_random`` and the counts of ``TimeLimit`` wrappers,
        which are saved anyway. A family without this and :meth:`set_state` can't be
        resumed exactly.
        """
        raise NotImplementedError

    def set_state(self, env: gym.Env, state: Mapping[str, Any]) -> None:
        """Bring an environment that was just reset to a state."""
        raise NotImplementedError


@dataclass(frozen=True)
class OwnFamily(Family):
    """A user's family, as runs see it.

    Attributes:
        exact: Whether its games can be saved and taken up again.
        own_settings: What the class has of them.
    """

    exact: bool = False
    own_settings: Mapping[str, Any] = field(default_factory=dict, compare=False)


def family_of(game: str) -> Family:
    """Return a game's family, the project's or a registered one.

    Raises:
        ValueError: There is none of the prefix in the game's name.
    """
    prefix, slash, _ = game.partition("/")
    return _REGISTERED.get(prefix if slash else "") or project.family_of(game)


def families() -> tuple[Family, ...]:
    """Return all families, the project's first."""
    return (*project.families(), *_REGISTERED.values())


def all_games() -> tuple[str, ...]:
    """Return every game of every family."""
    return tuple(game for family in families() for game in family.all_games())


def is_exact(game: str) -> bool:
    """Whether a game can be saved and taken up again."""
    family = family_of(game)
    return not isinstance(family, OwnFamily) or family.exact


def register(kind: type[OwnGames]) -> OwnFamily:
    """Have a user's games looked up with all others; each is made once, to be checked.

    Raises:
        ValueError: They are no family that runs can have; in one line, why.
    """
    if problem := next(_problems(kind), None):
        raise ValueError(f"{kind.__name__}: {problem}")
    _REGISTERED[kind.name] = _family(kind)  # type: ignore[arg-type]
    return _REGISTERED[kind.name]


def unregister() -> None:
    """Have only the project's games looked up."""
    _REGISTERED.clear()


def _problems(kind: type[OwnGames]) -> Iterator[str]:
    name, games = getattr(kind, "name", None), getattr(kind, "games", None)
    if not (isinstance(name, str) and NAME.fullmatch(name)):
        yield f"name: expected a text of the form {NAME.pattern}, not {name!r}"
    elif name.lower() in {each.name.lower() for each in project.families()}:
        yield f"name: the project has games of that name, {name}"
    if not (isinstance(games, tuple | list) and games and all(map(_is_name, games))):
        yield f"games: expected names of the form {NAME.pattern}, not {games!r}"
    if _overrides(kind, "get_state") != _overrides(kind, "set_state"):
        yield "get_state and set_state: expected both or neither"
    for package in kind.packages:
        try:
            version(package)
        except PackageNotFoundError:
            yield f"packages: {package} is not installed"


def _is_name(name: object) -> bool:
    return isinstance(name, str) and NAME.fullmatch(name) is not None


def _overrides(kind: type[OwnGames], method: str) -> bool:
    return getattr(kind, method) is not getattr(OwnGames, method)


@cache
def _family(kind: type[OwnGames]) -> OwnFamily:
    own, exact = kind(), _overrides(kind, "get_state")
    names = {f"{kind.name}/{game}": game for game in kind.games}
    most = max(_observation_bytes(own, game) for game in kind.games)

    def make_env(game: str, n_envs: int, seed: int, **options: Any) -> Any:
        make: Callable[[], gym.Env] = lambda: own.make(names[game])  # noqa: E731
        states = (own.get_state, own.set_state) if exact else None
        return make_own_env(game, make, n_envs, seed, states=states, **options)

    return OwnFamily(
        name=kind.name,
        settings="",
        games=tuple(names),
        all_games=lambda: tuple(names),
        engines=("exact",),
        make_env=make_env,
        of_the_engine=("max_frames",),
        network=own.network,
        packages=tuple(kind.packages),
        frame_bytes=most,
        stored_frame_bytes=most,
        exact=exact,
        own_settings=kind.settings,
    )


def _observation_bytes(own: OwnGames, game: str) -> int:
    """Make a game to see whether its spaces will do, and what an observation takes."""
    name = f"{own.name}/{game}"
    try:
        env = suitable(own.make(game), name)
        env.close()
    except Exception as error:
        said = " ".join(str(error).split())
        raise ValueError(f"{name} won't do: {type(error).__name__}: {said}") from error
    return sum(map(_bytes, _parts(env.observation_space)))


def _parts(space: spaces.Space) -> Iterator[spaces.Space]:
    if isinstance(space, spaces.Dict):
        yield from space.spaces.values()
    else:
        yield space


def _bytes(space: spaces.Space) -> int:
    return int(np.prod(space.shape or (1,))) * np.dtype(space.dtype).itemsize
