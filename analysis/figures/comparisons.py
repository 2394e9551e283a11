"""What the paper's three figures compare, and which of it a study can show.

A panel with one arm alone compares nothing: it is left out, and said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.figures.curves import Curves


@dataclass(frozen=True)
class Block:
    """Panels that share a heading and a legend.

    Attributes:
        heading: What the block compares.
        variants: Whose curves it shows, in the legend's order.
        beside: Those of them that other blocks are about: shown for comparison.
    """

    heading: str
    variants: tuple[str, ...]
    beside: tuple[str, ...] = ()


ONE_STEP = (
    "dqn-hard",
    "dqn-soft-entropy",
    "dqn-soft-kl",
    "dqn-hard-plus",
    "dqn-hard-minus",
)
FIVE_STEP = ("dqn-hard-5step", "dqn-soft-entropy-5step", "dqn-soft-kl-5step")
BONUS = ("a2c-naive", "a2c-proper")
CONTROLS = (*BONUS, "a2c-proper-kl", "a2c-naive-plus")
EQUIVALENT = ("a2c-proper", "q-a2c")

# The paper's own arms are the first block; what its text needs beside them follows.
FIGURES: dict[str, tuple[Block, ...]] = {
    "figure_1": (
        Block("Figure 1: A2C, entropy bonus naive or proper", BONUS),
        Block(
            "Figure 1, controls: KL for entropy; survival bonus alone",
            CONTROLS,
            beside=BONUS,
        ),
    ),
    "figure_2": (
        Block("Figure 2: DQN, hard and soft 1-step targets", ONE_STEP),
        Block(
            "Figure 2: DQN, 5-step targets",
            (*FIVE_STEP, "dqn-hard"),
            beside=("dqn-hard",),
        ),
    ),
    "figure_3": (
        Block(
            "Figure 3: policy gradient (A2C) and Q-learning with its gradient",
            (*EQUIVALENT, "a2c-proper-c100", "q-a2c-c100"),
        ),
        Block(
            "Figure 3, beside: unscaled Q-learning; temperature 0.1",
            (*EQUIVALENT, "q-a2c-raw", "a2c-proper-t0.1", "q-a2c-t0.1"),
            beside=EQUIVALENT,
        ),
    ),
}


# All variants of the paper's figures, in the order of their legends.
PAPERS = tuple(
    dict.fromkeys(
        name
        for blocks in FIGURES.values()
        for block in blocks
        for name in block.variants
    )
)
OWN_FIGURE = "figure_own"
FAMILIES = {"a2c": "A2C", "dqn": "DQN"}


def figures_of(curves: Curves) -> dict[str, tuple[Block, ...]]:
    """The paper's figures and, of variants that are in none of them, one more.

    It shows them beside those of the paper's that the study has, a family each.
    """
    blocks = tuple(_own_block(rows) for _, rows in curves.arms.groupby("family"))
    own = tuple(block for block in blocks if set(block.variants) - set(block.beside))
    return FIGURES | ({OWN_FIGURE: own} if own else {})


def _own_block(arms: pd.DataFrame) -> Block:
    there, family = set(arms["variant"]), str(arms["family"].iloc[0])
    beside = tuple(name for name in PAPERS if name in there)
    heading = f"Own variants of {FAMILIES.get(family, family)}"
    return Block(heading, (*beside, *sorted(there - {*PAPERS})), beside)


@dataclass(frozen=True, eq=False)
class Comparison:
    """A block as far as a study has it.

    Attributes:
        block: What it is.
        arms: The rows of ``Curves.arms`` that it shows.
        games: Its panels, sorted: at least two variants have finished runs on each.
    """

    block: Block
    arms: pd.DataFrame
    games: list[str]


def comparisons(curves: Curves, blocks: Sequence[Block]) -> list[Comparison]:
    """The blocks of which there is something to compare."""
    found = []
    for block in blocks:
        arms = _arms(curves, block)
        games = [game for game in _games(arms) if not _alone(arms, block, game)]
        if games:
            shown = arms[arms["game"].isin(games)]
            found.append(Comparison(block, shown, games))
    return found


def left_out(curves: Curves, blocks: Sequence[Block]) -> list[str]:
    """Why panels are left out for which there are runs, a line for each reason."""
    lines: dict[str, list[str]] = {}
    for block in blocks:
        arms = _arms(curves, block)
        for game in _games(arms):
            if why := _alone(arms, block, game):
                lines.setdefault(why, []).append(game)
    return [f"{', '.join(games)}: {why}" for why, games in lines.items()]


def _arms(curves: Curves, block: Block) -> pd.DataFrame:
    """The arms of a block; none if it has none of its own."""
    own = set(block.variants) - set(block.beside)
    there = curves.arms["variant"]
    wanted = block.variants if there.isin(own).any() else ()
    return curves.arms[there.isin(wanted)]


def _games(arms: pd.DataFrame) -> list[str]:
    return sorted(arms["game"].unique())


def _alone(arms: pd.DataFrame, block: Block, game: str) -> str:
    """Why there is nothing to compare on a game; empty if there is."""
    finished = set(arms.loc[(arms["game"] == game) & (arms["n"] > 0), "variant"])
    missing = [name for name in block.variants if name not in finished]
    own = set(block.variants) - set(block.beside)
    if len(finished) > 1 and finished & own:
        return ""
    beside = ", ".join(sorted(finished)) or "any other"
    return f"no finished run of {', '.join(missing)} beside {beside}"
