"""The mistakes that implementations make, one at a time, as learners.

Each looks like the algorithm and trains. What it costs is the distance of its expected
gradient from that of proper A2C.
"""

from __future__ import annotations

from torch import Tensor

from algorithms.entropy import q_from_policy, regularizer, uniform_log_reference
from benchmarks.theory.tabular.learners import (
    Learner,
    Rollout,
    actor_critic_terms,
    raw_q_learning,
)


def _taken(x: Tensor, rollout: Rollout) -> Tensor:
    """``x(a_t)``: ``(n, K, A) -> (n, K)``."""
    return x.gather(-1, rollout.paths.actions.unsqueeze(-1)).squeeze(-1)


def _q(rollout: Rollout) -> Tensor:
    """``Q(s_t, a_t)``, ``(n, K)``."""
    q = q_from_policy(
        rollout.values, rollout.log_policy, rollout.temperature, rollout.log_reference
    )
    return _taken(q, rollout)


def _log_ratio(rollout: Rollout) -> Tensor:
    """``log pi(a_t) / pibar(a_t)``, ``(n, K)``: what was sampled of REG."""
    reference = rollout.log_reference
    ratio = rollout.log_policy if reference is None else rollout.log_policy - reference
    return _taken(ratio, rollout)


def _scaled(error: Tensor, rollout: Rollout, policy_scale: float = 1.0) -> Tensor:
    log_policy = _taken(rollout.log_policy, rollout)
    values = rollout.settings.value_coef * rollout.values
    return error.detach() * (policy_scale * log_policy + values)


def _target(rollout: Rollout) -> Tensor:
    reg = rollout.regularization
    return rollout.returns(reg) + rollout.temperature * reg


def mean_squared_error_without_half(rollout: Rollout) -> Tensor:
    """A2C with ``c (V - R)^2`` for ``c/2 (V - R)^2``, as ``F.mse_loss`` gives it."""
    terms = actor_critic_terms(rollout)
    return terms.total + rollout.settings.value_coef * terms.value


def heads_not_rescaled(rollout: Rollout) -> Tensor:
    """Q-learning's raw loss, compared with A2C of ``c`` in place of ``1/tau``."""
    return raw_q_learning(rollout)


def scaled_as_printed(rollout: Rollout) -> Tensor:
    """The advantage stream scaled by ``1/gamma``, as one transcription prints."""
    error = _q(rollout) - _target(rollout)
    return _scaled(error, rollout, rollout.temperature / rollout.gamma)


def target_not_detached(rollout: Rollout) -> Tensor:
    """The gradient runs through the target, too: a residual gradient."""
    error = _q(rollout) - _target(rollout)
    return _scaled(error, rollout) - error.detach() * _target(rollout)


def huber_for_square(rollout: Rollout) -> Tensor:
    """DQN's Huber loss (delta 1) in place of the square."""
    return _scaled((_q(rollout) - _target(rollout)).clamp(-1, 1), rollout)


def own_regularization_forgotten(rollout: Rollout) -> Tensor:
    """``y = R``, without ``+ tau REG(s_t)``."""
    return _scaled(_q(rollout) - rollout.returns(rollout.regularization), rollout)


def target_not_regularized(rollout: Rollout) -> Tensor:
    """``y`` of the plain rewards."""
    return _scaled(_q(rollout) - rollout.returns(), rollout)


def regularization_of_wrong_sign(rollout: Rollout) -> Tensor:
    """``r + tau REG`` for ``r - tau REG``: the entropy is charged, not paid."""
    reg = -rollout.regularization
    target = rollout.returns(reg) + rollout.temperature * reg
    return _scaled(_q(rollout) - target, rollout)


def references_mixed(rollout: Rollout) -> Tensor:
    """Targets of one version with the Q of the other.

    ``Q = V + tau log pi`` with targets of the KL to the uniform policy; or, where there
    is a reference policy, ``Q = V + tau log(pi/pibar)`` with those of the entropy.
    """
    other = None
    if rollout.log_reference is None:
        other = uniform_log_reference(rollout.log_policy.shape[-1])
    reg = regularizer(rollout.log_policy, other)
    target = rollout.returns(reg) + rollout.temperature * reg
    return _scaled(_q(rollout) - target, rollout)


def entropy_counted_twice(rollout: Rollout) -> Tensor:
    """A2C that samples ``-tau log pi(a_t)`` in its own step *and* adds the bonus."""
    reg = rollout.regularization
    sampled = rollout.temperature * (_log_ratio(rollout) - reg)
    return actor_critic_terms(rollout, rollout.returns(reg) - sampled).total


def regularization_not_differentiated(rollout: Rollout) -> Tensor:
    """A2C with REG in the returns but not ``tau grad REG`` (Eq. 52 as printed)."""
    terms = actor_critic_terms(rollout)
    return terms.policy + rollout.settings.value_coef * terms.value


MISTAKES: tuple[Learner, ...] = (
    mean_squared_error_without_half,
    heads_not_rescaled,
    scaled_as_printed,
    target_not_detached,
    huber_for_square,
    own_regularization_forgotten,
    target_not_regularized,
    regularization_of_wrong_sign,
    references_mixed,
    entropy_counted_twice,
    regularization_not_differentiated,
)


def later_regularization_sampled(rollout: Rollout) -> Tensor:
    """No mistake: ``log pi(a)`` for REG in every step *after* the first of a return.

    Each return needs its own first step's REG, so it is put right afterwards.
    """
    sampled = _log_ratio(rollout)
    own = rollout.temperature * (sampled - rollout.regularization)
    return actor_critic_terms(rollout, rollout.returns(sampled) + own).total
