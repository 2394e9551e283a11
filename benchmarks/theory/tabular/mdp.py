"""Small Markov decision processes as tables, alone or in batches of one shape."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

_SUM_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class TabularMDP:
    """A Markov decision process, or a batch of them (leading dimensions ``...``).

    Nothing is earned, chosen or discounted in a terminal state: its value is 0 and
    its rows of ``transitions`` (which must still sum to one) are never used.

    Attributes:
        transitions: ``P(s' | s, a)``, ``(..., S, A, S)``, float64.
        rewards: ``r(s, a)``, ``(..., S, A)``.
        start: Distribution of the first state, ``(..., S)``.
        terminal: Where the episode is over, ``(S,)`` or ``(..., S)``, bool.
        gamma: Discount per step, in [0, 1].

    Raises:
        ValueError: Probabilities are negative or do not sum to one (with the index
            of the first that do not), shapes disagree, or gamma is out of range.
    """

    transitions: Tensor
    rewards: Tensor
    start: Tensor
    terminal: Tensor
    gamma: float

    def __post_init__(self) -> None:
        *batch, states, actions, after = self.transitions.shape
        if after != states or self.rewards.shape != (*batch, states, actions):
            raise ValueError(
                f"transitions {tuple(self.transitions.shape)} and rewards "
                f"{tuple(self.rewards.shape)} are not (..., S, A, S) and (..., S, A)"
            )
        if self.start.shape[-1] != states or self.terminal.shape[-1] != states:
            raise ValueError(f"start and terminal need one entry for {states} states")
        if not 0 <= self.gamma <= 1:
            raise ValueError(f"gamma={self.gamma} is not in [0, 1]")
        check_distribution("transitions", self.transitions)
        check_distribution("start", self.start)

    @property
    def n_states(self) -> int:
        """``S``, terminal states included."""
        return self.rewards.shape[-2]

    @property
    def n_actions(self) -> int:
        """``A``."""
        return self.rewards.shape[-1]

    @cached_property
    def alive(self) -> Tensor:
        """1 in the states where an action is taken, 0 in terminal ones, float64."""
        return 1.0 - self.terminal.double()

    def __getitem__(self, index: int) -> TabularMDP:
        """One MDP of a batch."""
        shared = self.terminal.dim() == 1
        return TabularMDP(
            self.transitions[index],
            self.rewards[index],
            self.start[index],
            self.terminal if shared else self.terminal[index],
            self.gamma,
        )


def check_distribution(name: str, probabilities: Tensor) -> None:
    """Raise a ValueError naming the first row that is not a distribution."""
    negative = probabilities.lt(0).nonzero()
    if len(negative):
        index = tuple(negative[0].tolist())
        raise ValueError(f"{name}{list(index)} = {probabilities[index]:g} is negative")
    sums = probabilities.sum(-1)
    wrong = (~((sums - 1).abs() <= _SUM_TOLERANCE)).nonzero()  # catches nan, too
    if len(wrong):
        index = tuple(wrong[0].tolist())
        raise ValueError(f"{name}{list(index)} sums to {sums[index]:.12g}, not to 1")


def check_temperature(temperature: float) -> None:
    """Raise a ValueError unless ``tau`` is a finite number above 0."""
    if not 0 < temperature < math.inf:
        raise ValueError(f"temperature={temperature} is not a number above 0")


def check_reference(log_policy: Tensor, log_reference: Tensor | None) -> None:
    """Raise a ValueError if a policy acts where its reference policy never does.

    The KL would be infinite. None, the counting measure of ``algorithms.entropy``,
    has no zero.

    Args:
        log_policy: ``(..., A)``.
        log_reference: Broadcastable to it, or None.
    """
    if log_reference is None:
        return
    reference = log_reference.expand_as(log_policy)
    check_distribution("reference policy", reference.exp())
    outside = (reference.eq(-math.inf) & log_policy.gt(-math.inf)).nonzero()
    if len(outside):
        index = tuple(outside[0].tolist())
        raise ValueError(
            f"reference policy{list(index)} is 0 where the policy is "
            f"{log_policy[index].exp():.3g}"
        )


def random_mdp(
    seed: int,
    *,
    n_states: int = 4,
    n_actions: int = 3,
    gamma: float = 0.95,
    batch: tuple[int, ...] = (),
    branching: int | None = None,
) -> TabularMDP:
    """A continuing MDP with Dirichlet(1) transitions and standard normal rewards.

    Args:
        seed: The same seed gives the same MDP on every machine.
        n_states: ``S``.
        n_actions: ``A``.
        gamma: Discount per step.
        batch: Leading dimensions, ``()`` for a single MDP.
        branching: Possible successors of each ``(s, a)``; None for all states.
    """
    rng = np.random.default_rng(seed)
    shape = (*batch, n_states, n_actions)
    weights = rng.exponential(size=(*shape, n_states))
    if branching is not None:
        ranks = rng.random(weights.shape).argsort(-1).argsort(-1)
        weights = np.where(ranks < branching, weights, 0.0)
    return TabularMDP(
        transitions=torch.from_numpy(weights / weights.sum(-1, keepdims=True)),
        rewards=torch.from_numpy(rng.standard_normal(shape)),
        start=torch.full((*batch, n_states), 1 / n_states, dtype=torch.float64),
        terminal=torch.zeros(n_states, dtype=torch.bool),
        gamma=gamma,
    )


def episodic_mdp(
    seed: int,
    *,
    n_states: int = 4,
    n_actions: int = 3,
    gamma: float = 0.95,
    batch: tuple[int, ...] = (),
    branching: int | None = None,
    hazard: float = 0.1,
    rewards: tuple[float, ...] | None = None,
) -> TabularMDP:
    """A random MDP with one terminal state, the last, that every action may reach.

    Args:
        seed: As in :func:`random_mdp`, like the arguments not listed here.
        n_states: ``S``, the terminal state included.
        n_actions: ``A``.
        gamma: Discount per step.
        batch: Leading dimensions.
        branching: Possible non-terminal successors of each ``(s, a)``.
        hazard: Mean probability of ending the episode; that of each ``(s, a)`` is
            uniform between 0 and twice this.
        rewards: Values that ``r(s, a)`` takes with equal chances; None for normal.
    """
    living = random_mdp(
        seed,
        n_states=n_states - 1,
        n_actions=n_actions,
        gamma=gamma,
        batch=batch,
        branching=branching,
    )
    rng = np.random.default_rng([seed, 1])
    shape = (*batch, n_states - 1, n_actions)
    death = torch.from_numpy(2 * hazard * rng.random(shape))
    reward = living.rewards
    if rewards is not None:
        reward = torch.from_numpy(rng.choice(np.asarray(rewards, float), size=shape))
    return _with_terminal_state(living, reward, death)


def _with_terminal_state(
    living: TabularMDP, rewards: Tensor, death: Tensor
) -> TabularMDP:
    """Append a state that each ``(s, a)`` reaches with probability ``death``."""
    *batch, states, actions = rewards.shape
    transitions = torch.zeros(
        *batch, states + 1, actions, states + 1, dtype=torch.float64
    )
    transitions[..., :-1, :, :-1] = living.transitions * (1 - death).unsqueeze(-1)
    transitions[..., :-1, :, -1] = death
    transitions[..., -1, :, -1] = 1.0
    pad = torch.nn.functional.pad
    return TabularMDP(
        transitions=transitions,
        rewards=pad(rewards, (0, 0, 0, 1)),
        start=pad(living.start, (0, 1)),
        terminal=torch.arange(states + 1) == states,
        gamma=living.gamma,
    )


def chain_mdp(n_states: int = 5, gamma: float = 0.95) -> TabularMDP:
    """A deterministic corridor: left pays 0.1 at the near end, right 1 at the far end.

    Both ends are left again by the other action; nothing terminates.
    """
    index = torch.arange(n_states)
    successors = torch.stack(
        [(index - 1).clamp(min=0), (index + 1).clamp(max=n_states - 1)], dim=1
    )
    rewards = torch.zeros(n_states, 2, dtype=torch.float64)
    rewards[0, 0], rewards[-1, 1] = 0.1, 1.0
    one_hot = torch.nn.functional.one_hot
    return TabularMDP(
        transitions=one_hot(successors, n_states).double(),
        rewards=rewards,
        start=one_hot(torch.tensor(0), n_states).double(),
        terminal=torch.zeros(n_states, dtype=torch.bool),
        gamma=gamma,
    )


LOTTERY_STATES = ("start", "safe", "good", "bad", "over")


def lottery_mdp(
    safe: float = -2.0,
    good: float = 0.0,
    bad: float = -8.0,
    chance: float = 0.1,
) -> TabularMDP:
    """Choose 0, safe, or 1, risky: good with probability ``chance``, else bad.

    The states are :data:`LOTTERY_STATES`. Any action in the middle three pays their
    reward and ends the episode.
    """
    transitions = torch.zeros(5, 2, 5, dtype=torch.float64)
    transitions[0, 0, 1] = 1.0
    transitions[0, 1, 2], transitions[0, 1, 3] = chance, 1 - chance
    transitions[1:, :, 4] = 1.0
    rewards = torch.tensor([0.0, safe, good, bad, 0.0], dtype=torch.float64)
    return TabularMDP(
        transitions=transitions,
        rewards=rewards.unsqueeze(-1).repeat(1, 2),
        start=torch.nn.functional.one_hot(torch.tensor(0), 5).double(),
        terminal=torch.arange(5) == 4,
        gamma=1.0,
    )


def random_log_policy(
    seed: int, n_states: int, n_actions: int, *, scale: float = 1.0
) -> Tensor:
    """Log of a policy with normal logits, ``(S, A)``, float64."""
    logits = np.random.default_rng(seed).normal(scale=scale, size=(n_states, n_actions))
    return torch.log_softmax(torch.from_numpy(logits), dim=-1)
