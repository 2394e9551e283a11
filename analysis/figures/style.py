"""How every figure looks: fonts, lines, and one colour per variant."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from colorsys import hls_to_rgb
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

# Okabe and Ito's palette, which most colour-blind readers can tell apart. Arms that
# pay or earn a constant share their hue's warmth with the soft arm they are to explain,
# and those at a higher temperature with their own at the paper's.
_BLACK, _ORANGE, _SKY, _GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
_BLUE, _VERMILLION, _PURPLE = "#0072B2", "#D55E00", "#CC79A7"

COLOURS = {
    "a2c-naive": _ORANGE,
    "a2c-proper": _BLUE,
    "q-a2c": _VERMILLION,
    "a2c-proper-c100": _BLUE,
    "q-a2c-c100": _VERMILLION,
    "a2c-proper-kl": _GREEN,
    "a2c-naive-plus": _SKY,
    "q-a2c-raw": _PURPLE,
    "a2c-proper-t0.1": _SKY,
    "q-a2c-t0.1": _ORANGE,
    "dqn-hard": _BLACK,
    "dqn-soft-entropy": _VERMILLION,
    "dqn-soft-kl": _BLUE,
    "dqn-hard-plus": _ORANGE,
    "dqn-hard-minus": _SKY,
    "dqn-hard-5step": _GREEN,
    "dqn-soft-entropy-5step": _VERMILLION,
    "dqn-soft-kl-5step": _BLUE,
}
# Constants are dashed as in the theory's figures: their hues are near the soft arms'.
DASHED = {"a2c-proper-c100", "dqn-hard-plus", "dqn-hard-minus"}
# Where these lie on the arm that they are to be like, it shows between their dots.
SPARSE = {"q-a2c-c100", "q-a2c-t0.1"}
# Two variants of one hue share no pattern, however many labels each of them has.
_SOLID: list[Any] = ["-", (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5))]
_DASHES: list[Any] = [(0, (5, 1.8)), (0, (2.5, 1.2)), (0, (9, 2))]
_DOTS: list[Any] = [(0, (2.5, 4.3)), (0, (1.2, 3)), (0, (5, 5))]

# Of variants that are not the project's: patterns that none of its own has.
_OWN: list[Any] = [(0, (8, 1)), (0, (4, 1, 1, 1, 1, 1)), (0, (3, 1))]
_SATURATION, _LIGHTS = 0.7, (0.14, 0.2, 0.28)

DPI = 160

RC: dict[Any, Any] = {
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.labelsize": 8,
    "axes.linewidth": 0.7,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.6,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "legend.handlelength": 2.6,
    "lines.linewidth": 1.4,
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same bytes everywhere
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "pdf.fonttype": 42,
}


@contextmanager
def figure_style() -> Iterator[None]:
    """Draw and save figures in the suite's style, whatever the user's is."""
    with mpl.rc_context():
        mpl.rcdefaults()
        look: dict[Any, Any] = sns.axes_style("ticks") | sns.plotting_context("paper")
        mpl.rcParams.update(look | RC)
        yield


def colour(variant: str) -> str:
    """The colour of a variant; one that its name decides, if it is not the project's.

    It has a luminance that stands out from a white page and from a dark one.
    """
    if variant in COLOURS:
        return COLOURS[variant]
    hue, light = _number_of(variant, 0) / 256, _number_of(variant, 1) % len(_LIGHTS)
    shades = [hls_to_rgb(hue, step / 100, _SATURATION) for step in range(10, 90)]
    wanted = _LIGHTS[light]
    return to_hex(min(shades, key=lambda rgb: abs(_luminance(rgb) - wanted)))


def dashes(variant: str, rank: int) -> Any:
    """The dash pattern of a variant's ``rank``-th label, from 0."""
    if variant not in COLOURS:
        return _OWN[(rank + _number_of(variant, 2)) % len(_OWN)]
    patterns = _DASHES if variant in DASHED else _DOTS if variant in SPARSE else _SOLID
    return patterns[rank % len(patterns)]


def _number_of(variant: str, which: int) -> int:
    """Numbers from 0 to 255 that belong to a name, on any machine and for good."""
    return hashlib.sha256(variant.encode()).digest()[which]


def _luminance(rgb: tuple[float, float, float]) -> float:
    """Relative luminance, from 0 to 1 (WCAG 2.2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def image_bytes(figure: Figure, kind: str) -> bytes:
    """A figure as a file, without dates and version numbers in it.

    Args:
        figure: What to save.
        kind: ``"png"`` or ``"pdf"``.
    """
    buffer = BytesIO()
    figure.dpi = DPI
    with figure_style():  # ``savefig`` would draw it twice, once for nothing
        if kind == "png":
            FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": None})
        else:
            FigureCanvasPdf(figure).print_pdf(buffer, metadata=dict(_UNDATED))
    return buffer.getvalue()


_UNDATED = dict.fromkeys(("CreationDate", "Producer", "Creator"))
