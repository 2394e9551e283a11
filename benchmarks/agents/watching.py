"""Games of a trained policy to look at: those that an evaluation plays."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from analysis.records.evaluations import POLICIES
from analysis.records.files import write_atomically
from analysis.records.record import CONFIG_FILE, read_config
from benchmarks.agents.agent import load_agent
from benchmarks.agents.cameras import Camera, FilmedVecEnv
from benchmarks.agents.evaluation import AT_ONCE, play, row_of, shares
from benchmarks.agents.video import ATARI, MINATAR, Look, Video
from benchmarks.games.own import family_of

FOLDER = Path("videos")
MOST_GIF_FPS = 20


@dataclass(frozen=True)
class Watched:
    """A game that was filmed.

    Attributes:
        env: The environment that played it, as an evaluation counts them.
        game_return: Its score.
        length_frames: Its frames; the MP4 has all of them.
        mp4: The file.
        gif: Another, of its beginning.
    """

    env: int
    game_return: float
    length_frames: int
    mp4: Path
    gif: Path


def watch(
    folder: Path, to: Path, games: int, seed: int, *, greedy: bool, gif_bytes: int
) -> Iterator[Watched]:
    """Play the games of :func:`~benchmarks.agents.evaluation.evaluate`, and film them.

    Args:
        folder: The run's.
        to: Where videos go, named by policy, seed, environment and number.
        games: How many.
        seed: Of the games.
        greedy: Whether to act greedily, or as in training.
        gif_bytes: The size of a GIF, at most.

    Yields:
        Each game, as it ends and its files are there.

    Raises:
        UsageError: There is no such agent, or its games can't be drawn.
    """
    model: Any = load_agent(folder, AT_ONCE, drawn=True)
    look = _look(read_config(folder / CONFIG_FILE)["game"], model)
    place = to / f".filming-{os.getpid()}"
    films = partial(_film, count(), place, look)
    cameras = [Camera(films, share) for share in shares(games, AT_ONCE)]
    model.env = FilmedVecEnv(model.env, cameras)
    policy, numbers = POLICIES[greedy], [count() for _ in cameras]
    try:
        for env, info in play(model, games, seed, greedy=greedy):
            name = f"{policy}-seed{seed}-env{env}-game{next(numbers[env])}"
            files = _kept(info["film"], to / name, gif_bytes)
            yield Watched(**files, **row_of(env, info))  # type: ignore[arg-type]
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _film(numbers: Iterator[int], place: Path, look: Look) -> Video:
    return Video(place / f"{next(numbers)}.mp4", look)


def _kept(film: Video, to: Path, gif_bytes: int) -> dict[str, Path]:
    film.close()
    mp4, gif = to.with_suffix(".mp4"), to.with_suffix(".gif")
    film.path.replace(mp4)
    write_atomically({gif: film.gif(gif_bytes)})
    return {"mp4": mp4, "gif": gif}


def _look(game: str, model: Any) -> Look:
    """How a game is shown; a user's as fast as it says itself."""
    known = {"Atari": ATARI, "MinAtar": MINATAR}
    if (look := known.get(family_of(game).name)) is not None:
        return look
    fps = int((model.env.get_attr("metadata")[0] or {}).get("render_fps") or 30)
    return Look(fps=fps, gif_every=-(-fps // MOST_GIF_FPS))
