"""From an Atari 2600's last two frames to one 84 x 84 gray image, quickly.

The usual way is the channel-wise maximum of two RGB frames, OpenCV's gray and OpenCV's
area resize. Two facts make the same bits cheaper. A frame holds at most 128 colours,
so gray levels, of one frame or of the maximum of two, are table look-ups. And little
changes from one step to the next, so most of the last image still holds.
"""

from typing import Any

import cv2
import numpy as np

SIZE = 84
"""Height and width of an observation, in pixels."""


class Palette:
    """Gray levels of an emulator's colours, learned from the frames that show them."""

    def __init__(self) -> None:
        self._rgb = np.zeros((256, 3), np.uint8)
        self._unknown = np.ones(256, np.uint8)
        # Stable-Baselines3's frame buffer starts as zeros, which is black: colour 0.
        self._unknown[0] = 0
        self._tabulate()

    def learn(self, colours: np.ndarray, ale: Any) -> None:
        """Make sure that these colours, all on the emulator's screen now, are known.

        Args:
            colours: colour numbers `uint8[...]`.
            ale: the emulator that shows them.
        """
        if not colours.size or not cv2.LUT(colours, self._unknown).any():
            return
        shown, where = np.unique(ale.getScreen(), return_index=True)
        self._rgb[shown] = ale.getScreenRGB().reshape(-1, 3)[where]
        self._unknown[shown] = 0
        self._tabulate()

    def gray_of_max(self, older: np.ndarray, newest: np.ndarray) -> np.ndarray:
        """Return `gray(max(RGB of older, RGB of newest))` for `uint8[n, ...]` each."""
        gray = cv2.LUT(newest, self._gray)
        differ = np.flatnonzero(older != newest)
        pairs = older.ravel()[differ], newest.ravel()[differ]
        gray.ravel()[differ] = self._gray_of_pair[pairs]
        return gray

    def get_state(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the colours `uint8[256, 3]` and which are unknown, `uint8[256]`."""
        return self._rgb.copy(), self._unknown.copy()

    def set_state(self, rgb: np.ndarray, unknown: np.ndarray) -> None:
        """Know the colours that `get_state` returned, and only those."""
        self._rgb[:], self._unknown[:] = rgb, unknown
        self._tabulate()

    def _tabulate(self) -> None:
        pairs = np.maximum(self._rgb[:, None], self._rgb[None])
        self._gray_of_pair = cv2.cvtColor(pairs, cv2.COLOR_RGB2GRAY)
        self._gray = self._gray_of_pair.diagonal().copy()


class _Frame:
    """A screen of colour numbers, and the same bytes seen as blocks of rows."""

    def __init__(self, height: int, width: int, n_blocks: int):
        self.pixels = np.zeros((height, width), np.uint8)
        self.blocks = self.pixels.reshape(n_blocks, -1)
        # Eight pixels at a time are quicker to compare.
        self.words = self.blocks.view(np.uint64)


class Screen:
    """What an agent sees of one emulator: its last two captured frames, pooled.

    The resize treats some blocks of rows independently of each other. A block that
    hasn't changed since the last `view` isn't resized again.
    """

    def __init__(self, ale: Any, palette: Palette):
        self._ale = ale
        self._palette = palette
        height, self._width = ale.getScreenDims()
        # At the usual 210 rows, 2.5 to one, five rows become exactly two, with weights
        # that float32 holds exactly. Other heights have no such blocks.
        n_blocks = 42 if height == 210 else 1
        frames = [_Frame(height, self._width, n_blocks) for _ in range(3)]
        self._frames, self._spare = frames[:2], frames[2]
        self._image = np.zeros((SIZE, SIZE), np.uint8)
        self._image_blocks = self._image.reshape(n_blocks, -1)
        self._changed = np.ones(n_blocks, bool)

    def capture(self, slot: int) -> None:
        """Keep the emulator's frame as the older (0) or the newest (1) of the two."""
        frame, last = self._spare, self._frames[slot]
        self._ale.getScreen(frame.pixels)
        changed = (frame.words != last.words).any(axis=1)
        self._palette.learn(frame.blocks[changed], self._ale)
        self._changed |= changed
        self._frames[slot], self._spare = frame, last

    def view(self) -> np.ndarray:
        """Return the gray maximum of both frames, `uint8[84, 84]`, valid till the next.

        A game that ends inside a step leaves a slot as it was, as in
        `stable_baselines3.common.atari_wrappers.MaxAndSkipEnv`.
        """
        changed = np.flatnonzero(self._changed)
        if changed.size:
            older, newest = (frame.blocks[changed] for frame in self._frames)
            gray = self._palette.gray_of_max(older, newest)
            rows = changed.size * SIZE // len(self._changed)
            small = _resize(gray.reshape(-1, self._width), rows)
            self._image_blocks[changed] = small.reshape(changed.size, -1)
            self._changed[:] = False
        return self._image

    def raw_view(self) -> np.ndarray:
        """Return the emulator's frame of this moment alone, `uint8[84, 84]`."""
        gray = cv2.cvtColor(self._ale.getScreenRGB(), cv2.COLOR_RGB2GRAY)
        return _resize(gray, SIZE)

    def get_frames(self) -> np.ndarray:
        """Return a copy of both frames: colour numbers `uint8[2, height, width]`."""
        return np.stack([frame.pixels for frame in self._frames])

    def set_frames(self, pixels: np.ndarray) -> None:
        """Go back to frames from `get_frames`; the palette must know their colours."""
        for frame, saved in zip(self._frames, pixels, strict=True):
            frame.pixels[:] = saved
        self._changed[:] = True


def _resize(gray: np.ndarray, rows: int) -> np.ndarray:
    return cv2.resize(gray, (SIZE, rows), interpolation=cv2.INTER_AREA)
