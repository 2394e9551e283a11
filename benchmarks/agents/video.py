"""An MP4 of a game while it is played, and a GIF of its beginning."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from benchmarks.errors import UsageError

PACKAGE = "imageio-ffmpeg"
MOST_IN_GIF = 600  # pictures; they are held in memory till the game is over
COLOURS = 256  # that a GIF has


@dataclass(frozen=True)
class Look:
    """How the games of a family are shown.

    Attributes:
        fps: Frames a second.
        gif_every: Of so many frames, a GIF has one.
        scale: Every pixel becomes a square of so many, in a video.
        gif_scale: The same, in a GIF.
        tv: Shown as a television set did instead, 4 to 3, ``160 * scale`` wide.
    """

    fps: int
    gif_every: int = 1
    scale: int = 1
    gif_scale: int = 1
    tv: bool = False

    def scaled(self, picture: np.ndarray, scale: int) -> np.ndarray:
        """Return a picture ``uint8[height, width, 3]`` scaled, by nearest neighbour."""
        height, width = picture.shape[0] * scale, picture.shape[1] * scale
        if self.tv:
            height = width * 3 // 4
        size = width, height
        return cv2.resize(picture, size, interpolation=cv2.INTER_NEAREST)


ATARI = Look(fps=60, gif_every=3, scale=4, gif_scale=2, tv=True)
MINATAR = Look(fps=10, scale=3, gif_scale=2)


def check_installed() -> None:
    """Say how to install what videos need.

    Raises:
        UsageError: It is not installed.
    """
    if importlib.util.find_spec(PACKAGE.replace("-", "_")) is None:
        raise UsageError(
            f"videos need {PACKAGE}, which is not installed: "
            ".venv/bin/python -m pip install -c constraints.txt -e '.[video]' does it"
        )


class Video:
    """An MP4 that is written frame by frame, and the pictures of a GIF.

    Args:
        path: Of the MP4.
        look: How it is shown.
    """

    def __init__(self, path: Path, look: Look) -> None:
        self.path, self.frames = path, 0
        self._look = look
        self._writer: Generator[None, np.ndarray | None, None] | None = None
        self._pictures: list[np.ndarray] = []

    def add(self, picture: np.ndarray) -> None:
        """Append a frame ``uint8[height, width, 3]``."""
        shown = _even(self._look.scaled(picture, self._look.scale))
        if self._writer is None:
            self._writer = _mp4(self.path, shown, self._look.fps)
        self._writer.send(np.ascontiguousarray(shown))
        if self.frames % self._look.gif_every == 0:
            self._pictures += [picture] * (len(self._pictures) < MOST_IN_GIF)
        self.frames += 1

    def close(self) -> None:
        """Finish the MP4."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def gif(self, most_bytes: int) -> bytes:
        """Return a GIF of the game's beginning, as long as it has so many bytes."""
        look = self._look
        shown = [look.scaled(picture, look.gif_scale) for picture in self._pictures]
        return gif(shown, 1_000 * look.gif_every // look.fps, most_bytes)


def gif(pictures: Sequence[np.ndarray], ms: int, most_bytes: int) -> bytes:
    """Return a GIF of as many of the first pictures as fit, and of one at least.

    Args:
        pictures: ``uint8[height, width, 3]`` each, of one size.
        ms: That each is shown.
        most_bytes: Its size.
    """
    images = _of_few_colours(pictures)
    while True:
        found = _encoded(images, ms)
        if len(found) <= most_bytes or len(images) == 1:
            return found
        fit = int(len(images) * most_bytes / len(found) * 0.95)
        images = images[: max(fit, 1)]


def _encoded(images: Sequence[Image.Image], ms: int) -> bytes:
    file = io.BytesIO()
    images[0].save(
        file, "GIF", save_all=True, append_images=images[1:], duration=ms, loop=0
    )
    return file.getvalue()


def _of_few_colours(pictures: Sequence[np.ndarray]) -> list[Image.Image]:
    """The pictures with one palette: exact, where they have no more colours."""
    every = np.unique(np.concatenate([np.unique(_packed(each)) for each in pictures]))
    if len(every) > COLOURS:
        palette = Image.fromarray(np.concatenate(pictures[:: len(pictures) // 4 + 1]))
        palette = palette.quantize(COLOURS)
        none = Image.Dither.NONE
        return [
            Image.fromarray(each).quantize(palette=palette, dither=none)
            for each in pictures
        ]
    table = np.stack([every >> 16, every >> 8 & 255, every & 255], 1).astype(np.uint8)
    images = []
    for each in pictures:
        index = np.searchsorted(every, _packed(each)).astype(np.uint8)
        image = Image.fromarray(index, "P")
        image.putpalette(table.tobytes())
        images.append(image)
    return images


def _packed(picture: np.ndarray) -> np.ndarray:
    """Each pixel's colour in a number."""
    red, green, blue = np.moveaxis(picture.astype(np.uint32), -1, 0)
    return red << 16 | green << 8 | blue


def _even(picture: np.ndarray) -> np.ndarray:
    """The picture less its last row or column, where their number is odd."""
    height, width, _ = picture.shape
    return picture[: height - height % 2, : width - width % 2]


def _mp4(path: Path, first: np.ndarray, fps: int) -> Any:
    from imageio_ffmpeg import write_frames

    height, width, _ = first.shape
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = write_frames(path, (width, height), fps=fps, macro_block_size=2)
    writer.send(None)
    return writer
