"""Random games that end: with actions alike or not, and rewards dense or sparse.

Many an Atari game's actions are copies of each other (Pong's six are three, twice), and
most of its steps pay nothing. Both decide how much of ``tau log A`` a soft value keeps,
and whether a bonus for living is worth having decides what it does to a score.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import torch

from benchmarks.theory.paper.bootstraps import episodic, with_copies
from benchmarks.theory.tabular.mdp import TabularMDP

# (distinct actions, copies of each) of Pong, Breakout, Qbert and Seaquest; and as many
# actions as Seaquest's with as few kinds as Qbert's.
STRUCTURES: dict[str, tuple[int, int]] = {
    "3 twice": (3, 2),
    "4": (4, 1),
    "6": (6, 1),
    "18": (18, 1),
    "6 three times": (6, 3),
}
SPARSE = 0.03  # share of rewards kept; a third of those is 0 as well


@cache
def games(structure: str, *, density: float = 1.0, charge: float = 0.0) -> TabularMDP:
    """Forty MDPs of :func:`bootstraps.episodic`, 16 states and one where all is over.

    Args:
        structure: A key of :data:`STRUCTURES`.
        density: Share of the rewards -1, 0 and 1 that are kept; the others become 0.
        charge: Reward that every step costs beside. With 2, no step's reward is above
            -1, so that living costs; without, the best policies live to earn.
    """
    kinds, copies = STRUCTURES[structure]
    mdp = episodic(kinds)
    kept = np.random.default_rng([0, 3]).random(mdp.rewards.shape) < density
    rewards = torch.where(torch.from_numpy(kept), mdp.rewards, 0.0)
    rewards = (rewards - charge) * mdp.alive.unsqueeze(-1)
    return with_copies(replace(mdp, rewards=rewards), copies)
