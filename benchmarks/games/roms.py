"""Which Atari games exist, and where their ROMs are.

A name becomes a file path only through this table, so no text from a suite or a
command line can point anywhere else.
"""

import difflib
from functools import lru_cache
from pathlib import Path

from ale_py import roms
from ale_py.registration import rom_id_to_name

GAMES = (
    "BeamRider",
    "Breakout",
    "Enduro",
    "Pong",
    "Qbert",
    "Seaquest",
    "SpaceInvaders",
)
"""The seven games of the paper's figures."""

# ale-py ships these ROMs, but four of them have no mode for a single player, and two
# have no "do nothing" among their actions, with which every episode here starts.
_LEFT_OUT = frozenset({"combat", "joust", "maze_craze", "warlords"}) | frozenset(
    {"backgammon", "video_checkers"}
)


@lru_cache(maxsize=1)
def _rom_ids() -> dict[str, str]:
    """Map each game's name to ale-py's ROM id: `{"BeamRider": "beam_rider", ...}`."""
    ids = set(roms.get_all_rom_ids()) - _LEFT_OUT
    return {rom_id_to_name(rom_id): rom_id for rom_id in sorted(ids)}


def all_games() -> tuple[str, ...]:
    """Return every game that ale-py lets one agent play, as gymnasium spells it."""
    return tuple(_rom_ids())


def check_game(name: str) -> str:
    """Return `name` if it is a known game.

    Raises:
        ValueError: if it isn't; the message names the nearest games.
    """
    if name in _rom_ids():
        return name
    by_lower = {game.lower(): game for game in all_games()}
    wanted = str(name).lower().replace("_", "")
    near = difflib.get_close_matches(wanted, by_lower, n=3, cutoff=0.5)
    nearest = ", ".join(by_lower[key] for key in near) or ", ".join(GAMES)
    raise ValueError(f"unknown game {name!r}: nearest are {nearest}")


def rom_id(game: str) -> str:
    """Return ale-py's id of a game, `"beam_rider"` for `"BeamRider"`.

    Raises:
        ValueError: if the game is unknown.
    """
    return _rom_ids()[check_game(game)]


def rom_path(game: str) -> Path:
    """Return the path of a game's ROM inside the installed ale-py.

    Raises:
        ValueError: if the game is unknown.
    """
    path = roms.get_rom_path(rom_id(game))
    if path is None:
        raise ValueError(f"ale-py has no ROM for {game}")
    return path
