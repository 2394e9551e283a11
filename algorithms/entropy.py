"""Soft values, Boltzmann policies and their divergences, as functions of tensors.

Every function takes ``log_reference``, the log of the paper's reference policy
``pibar``, broadcastable to ``(..., A)``. ``None`` stands for the counting measure
(``log pibar = 0``), which turns the KL penalty into minus the entropy: the *entropy*
version and the *KL* version of the paper are one formula with two references.

All logarithms are natural; temperatures are in units of reward.

Source: Schulman, Chen, Abbeel (2017), Sec. 2.1 and 3.2.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def uniform_log_reference(n_actions: int) -> Tensor:
    """Log of the uniform reference policy, ``-log A``, as a 0-d float64 tensor."""
    return torch.tensor(-math.log(n_actions), dtype=torch.float64)


def _plus_reference(x: Tensor, log_reference: Tensor | None) -> Tensor:
    return x if log_reference is None else x + log_reference.to(x)


def _minus_reference(x: Tensor, log_reference: Tensor | None) -> Tensor:
    return x if log_reference is None else x - log_reference.to(x)


def soft_value(
    q: Tensor, temperature: float, log_reference: Tensor | None = None
) -> Tensor:
    """``V_Q = tau log E_{a ~ pibar} exp(Q(a) / tau)`` (Eq. 11 corrected, Eq. 28).

    Args:
        q: Action values, ``(..., A)``.
        temperature: ``tau > 0``; as it goes to 0 the value goes to ``max_a Q(a)``.
        log_reference: See the module's head.

    Returns:
        Soft values, ``(...)``.
    """
    scaled = _plus_reference(q / temperature, log_reference)
    return temperature * torch.logsumexp(scaled, dim=-1)


def boltzmann_log_policy(
    q: Tensor, temperature: float, log_reference: Tensor | None = None
) -> Tensor:
    """``log pi^B_Q(a) = Q(a)/tau + log pibar(a) - V_Q/tau`` (Eq. 2, 12, 29).

    Args:
        q: Action values, ``(..., A)``.
        temperature: ``tau > 0``.
        log_reference: See the module's head.

    Returns:
        Log-probabilities, ``(..., A)``.
    """
    scaled = _plus_reference(q / temperature, log_reference)
    return torch.log_softmax(scaled, dim=-1)


def regularizer(log_policy: Tensor, log_reference: Tensor | None = None) -> Tensor:
    """``REG = E_{a ~ pi} log(pi(a) / pibar(a))``: the KL, or minus the entropy.

    ``KL(pi || pibar)`` with a reference policy (Eq. 31), ``-H(pi)`` without. For a
    uniform reference the two differ by the constant ``log A``. An action that the
    policy never takes adds nothing.

    Args:
        log_policy: Log-probabilities, ``(..., A)``.
        log_reference: See the module's head.

    Returns:
        Regularisation, ``(...)``, in nats.
    """
    log_ratio = _minus_reference(log_policy, log_reference)
    probabilities = log_policy.exp()
    return torch.where(probabilities > 0, probabilities * log_ratio, 0.0).sum(-1)


def entropy(log_policy: Tensor) -> Tensor:
    """Shannon entropy ``H(pi)`` in nats, ``(..., A) -> (...)``."""
    return -regularizer(log_policy)


def q_from_policy(
    values: Tensor,
    log_policy: Tensor,
    temperature: float,
    log_reference: Tensor | None = None,
) -> Tensor:
    """``Q(a) = V + tau log(pi(a) / pibar(a))`` (Eq. 57): a Q-function from two heads.

    Its Boltzmann policy is ``pi`` and its soft value is ``V``, exactly.

    Args:
        values: State values, ``(...)``.
        log_policy: Log-probabilities, ``(..., A)``.
        temperature: ``tau > 0``.
        log_reference: See the module's head.

    Returns:
        Action values, ``(..., A)``.
    """
    log_ratio = _minus_reference(log_policy, log_reference)
    return values.unsqueeze(-1) + temperature * log_ratio
