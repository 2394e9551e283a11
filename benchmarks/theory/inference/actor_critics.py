"""Soft actor-critic in tables: its target is the soft value if its actor keeps up.

The critic regresses on ``r + gamma E_pi[Q(s', a') - tau log pi(a')]``, the actor
minimises ``KL(pi || exp(Q / tau) / Z)``, state by state. Alternating exact solutions of
both is soft policy iteration. One line links SAC to the paper::

    E_pi[Q - tau log pi] = tau log sum exp(Q / tau) - tau KL(pi || pi^B_Q)

so that SAC is soft Q-learning with a second network for the policy, and an actor that
lags behind makes its critic pessimistic.

Source: Haarnoja et al. (2018), Soft actor-critic, Eq. 3-10 and Lemmas 1-2.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from algorithms.entropy import (
    boltzmann_log_policy,
    entropy,
    q_from_policy,
    regularizer,
    soft_value,
)
from algorithms.losses import actor_critic_loss
from benchmarks.theory.checks import check
from benchmarks.theory.rows import Row, holds, relative_error
from benchmarks.theory.tabular.grid import TEMPERATURES, log_policy_like, small_mdp
from benchmarks.theory.tabular.solvers import (
    evaluate,
    policy_values,
    q_values,
    soft_optimum,
)


@check(section="inference", equation="28-30; Haarnoja 2018, Eq. 3")
def the_target_is_the_soft_value() -> Iterator[Row]:
    """SAC's target at the softmax of its critic, and at an actor that lags."""
    mdp = small_mdp()
    actor = log_policy_like(mdp)
    for tau in TEMPERATURES:
        q = 1 + 1.5 * tau * log_policy_like(mdp, 31)
        best = boltzmann_log_policy(q, tau)
        yield holds(
            "E_pi[Q - tau log pi] = tau log sum exp(Q / tau) at pi = softmax(Q / tau)",
            relative_error(policy_values(q, best, tau), soft_value(q, tau)),
            tau=tau,
        )
        apart = tau * regularizer(actor, best)
        yield holds(
            "E_pi[Q - tau log pi] = tau log sum exp(Q / tau) - tau KL, any actor",
            relative_error(policy_values(q, actor, tau), soft_value(q, tau) - apart),
            observed=f"pessimistic by up to {apart.max():.2g} reward",
            tau=tau,
        )


def actor_gradient(q: Tensor, logits: Tensor, tau: float) -> Tensor:
    """Gradient of ``sum_s E_pi[tau log pi - Q]`` in the logits, ``(S, A)``."""
    logits = logits.detach().requires_grad_()
    log_policy = torch.log_softmax(logits, -1)
    loss = -policy_values(q, log_policy, tau).sum()
    return torch.autograd.grad(loss, logits)[0]


def policy_gradient(q: Tensor, logits: Tensor, tau: float) -> Tensor:
    """Expected gradient of A2C's policy loss with ``Q`` as the return, ``(S, A)``."""
    logits = logits.detach().requires_grad_()
    log_policy = torch.log_softmax(logits, -1)
    loss = actor_critic_loss(
        log_policy.unsqueeze(-2).expand(*q.shape, q.shape[-1]),
        policy_values(q, log_policy.detach()).unsqueeze(-1).expand_as(q),
        torch.arange(q.shape[-1]).expand_as(q),
        q,
        temperature=tau,
        value_coef=0.0,
    )
    # The regularisation is there for each action; its mean is what counts.
    expected = (log_policy.exp().detach() * loss.total).sum()
    return torch.autograd.grad(expected, logits)[0]


@check(section="inference", equation="84; Haarnoja 2018, Eq. 10")
def the_actor_follows_a_policy_gradient() -> Iterator[Row]:
    """SAC's actor loss has the expected gradient of A2C's with ``R = Q``."""
    mdp = small_mdp()
    for tau in TEMPERATURES:
        q, logits = log_policy_like(mdp, 32), log_policy_like(mdp, 33)
        yield holds(
            "grad E_pi[tau log pi - Q] = E grad of A2C's policy loss with R = Q",
            relative_error(
                policy_gradient(q, logits, tau), actor_gradient(q, logits, tau)
            ),
            tau=tau,
        )


@check(section="inference", equation="Haarnoja 2018, Lemma 2")
def soft_policy_iteration_converges() -> Iterator[Row]:
    """Evaluate exactly, then ``pi = softmax(Q / tau)``: never worse, to the optimum."""
    mdp = small_mdp()
    for tau in TEMPERATURES:
        best = soft_optimum(mdp, tau)
        log_policy, falls, count = log_policy_like(mdp), 0.0, 0
        values = evaluate(mdp, log_policy, tau)
        for _ in range(50):
            q = q_values(mdp, values)
            log_policy = boltzmann_log_policy(q, tau)
            improved = evaluate(mdp, log_policy, tau)
            falls = max(falls, float((values - improved).max()))
            count += int((improved - values).abs().max() > 1e-9 * values.abs().max())
            values = improved
        yield holds(
            "soft policy iteration: no state's soft value ever falls by more than this",
            falls / float(best.values.abs().max()),
            tau=tau,
        )
        yield holds(
            "soft policy iteration ends at the soft optimum",
            relative_error(values, best.values),
            observed=f"after {count} improvements",
            tau=tau,
        )


@check(section="inference", equation="57; Haarnoja 2018, Eq. 3")
def critics_can_be_read_off_actors() -> Iterator[Row]:
    """``Q = V + tau log pi``: a critic whose softmax is the actor needs no actor."""
    mdp = small_mdp()
    for tau in TEMPERATURES:
        values, actor = log_policy_like(mdp, 34)[:, 0], log_policy_like(mdp, 35)
        q = q_from_policy(values, actor, tau)
        target = policy_values(q, boltzmann_log_policy(q, tau)) + tau * entropy(actor)
        yield holds(
            "with Q = V + tau log pi SAC's target is V: QL-as-A2C is SAC without lag",
            relative_error(target, values),
            tau=tau,
        )
