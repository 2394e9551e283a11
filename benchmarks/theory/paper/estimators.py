"""Section 6.3: Q-learning written as A2C, in expectation and sample by sample.

With ``e = Q - y = -A + tau xi`` and ``xi = log(pi(a)/pibar(a)) - REG``, whose mean
under pi is 0, one sample of the two gradients differs by ::

    g_QL - g_A2C = tau (xi grad log pi - grad REG) + c tau xi grad V

which is 0 in expectation: two estimators of one gradient, apart by noise of size tau.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from benchmarks.theory.checks import check
from benchmarks.theory.paper.mistakes import MISTAKES, later_regularization_sampled
from benchmarks.theory.rows import Row, differs, holds, relative_error
from benchmarks.theory.tabular.grid import N_STEPS, TEMPERATURES, references, small_mdp
from benchmarks.theory.tabular.learners import (
    Learner,
    Rollout,
    Settings,
    TwoHeads,
    actor_critic,
    all_rollouts,
    expected_gradients,
    q_learning,
    raw_q_learning,
)


def gradient_distance(
    learner: Learner, other: Learner, n_steps: tuple[int, ...], settings: Settings
) -> float:
    """Relative L2 distance of two expected gradients, the largest over ``n_steps``."""
    mdp = small_mdp()
    network = TwoHeads(0, mdp.n_states, mdp.n_actions)
    distances = []
    for n in n_steps:
        ours, theirs = expected_gradients((learner, other), mdp, network, n, settings)
        distances.append(float((ours - theirs).norm() / theirs.norm()))
    return max(distances)


@check(section="6.3", equation="57-65, 84-86", over="reference")
def q_learning_is_actor_critic(
    ours: Learner = q_learning, theirs: Learner = actor_critic
) -> Iterator[Row]:
    """``E grad L_QL(1/tau, c) = E grad L_A2C(c)``, for any rollout length."""
    for tau in TEMPERATURES:
        for name, reference in references(4, 3):
            errors = [
                gradient_distance(ours, theirs, N_STEPS, Settings(tau, c, reference))
                for c in (0.5, 100.0)
            ]
            yield holds(
                "E grad of Q-learning, heads scaled by 1/tau and c, "
                "= E grad of proper A2C",
                max(errors),
                tau=tau,
                reference=name,
                c="0.5 and 100",
                n="1..5",
            )


@check(section="6.3", equation="58-65", over="reference")
def raw_q_learning_is_tau_actor_critic(
    ours: Learner = raw_q_learning, theirs: Learner = actor_critic
) -> Iterator[Row]:
    """``E grad 1/2 (Q - y)^2 = tau E grad L_A2C(c = 1/tau)``."""
    for tau in TEMPERATURES:
        for name, reference in references(4, 3):
            error = gradient_distance(
                ours,
                _times(tau, theirs),
                N_STEPS,
                Settings(tau, 1 / tau, reference),
            )
            yield holds(
                "E grad of 1/2 (Q - y)^2 = tau times that of A2C with c = 1/tau",
                error,
                tau=tau,
                reference=name,
                n="1..5",
            )


def _times(factor: float, learner: Learner) -> Learner:
    return lambda rollout: factor * learner(rollout)


class HeadGradients(NamedTuple):
    """Of one loss a sample: in the logits ``(n, K, A)``, in the value ``(n, K)``."""

    logits: Tensor
    values: Tensor


def head_gradients(learner: Learner, rollout: Rollout) -> HeadGradients:
    """Each sample's own gradient in what the network says of its own state."""
    logits = rollout.log_policy.detach().requires_grad_()
    values = rollout.values.detach().requires_grad_()
    sampled = Rollout(
        rollout.paths,
        rollout.log_policy_s.detach(),
        rollout.values_s.detach(),
        rollout.gamma,
        rollout.settings,
    )
    vars(sampled).update(log_policy=torch.log_softmax(logits, -1), values=values)
    loss = (rollout.paths.alive * learner(sampled)).sum()
    return HeadGradients(*torch.autograd.grad(loss, [logits, values]))


