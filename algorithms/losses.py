"""The losses that the paper compares, per sample, as functions of tensors.

Each returns one loss a sample, ``(...)``; the mean over a batch is the caller's.
``returns`` and every error that multiplies a gradient are detached *here*, so that
the stop-gradients can be read beside the equation.

Source: Schulman, Chen, Abbeel (2017), Sec. 4, Eq. 84-86 and Sec. 6.3.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from algorithms.entropy import q_from_policy, regularizer


class ActorCriticLoss(NamedTuple):
    """Per-sample terms of Eq. 84-86, each ``(...)``; ``total`` is what is minimised."""

    policy: Tensor
    regularization: Tensor
    value: Tensor
    total: Tensor


def _of_action(x: Tensor, actions: Tensor) -> Tensor:
    """Pick ``x[..., a]``: ``(..., A)`` and ``(...)`` to ``(...)``."""
    return x.gather(-1, actions.unsqueeze(-1)).squeeze(-1)


def actor_critic_loss(
    log_policy: Tensor,
    values: Tensor,
    actions: Tensor,
    returns: Tensor,
    *,
    temperature: float,
    value_coef: float,
    log_reference: Tensor | None = None,
) -> ActorCriticLoss:
    """``-A log pi(a) + tau REG + c/2 (V - R)^2`` with ``A = sg[R - V]`` (Eq. 84-86).

    With returns of plain rewards this is the naive A2C of Eq. 79; with returns of
    regularised rewards, the proper one of Eq. 80. The analytic ``tau REG`` belongs to
    both: it is the gradient of the step's own regularisation.

    Args:
        log_policy: Log-probabilities, ``(..., A)``.
        values: ``V(s)``, ``(...)``.
        actions: Actions taken, ``(...)``, int64.
        returns: ``R``, ``(...)``; a constant.
        temperature: ``tau``, the weight of the regularisation.
        value_coef: ``c``, the weight of the value error.
        log_reference: Log of the reference policy, or None for the entropy.
    """
    returns = returns.detach()
    advantages = (returns - values).detach()
    policy = -advantages * _of_action(log_policy, actions)
    regularization = regularizer(log_policy, log_reference)
    value = 0.5 * (values - returns) ** 2
    total = policy + temperature * regularization + value_coef * value
    return ActorCriticLoss(policy, regularization, value, total)


def q_learning_error(
    log_policy: Tensor,
    values: Tensor,
    actions: Tensor,
    returns: Tensor,
    *,
    temperature: float,
    log_reference: Tensor | None = None,
) -> Tensor:
    """``Q(s, a) - sg[y]`` with ``Q = V + tau log(pi/pibar)``, ``y = R + tau REG(s)``.

    The target leaves out the regularisation of its own first step (Eq. 46-47), which
    the proper return ``R`` contains: hence ``+ tau REG(s)``.

    Args:
        log_policy: Log-probabilities, ``(..., A)``.
        values: ``V(s)``, ``(...)``.
        actions: Actions taken, ``(...)``, int64.
        returns: Returns of *regularised* rewards, ``(...)``; a constant.
        temperature: ``tau``.
        log_reference: Log of the reference policy, or None for the entropy.
    """
    regularization = regularizer(log_policy, log_reference)
    targets = (returns + temperature * regularization).detach()
    q = q_from_policy(values, log_policy, temperature, log_reference)
    return _of_action(q, actions) - targets


def q_learning_loss(
    log_policy: Tensor,
    values: Tensor,
    actions: Tensor,
    returns: Tensor,
    *,
    temperature: float,
    value_coef: float,
    log_reference: Tensor | None = None,
) -> Tensor:
    """``sg[Q - y] (log pi(a) + c V)``: Q-learning written as A2C (Sec. 6.3).

    Its gradient is that of ``1/2 (Q - y)^2``, through ``Q = V + tau log pi``, with the
    advantage stream scaled by ``1/tau`` and the value stream by ``c`` (the paper's
    text prints another factor for the first). It has no explicit entropy term: in
    expectation over actions the squared error brings it.

    Args: as :func:`q_learning_error`; ``value_coef`` is ``c``.
    """
    error = q_learning_error(
        log_policy,
        values,
        actions,
        returns,
        temperature=temperature,
        log_reference=log_reference,
    )
    return scaled_error(error, log_policy, values, actions, value_coef)


def scaled_error(
    error: Tensor,
    log_policy: Tensor,
    values: Tensor,
    actions: Tensor,
    value_coef: float,
) -> Tensor:
    """``sg[e] (log pi(a) + c V)`` of an error ``e = Q - y``, ``(...)`` (Sec. 6.3)."""
    return error.detach() * (_of_action(log_policy, actions) + value_coef * values)


def raw_q_learning_loss(
    log_policy: Tensor,
    values: Tensor,
    actions: Tensor,
    returns: Tensor,
    *,
    temperature: float,
    log_reference: Tensor | None = None,
) -> Tensor:
    """``1/2 (Q - sg[y])^2``, nothing rescaled (Eq. 58).

    In expectation its gradient is tau times that of A2C with ``c = 1/tau``.

    Args: as :func:`q_learning_error`.
    """
    error = q_learning_error(
        log_policy,
        values,
        actions,
        returns,
        temperature=temperature,
        log_reference=log_reference,
    )
    return squared_error(error)


def squared_error(error: Tensor) -> Tensor:
    """``1/2 e^2`` of an error ``e = Q - y``, ``(...)`` (Eq. 58)."""
    return 0.5 * error**2


def huber(values: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """``1/2 c^2 + |c| (|e| - |c|)``, ``e = Q - y``, ``c = clip(e, -1, 1)``; and ``c``.

    The Huber loss (delta 1) of each sample and its derivative, to the bits of PyTorch's
    ``smooth_l1_loss``.

    Args:
        values: ``Q(s, a)``, ``(B,)``.
        targets: ``y``, ``(B,)``.
    """
    error = values - targets
    slope = error.clamp(-1, 1)
    return slope * (error - slope / 2), slope
