"""An MDP with a policy, a guess of its Q and a regularisation: what backups act on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from algorithms.entropy import boltzmann_log_policy, regularizer, soft_value
from algorithms.targets import regularized_rewards
from benchmarks.theory.tabular.grid import log_policy_like, references, small_mdp
from benchmarks.theory.tabular.mdp import TabularMDP
from benchmarks.theory.tabular.paths import Paths, enumerate_paths
from benchmarks.theory.tabular.solvers import policy_backup


class Case(NamedTuple):
    """An MDP, a policy, a guess of its Q, and the regularisation.

    Attributes:
        mdp: ``S`` states, the last terminal.
        q: Any Q-function, ``(S, A)``, not a fixed point of anything.
        log_policy: Any policy, ``(S, A)``.
        temperature: ``tau``.
        log_reference: ``(S, A)`` or None.
    """

    mdp: TabularMDP
    q: Tensor
    log_policy: Tensor
    temperature: float
    log_reference: Tensor | None

    @property
    def soft_value(self) -> Tensor:
        """``V_Q``, ``(S,)``."""
        return soft_value(self.q, self.temperature, self.log_reference)

    @property
    def boltzmann(self) -> Tensor:
        """``log pi^B_Q``, ``(S, A)``."""
        return boltzmann_log_policy(self.q, self.temperature, self.log_reference)

    def penalty(self, log_policy: Tensor) -> Tensor:
        """``tau REG``, ``(S,)``."""
        return self.temperature * regularizer(log_policy, self.log_reference)

    def backup(self, values: Tensor, log_policy: Tensor) -> Tensor:
        """``T_pi V``, ``(S,)``."""
        return policy_backup(
            self.mdp, values, log_policy, self.temperature, self.log_reference
        )

    def paths(self, n: int) -> Paths:
        """Every path of n steps from every living state."""
        return enumerate_paths(self.mdp, n)

    def td_errors(self, paths: Paths, values: Tensor, log_policy: Tensor) -> Tensor:
        """``delta_t = r_t - tau REG_t + gamma V(s_{t+1}) - V(s_t)``, ``(n, K)``."""
        rewards = self.regularized(paths, log_policy)
        following = (1 - paths.dones) * values[paths.states[1:]]
        errors = rewards + self.mdp.gamma * following - paths.of_states(values)
        return paths.alive * errors

    def regularized(self, paths: Paths, log_policy: Tensor) -> Tensor:
        """``r_t - tau REG(s_t)``, ``(n, K)``."""
        reg = regularizer(log_policy, self.log_reference)
        return regularized_rewards(
            paths.rewards, paths.of_states(reg), self.temperature
        )

    def discounts(self, n: int) -> Tensor:
        """``gamma^t``, ``(n,)``."""
        return self.mdp.gamma ** torch.arange(n, dtype=torch.float64)


def cases(temperature: float) -> Iterator[Case]:
    """The small MDP with each reference; Q in units that make a soft policy."""
    mdp = small_mdp()
    level = torch.linspace(-1, 1, mdp.n_states, dtype=torch.float64).unsqueeze(-1)
    for name, reference in references(mdp.n_states, mdp.n_actions):
        q = level + temperature * log_policy_like(mdp, seed=len(name))
        yield Case(mdp, q, log_policy_like(mdp), temperature, reference)


def living(x: Tensor) -> Tensor:
    """All but the last state, which is terminal, ``(S, ...) -> (S - 1, ...)``."""
    return x[:-1]