def _noise(rollout: Rollout) -> HeadGradients:
    """The difference that the module's head states, from its formula."""
    alive, probabilities = rollout.paths.alive, rollout.log_policy.exp().detach()
    ratio = rollout.log_policy.detach()
    if rollout.log_reference is not None:
        ratio = ratio - rollout.log_reference
    centred = ratio - (probabilities * ratio).sum(-1, keepdim=True)
    taken = torch.nn.functional.one_hot(rollout.paths.actions, ratio.shape[-1])
    xi = alive * (taken * centred).sum(-1)
    grad_reg = probabilities * centred * alive.unsqueeze(-1)
    tau, c = rollout.temperature, rollout.settings.value_coef
    logits = tau * (xi.unsqueeze(-1) * (taken - probabilities) - grad_reg)
    return HeadGradients(logits, c * tau * xi)


@check(section="6.3", equation="57-65", over="reference")
def samples_differ_by_known_noise(
    ours: Learner = q_learning, theirs: Learner = actor_critic
) -> Iterator[Row]:
    """The identity in the module's head, for every sample of every rollout."""
    mdp = small_mdp()
    network = TwoHeads(0, mdp.n_states, mdp.n_actions)
    for tau in TEMPERATURES:
        for name, reference in references(4, 3):
            settings = Settings(tau, 0.5, reference)
            rollout, chances = all_rollouts(mdp, network, 3, settings)
            q, pg = head_gradients(ours, rollout), head_gradients(theirs, rollout)
            noise = _noise(rollout)
            sums = [a + b for a, b in zip(pg, noise, strict=True)]
            yield holds(
                "per sample, g_QL - g_A2C = the noise stated in estimators.py",
                max(map(relative_error, q, sums)),
                tau=tau,
                reference=name,
                n=3,
            )
            means = [chances @ part.flatten(2).sum(0) for part in _flat(noise)]
            nothing = [torch.zeros_like(mean) for mean in means]
            size = max(float(part.abs().max()) for part in noise)
            yield holds(
                "the mean of that noise is 0",
                max(
                    relative_error(mean, zero, scale=size)
                    for mean, zero in zip(means, nothing, strict=True)
                ),
                tau=tau,
                reference=name,
                n=3,
            )


def _flat(heads: HeadGradients) -> tuple[Tensor, Tensor]:
    return heads.logits, heads.values.unsqueeze(-1)


@check(section="6.3", equation="57-65")
def surrogate_is_the_rescaled_square(
    ours: Learner = q_learning, raw: Learner = raw_q_learning
) -> Iterator[Row]:
    """``e (log pi + c V)`` has the gradients of ``1/2 e^2``, times 1/tau and c."""
    mdp = small_mdp()
    network = TwoHeads(0, mdp.n_states, mdp.n_actions)
    for tau in TEMPERATURES:
        rollout, _ = all_rollouts(mdp, network, 3, Settings(tau, 0.5))
        surrogate, square = head_gradients(ours, rollout), head_gradients(raw, rollout)
        error = max(
            relative_error(surrogate.logits, square.logits / tau),
            relative_error(surrogate.values, 0.5 * square.values),
        )
        yield holds(
            "per sample, grad of e (log pi + c V) = that of 1/2 e^2, heads scaled",
            error,
            tau=tau,
            c=0.5,
        )


@check(section="6.3", equation="57-65, 84-86")
def mistakes_show() -> Iterator[Row]:
    """What each implementation mistake does to the expected gradient."""
    for mistake in MISTAKES:
        for tau in (0.01, 0.1, 1.0):
            error = gradient_distance(mistake, actor_critic, (4,), Settings(tau))
            yield differs(
                f"{mistake.__name__.replace('_', ' ')}: relative distance of its "
                "expected gradient from A2C's",
                error,
                threshold=1e-4,
                tau=tau,
                n=4,
            )
    for tau in (0.01, 0.1, 1.0):
        error = gradient_distance(
            later_regularization_sampled, actor_critic, N_STEPS, Settings(tau)
        )
        yield holds(
            "log pi(a) sampled for REG in later steps: no mistake", error, tau=tau
        )
