"""Figure 3: how near two *curves* are, when the updates are nearly the same.

Proper A2C and Q-learning written as A2C learn one small game, from the same start and
with the same coins: the same policy takes the same actions and meets the same
successors. Their updates differ by noise of size tau (:mod:`estimators`). Once that
makes one action differ, the two play different games; what they have in common then is
what any two seeds have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from algorithms.entropy import regularizer
from algorithms.losses import actor_critic_loss, q_learning_loss
from algorithms.targets import n_step_returns, regularized_rewards
from benchmarks.theory.checks import check
from benchmarks.theory.paper.fixed_points import policy_distance
from benchmarks.theory.paper.structures import games
from benchmarks.theory.rows import Row, differs, holds
from benchmarks.theory.tabular.mdp import TabularMDP
from benchmarks.theory.tabular.solvers import objective

RUNS, ENVS, N_STEPS = 8, 16, 5
TAU, VALUE_COEF, LEARNING_RATE = 0.01, 0.5, 1.0
EARLY, LATE = 20, 300  # updates
NUDGE = 0.01  # of the critic's first values, in rewards: no more than tau

# A loss a sample, of log pi, V, actions and returns.
Loss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


@dataclass
class Tables:
    """What ``R`` runs learn: logits ``(R, S, A)`` and values ``(R, S)``."""

    logits: Tensor
    values: Tensor

    def descend(self, loss: Tensor) -> None:
        """Take a step of plain gradient descent on the sum of the runs' losses."""
        tables = [self.logits, self.values]
        with torch.no_grad():
            for table, slope in zip(
                tables, torch.autograd.grad(loss, tables), strict=True
            ):
                table -= LEARNING_RATE * slope


def actor_critic(log_policy: Tensor, values: Tensor, *taken: Tensor) -> Tensor:
    """Proper A2C (Eq. 80, 84-86)."""
    return actor_critic_loss(
        log_policy, values, *taken, temperature=TAU, value_coef=VALUE_COEF
    ).total


def q_learning(log_policy: Tensor, values: Tensor, *taken: Tensor) -> Tensor:
    """Q-learning written as A2C (Sec. 6.3)."""
    return q_learning_loss(
        log_policy, values, *taken, temperature=TAU, value_coef=VALUE_COEF
    )


def game() -> TabularMDP:
    """Six actions, a reward of -1, 0 or 1 at every step."""
    return games("6")[0]


def _drawn(chances: Tensor, coins: Tensor) -> Tensor:
    """An index for each coin: ``(..., K)`` and ``(...)``, uniform, to ``(...)``."""
    below = chances.cumsum(-1) < coins.unsqueeze(-1)
    return below.sum(-1).clamp(max=chances.shape[-1] - 1)


class Vector:
    """``ENVS`` games of each run, ``(R, E)``, that turn with given coins."""

    def __init__(self, mdp: TabularMDP, coins: Tensor) -> None:
        self.mdp = mdp
        self.states = _drawn(mdp.start, coins)

    def step(self, actions: Tensor, coins: Tensor) -> tuple[Tensor, Tensor]:
        """Reward and whether a game ended, ``(R, E)`` each; those begin again."""
        mdp = self.mdp
        rewards = mdp.rewards[self.states, actions]
        following = _drawn(mdp.transitions[self.states, actions], coins[0])
        over = mdp.terminal[following]
        self.states = torch.where(over, _drawn(mdp.start, coins[1]), following)
        return rewards, over.double()


