"""Regression targets of policy gradients and Q-learning, as functions of tensors.

No function here detaches its arguments: a target is a constant of the loss, and the
caller computes it under ``torch.no_grad`` or detaches it, where the reader sees it.
``done`` and ``terminated`` are 1 where the episode ends *after* the step, so that
nothing is bootstrapped across it.

Source: Schulman, Chen, Abbeel (2017), Sec. 3.3, 4.2 and 6.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from algorithms.entropy import soft_value


def n_step_returns(
    rewards: Tensor, dones: Tensor, bootstrap: Tensor, gamma: float
) -> Tensor:
    """``R_t = sum_d gamma^d r_{t+d} + gamma^(n-t) V(s_n)`` (Eq. 79 with its bootstrap).

    Step ``t`` of a rollout of length ``n`` gets an ``(n - t)``-step return, cut where
    an episode ends.

    Args:
        rewards: ``(n, ...)``, time first.
        dones: ``(n, ...)``, 1 where the episode ends after the step.
        bootstrap: ``V(s_n)``, ``(...)``.
        gamma: Discount per step.

    Returns:
        Returns, ``(n, ...)``.
    """
    returns = []
    following = bootstrap
    for reward, done in zip(rewards.flip(0), dones.flip(0), strict=True):
        following = reward + gamma * (1 - done) * following
        returns.append(following)
    return torch.stack(returns[::-1])


def regularized_rewards(
    rewards: Tensor, regularization: Tensor, temperature: float
) -> Tensor:
    """``r_t - tau REG(s_t)``: the rewards of the proper objective (Eq. 80).

    Args:
        rewards: ``(n, ...)``.
        regularization: ``REG(s_t)`` of the acting policy, ``(n, ...)``, in nats.
        temperature: ``tau``.
    """
    return rewards - temperature * regularization


def hard_value(q: Tensor, bonus: float = 0.0) -> Tensor:
    """``max_a Q(a) + bonus``, ``(..., A) -> (...)`` (Eq. 81; a bonus is the control).

    Adding ``+ tau log A`` or ``- tau log A`` isolates the constant by which the soft
    targets of Eq. 82 and 83 differ from each other.
    """
    return q.amax(dim=-1) + bonus


def q_target(
    rewards: Tensor, terminated: Tensor, next_values: Tensor, discount: float | Tensor
) -> Tensor:
    """``y = r + gamma (1 - d) V(s')`` (Eq. 81-83, corrected forms).

    Args:
        rewards: ``(...)``; for n steps, the discounted sum of
            :func:`discounted_path_return`.
        terminated: ``(...)``, 1 where ``s'`` is terminal.
        next_values: ``V(s')`` in any of its forms, ``(...)``.
        discount: ``gamma``, or ``gamma^m`` per row, ``(...)``.
    """
    return rewards + discount * (1 - terminated) * next_values


def discounted_path_return(
    rewards: Tensor, penalties: Tensor, alive: Tensor, gamma: float
) -> Tensor:
    """``sum_{d<m} gamma^d r_{t+d} - sum_{0<d<m} gamma^d p_{t+d}`` (Eq. 46).

    The penalty of the first step is never charged: its action is given, not chosen
    by the policy that the target evaluates.

    Args:
        rewards: ``(B, n)``.
        penalties: ``(B, n - 1)``, in units of reward, of steps ``1 .. n-1``: from
            :func:`expected_penalty` or :func:`sampled_penalty`, or zeros.
        alive: ``(B, n)``, 1 while the step belongs to the path (``d < m``).
        gamma: Discount per step.

    Returns:
        ``(B,)``.
    """
    steps = torch.arange(rewards.shape[1], dtype=rewards.dtype, device=rewards.device)
    weights = alive * gamma**steps
    return (weights * rewards).sum(1) - (weights[:, 1:] * penalties).sum(1)


def expected_penalty(q: Tensor, value: Tensor, log_policy: Tensor) -> Tensor:
    """``E_{a ~ pi} Q(a) - V = tau REG(pi)``: the intermediate term as in Eq. 46.

    Right when the path's actions come from ``pi`` itself, biased otherwise.

    Args:
        q: ``(..., A)``.
        value: ``V_Q``, ``(...)``.
        log_policy: The Boltzmann policy of ``q``, ``(..., A)``.
    """
    return (log_policy.exp() * q).sum(-1) - value


def sampled_penalty(q: Tensor, value: Tensor, actions: Tensor) -> Tensor:
    """``Q(a) - V = tau log(pi(a)/pibar(a))`` of the action taken.

    Path consistency (Eq. 88-90): with it a target is unbiased at the fixed point for
    any behaviour. For the hard maximum it is the advantage ``Q(a) - max Q``.

    Args:
        q: ``(..., A)``.
        value: The backup's value of the same ``q``, ``(...)``.
        actions: ``(...)``, int64.
    """
    return q.gather(-1, actions.unsqueeze(-1)).squeeze(-1) - value


def printed_soft_kl_target(
    rewards: Tensor, terminated: Tensor, q_next: Tensor, gamma: float, tau: float
) -> Tensor:
    """Eq. 82 *as printed*: ``r + gamma log sum_a exp(Q/tau) - log A``.

    It lacks the factor tau: its modulus is ``gamma / tau`` and it diverges. Offered to
    show that it cannot be what was run.
    """
    target = printed_soft_entropy_target(rewards, terminated, q_next, gamma, tau)
    return target - math.log(q_next.shape[-1])


def printed_soft_entropy_target(
    rewards: Tensor, terminated: Tensor, q_next: Tensor, gamma: float, tau: float
) -> Tensor:
    """Eq. 83 *as printed*: ``r + gamma log sum_a exp(Q/tau)``; it diverges too."""
    value = soft_value(q_next, tau) / tau
    return q_target(rewards, terminated, value, gamma)
