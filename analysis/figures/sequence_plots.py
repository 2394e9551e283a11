"""An effect's interval against the number of blocks: what was known by then."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from analysis.figures.plot import INK, Band, Line, Plot

ACCENT = "var(--accent)"
PER_CENT = 100


class Look(NamedTuple):
    """What was known after so many blocks; effects as shares.

    Attributes:
        n: Blocks.
        mean: Of them.
        wide: Ends of the interval at ``1 - alpha``; infinite where there are too few.
        narrow: Of that at ``1 - 2 alpha``.
    """

    n: int
    mean: float
    wide: tuple[float, float]
    narrow: tuple[float, float]


def sequence_plot(
    title: str,
    looks: Sequence[Look],
    span: tuple[float, float],
    alpha: float,
    unit: str,
) -> Plot:
    """The anytime-valid intervals after each block.

    Args:
        title: Above the plot.
        looks: At least one, by rising ``n``.
        span: From where to where the margin reaches, a share too.
        alpha: 0.05 for intervals at 95 % and 90 %.
        unit: What is on the vertical axis.
    """
    wide, narrow = (f"{PER_CENT * (1 - share):g} %" for share in (alpha, 2 * alpha))
    sides = [[_per_cent(look.narrow[side]) for look in looks] for side in (0, 1)]
    band = [[_per_cent(look.wide[side]) for look in looks] for side in (0, 1)]
    means = [_per_cent(look.mean) for look in looks]
    return Plot(
        title,
        f"After {looks[-1].n} blocks the effect is {means[-1]:.1f} %",
        "blocks",
        unit,
        [look.n for look in looks],
        [
            Line("mean of the blocks", INK, means),
            Line(f"{narrow} interval, low", ACCENT, sides[0], "6 4", aside=True),
            Line(f"{narrow} interval, high", ACCENT, sides[1], "6 4", aside=True),
        ],
        [Band(f"{wide} interval", ACCENT, *band)],
        (_per_cent(span[0]), _per_cent(span[1])),
    )


def _per_cent(share: float) -> float:
    return PER_CENT * share if math.isfinite(share) else math.nan