def update(loss: Loss, tables: Tables, vector: Vector, coins: Tensor) -> None:
    """Play ``n`` steps with ``coins (n, 3, R, E)``, then descend."""
    runs = torch.arange(RUNS).unsqueeze(-1)
    with torch.no_grad():
        policy = torch.log_softmax(tables.logits, -1)
        steps = []
        for coin in coins:
            states = vector.states
            actions = _drawn(policy.exp()[runs, states], coin[0])
            steps.append((states, actions, *vector.step(actions, coin[1:])))
        states, actions, rewards, dones = map(torch.stack, zip(*steps, strict=True))
        earned = regularized_rewards(rewards, regularizer(policy)[runs, states], TAU)
        bootstrap = tables.values[runs, vector.states]
        returns = n_step_returns(earned, dones, bootstrap, vector.mdp.gamma)
    policy = torch.log_softmax(tables.logits, -1)[runs, states]
    losses = loss(policy, tables.values[runs, states], actions, returns)
    tables.descend(losses.mean((0, 2)).sum())


@cache
def trained(loss: Loss, nudge: float = 0.0) -> dict[int, Tensor]:
    """``log pi (R, S, A)`` of every run after :data:`EARLY` and :data:`LATE` updates.

    Args:
        loss: What is minimised.
        nudge: Added to the critic's first values, which are otherwise 0.
    """
    mdp, rng = game(), np.random.default_rng([0, 4])
    shape = (RUNS, mdp.n_states)
    tables = Tables(
        torch.zeros(*shape, mdp.n_actions, dtype=torch.float64).requires_grad_(),
        torch.full(shape, nudge, dtype=torch.float64).requires_grad_(),
    )
    vector = Vector(mdp, torch.from_numpy(rng.random((RUNS, ENVS))))
    found = {}
    for number in range(1, LATE + 1):
        coins = torch.from_numpy(rng.random((N_STEPS, 3, RUNS, ENVS)))
        update(loss, tables, vector, coins)
        if number in (EARLY, LATE):
            found[number] = torch.log_softmax(tables.logits, -1).detach()
    return found


def apart(ours: Tensor, theirs: Tensor) -> float:
    """Mean total variation of two sets of policies, over runs and living states."""
    return float(policy_distance(ours, theirs)[:, :-1].mean())


def score_apart(ours: Tensor, theirs: Tensor) -> float:
    """Mean difference of two sets of policies' undiscounted scores, in rewards."""
    whole = replace(game(), gamma=1.0)
    scores = [
        torch.stack([objective(whole, policy) for policy in each])
        for each in (ours, theirs)
    ]
    return float((scores[0] - scores[1]).abs().mean())


@check(section="6.3", equation="57-65, 84-86")
def curves_part() -> Iterator[Row]:
    """Near at first, and soon about as far apart as two seeds of one algorithm."""
    ours, theirs = trained(actor_critic), trained(q_learning)
    nudged = trained(actor_critic, NUDGE)
    said: dict[str, Any] = {"tau": TAU, "A": 6, "S": 16, "runs": RUNS, "n": N_STEPS}
    between = (
        "total variation between q-a2c and a2c-proper of one seed, as a share of that "
        "between two seeds of a2c-proper"
    )
    nudge = (
        "the same between a2c-proper and itself with the critic's first values "
        f"{NUDGE:g} off"
    )
    share, words = _beside_another_seed(ours, theirs, EARLY)
    statement = f"{EARLY} updates: {between}"
    yield holds(statement, share, tolerance=0.05, observed=words, **said)
    for others, what in ((theirs, between), (nudged, nudge)):
        share, words = _beside_another_seed(ours, others, LATE)
        statement = f"{LATE} updates: {what}"
        yield differs(statement, share, threshold=0.25, observed=words, **said)


def _beside_another_seed(
    ours: dict[int, Tensor], theirs: dict[int, Tensor], updates: int
) -> tuple[float, str]:
    """Distance to the same seed's policy as a share of that to the next seed's."""
    here, there = ours[updates], theirs[updates]
    other = here.roll(1, 0)
    near, far = apart(here, there), apart(here, other)
    scores = f"{score_apart(here, there):.2g} and {score_apart(here, other):.2g}"
    return near / far, f"{near:.2g} and {far:.2g}; scores {scores} reward apart"
