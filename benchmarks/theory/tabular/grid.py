"""The settings that the checks share: temperatures, references, one small MDP."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from algorithms.entropy import uniform_log_reference
from benchmarks.theory.tabular.mdp import TabularMDP, episodic_mdp, random_log_policy

TEMPERATURES = (0.01, 0.1, 1.0, 10.0)
N_STEPS = (1, 2, 3, 4, 5)
MDP_SEED, REFERENCE_SEED = 3, 7


def references(n_states: int, n_actions: int) -> Iterator[tuple[str, Tensor | None]]:
    """Name and log of each reference: none, uniform, random ``(S, A)``."""
    yield "none (entropy)", None
    yield "uniform", uniform_log_reference(n_actions).expand(n_states, n_actions)
    yield "random", random_log_policy(REFERENCE_SEED, n_states, n_actions)


def small_mdp(n_actions: int = 3) -> TabularMDP:
    """Three states and a terminal one, two successors and an end to each action."""
    return episodic_mdp(MDP_SEED, n_states=4, n_actions=n_actions, branching=2)


def log_policy_like(mdp: TabularMDP, seed: int = 11) -> Tensor:
    """A random policy for an MDP, ``(S, A)``."""
    return random_log_policy(seed, mdp.n_states, mdp.n_actions)
