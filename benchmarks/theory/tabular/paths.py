"""Every path of n steps of a small MDP, with its probability: no sampling."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from benchmarks.theory.tabular.mdp import TabularMDP


@dataclass(frozen=True, eq=False)
class Paths:
    """All ``K`` paths of ``n`` steps, time first as in ``algorithms.targets``.

    After an episode's end a path stands still (action 0, reward 0, alive 0).

    Attributes:
        states: ``s_0 .. s_n``, ``(n + 1, K)``, int64.
        actions: ``a_0 .. a_{n-1}``, ``(n, K)``, int64.
        rewards: ``r_t``, ``(n, K)``.
        dones: 1 where the episode ends after the step, ``(n, K)``.
        alive: 1 where the step is taken, ``(n, K)``.
        chance: What the environment contributes to the probability, ``(K,)``: that of
            the first state and of every transition.
    """

    states: Tensor
    actions: Tensor
    rewards: Tensor
    dones: Tensor
    alive: Tensor
    chance: Tensor

    def __len__(self) -> int:
        """``n``, the number of steps."""
        return len(self.actions)

    def of_actions(self, x: Tensor) -> Tensor:
        """``x(s_t, a_t)`` along the paths, ``(S, A) -> (n, K)``."""
        return x[self.states[:-1], self.actions]

    def of_states(self, x: Tensor) -> Tensor:
        """``x(s_t)`` of all but the last state, ``(S, ...) -> (n, K, ...)``."""
        return x[self.states[:-1]]

    def bootstrap(self, values: Tensor) -> Tensor:
        """``V(s_n)``, ``(S,) -> (K,)``; the ``dones`` mask it where it is terminal."""
        return values[self.states[-1]]

    def probabilities(self, log_policy: Tensor, given_actions: int = 0) -> Tensor:
        """Probability of each path under a policy, ``(S, A) -> (K,)``.

        Args:
            log_policy: Policy that chooses the actions.
            given_actions: How many of the first actions are given rather than chosen.
        """
        log_chances = torch.where(self.alive > 0, self.of_actions(log_policy), 0.0)
        return self.chance * log_chances[given_actions:].sum(0).exp()


def enumerate_paths(
    mdp: TabularMDP, n_steps: int, start: Tensor | None = None
) -> Paths:
    """Every path of ``n_steps`` with a non-zero chance.

    Args:
        mdp: A single MDP; there are up to ``S (A S)^n`` paths.
        n_steps: ``n >= 1``.
        start: Distribution of the first state, ``(S,)``; the MDP's own by default.
    """
    start = mdp.start if start is None else start
    states = start.nonzero().T
    chance = start[states[0]]
    actions = torch.empty(0, len(chance), dtype=torch.int64)
    for _ in range(n_steps):
        index, action, successor = _possible_steps(mdp, states[-1])
        chance = chance[index] * mdp.transitions[states[-1][index], action, successor]
        actions = torch.cat([actions[:, index], action.unsqueeze(0)])
        states = torch.cat([states[:, index], successor.unsqueeze(0)])
    alive = mdp.alive[states]
    return Paths(
        states=states,
        actions=actions,
        rewards=alive[:-1] * mdp.rewards[states[:-1], actions],
        dones=1 - alive[1:],
        alive=alive[:-1],
        chance=chance,
    )


def _possible_steps(mdp: TabularMDP, states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Indices into ``states (K,)``, actions and successors of all possible steps."""
    possible = mdp.transitions > 0
    over = mdp.terminal.nonzero().squeeze(-1)
    possible[over] = False
    possible[over, 0, over] = True
    index, action, successor = possible[states].nonzero(as_tuple=True)
    return index, action, successor


def mean_by_first_state(x: Tensor, weights: Tensor, paths: Paths, n: int) -> Tensor:
    """``E[x | s_0 = s]`` of a quantity of paths, ``(K,) -> (n,)`` for ``n`` states.

    Args:
        x: One number a path.
        weights: Probability of each path.
        paths: The paths.
        n: Number of states; one that starts no path gets nan.
    """
    return _mean_by(paths.states[0], x, weights, n)


def mean_by_first_step(
    x: Tensor, weights: Tensor, paths: Paths, shape: tuple[int, int]
) -> Tensor:
    """``E[x | s_0 = s, a_0 = a]``, ``(K,) -> (S, A)``; arguments as above."""
    n_states, n_actions = shape
    group = paths.states[0] * n_actions + paths.actions[0]
    return _mean_by(group, x, weights, n_states * n_actions).view(shape)


def _mean_by(group: Tensor, x: Tensor, weights: Tensor, n: int) -> Tensor:
    nothing = torch.zeros(n, dtype=x.dtype)
    total = nothing.index_add(0, group, weights * x)
    return total / nothing.index_add(0, group, weights)
