"""Games: the environments that runs play, and which games there are."""

__all__ = ["atari", "exact_game", "game_lengths", "roms"]
