"""What A2C learns from at once."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Rollout(NamedTuple):
    """``n`` steps of ``E`` environments, time first.

    The policy and the values are those that acted, with the graph of their forward
    pass: the parameters don't change in between, so the update needs no second one.
    """

    log_policy: Tensor  # (n, E, A)
    values: Tensor  # (n, E)
    actions: Tensor  # (n, E), int64
    rewards: Tensor  # (n, E)
    dones: Tensor  # (n, E), 1 where the episode ended after the step
    last_values: Tensor  # (E,), V of the observation after the rollout; no graph
