"""Games: the environments that runs play, and which games there are.

A family of games is a file in ``families``, and one in ``suites/settings``.
"""

__all__ = [
    "exact_game",
    "families",
    "game_lengths",
    "minatar_game",
    "own",
    "own_env",
    "roms",
]
