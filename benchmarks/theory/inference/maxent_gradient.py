"""The maximum-entropy policy gradient: its "-1", and how the soft-Q gradient differs.

The gradient of ``J = E sum_t (r_t - tau log pi(a_t | s_t))`` is::

    E sum_t grad log pi(a_t) [sum_{u >= t} (r_u - tau log pi(a_u)) - tau]

The last ``- tau`` comes from differentiating ``log pi`` itself; in the mean it does
nothing, as ``E grad log pi = 0``. With ``Q = V + tau log pi`` and any advantage ``A``::

    E[A grad Q] = tau E[A grad log pi] + E[grad V  E_pi A]

so that Q-learning and policy gradients agree where ``A`` is centred; otherwise they
differ by what moves the value alone. With ``A`` the negative error of Q that residual
is the gradient of the value error (Eq. 65).

Source: Levine (2018), Sec. 4.1-4.2; Schulman, Chen, Abbeel (2017), Sec. 4.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from algorithms.losses import actor_critic_loss, raw_q_learning_loss
from benchmarks.theory.checks import check
from benchmarks.theory.inference.messages import undiscounted
from benchmarks.theory.rows import Row, differs, holds, relative_error
from benchmarks.theory.tabular.grid import log_policy_like, small_mdp
from benchmarks.theory.tabular.learners import QNetwork, TwoHeads, gradient
from benchmarks.theory.tabular.paths import Paths, enumerate_paths

TEMPERATURES = (0.01, 0.1, 1.0, 10.0)
HORIZON = 4


class Score(NamedTuple):
    """Of every path: its probability and ``log pi`` of its actions, with a graph.

    Attributes:
        chances: ``(K,)``.
        log_policy: ``log pi(a_t | s_t)``, 0 after the end, ``(T, K)``.
    """

    chances: Tensor
    log_policy: Tensor


def score(paths: Paths, network: TwoHeads) -> Score:
    """Chances and log-probabilities of all paths under a network's policy."""
    log_policy, _ = network()
    chosen = torch.where(paths.alive > 0, paths.of_actions(log_policy), 0.0)
    return Score(paths.probabilities(log_policy), chosen)


def soft_rewards(paths: Paths, log_policy: Tensor, tau: float) -> Tensor:
    """``r_t - tau log pi(a_t)``, ``(T, K)``."""
    return paths.rewards - tau * log_policy


def exact_gradient(paths: Paths, network: TwoHeads, tau: float) -> Tensor:
    """``grad J`` through chances and rewards of all paths, ``(P,)``."""
    chances, log_policy = score(paths, network)
    return gradient(chances @ soft_rewards(paths, log_policy, tau).sum(0), network)


def score_gradient(
    paths: Paths, network: TwoHeads, tau: float, constant: float
) -> Tensor:
    """``E sum_t grad log pi(a_t) [sum_{u >= t} ... + constant]``, ``(P,)``."""
    chances, log_policy = score(paths, network)
    rewards = soft_rewards(paths, log_policy, tau)
    to_go = rewards.flip(0).cumsum(0).flip(0) + constant
    steps = paths.alive * log_policy * to_go.detach()
    return gradient(chances.detach() @ steps.sum(0), network)


@check(section="inference", equation="Levine 2018, Sec. 4.1")
def the_minus_one_does_nothing() -> Iterator[Row]:
    """The MaxEnt policy gradient with and without it, over every path."""
    mdp = undiscounted()
    paths = enumerate_paths(mdp, HORIZON)
    for tau in TEMPERATURES:
        network = TwoHeads(0, mdp.n_states, mdp.n_actions)
        exact = exact_gradient(paths, network, tau)
        for name, constant in (("with", -tau), ("without", 0.0)):
            found = score_gradient(paths, network, tau, constant)
            yield holds(
                f"grad J = E sum_t grad log pi (soft return to go), {name} the '- tau'",
                relative_error(found, exact),
                tau=tau,
                T=HORIZON,
            )
        no_own = _without_entropy(paths, network, tau)
        yield differs(
            "grad J and the gradient that leaves out the step's own - tau log pi",
            (no_own - exact).norm() / exact.norm(),
            threshold=1e-4,
            tau=tau,
            T=HORIZON,
        )


def _without_entropy(paths: Paths, network: TwoHeads, tau: float) -> Tensor:
    """As :func:`score_gradient`, with entropy of later steps only, ``(P,)``."""
    chances, log_policy = score(paths, network)
    to_go = soft_rewards(paths, log_policy, tau).flip(0).cumsum(0).flip(0)
    steps = paths.alive * log_policy * (to_go + tau * log_policy).detach()
    return gradient(chances.detach() @ steps.sum(0), network)


def q_minus_policy(network: QNetwork, weights: Tensor, advantages: Tensor) -> Tensor:
    """``E[A grad Q] - tau E[A grad log pi]``, ``(P,)``.

    Args:
        network: Its policy is ``softmax(Q / tau)``.
        weights: Distribution of states, ``(S,)``.
        advantages: ``A(s, a)``, ``(S, A)``.
    """
    log_policy, _ = network()
    chances = (weights.unsqueeze(-1) * log_policy.exp()).detach() * advantages
    through_q = gradient((chances * network.q()).sum(), network)
    through_policy = gradient((chances * log_policy).sum(), network)
    return through_q - network.temperature * through_policy


@check(section="inference", equation="Levine 2018, Sec. 4.2")
def soft_q_gradients_move_the_value() -> Iterator[Row]:
    """The difference between the gradients, for two kinds of advantage."""
    mdp = small_mdp()
    for tau in TEMPERATURES:
        network = QNetwork(1, mdp.n_states, mdp.n_actions, tau)
        log_policy, values = network()
        advantages = log_policy_like(mdp, 21)
        mean = (log_policy.exp() * advantages).sum(-1).detach()
        apart = q_minus_policy(network, mdp.start, advantages)
        value_part = gradient((mdp.start * mean * values).sum(), network)
        yield holds(
            "E[A grad Q] - tau E[A grad log pi] = E[grad V E_pi A], any A",
            relative_error(apart, value_part),
            observed=f"norm {apart.norm():.3g}",
            tau=tau,
        )
        centred = q_minus_policy(network, mdp.start, advantages - mean.unsqueeze(-1))
        yield holds(
            "the two agree if E_pi A = 0, relative to their difference if not",
            relative_error(centred, torch.zeros(()), scale=value_part.abs().max()),
            tau=tau,
        )


@check(section="inference", equation="65; Levine 2018, Sec. 4.2")
def the_residual_is_the_value_error() -> Iterator[Row]:
    """With ``A = y - Q``: Q-learning's loss = tau times A2C's + the value error."""
    mdp = small_mdp()
    for tau in TEMPERATURES:
        network = QNetwork(1, mdp.n_states, mdp.n_actions, tau)
        log_policy, values = network()
        each = (mdp.n_states, mdp.n_actions)
        outputs = (
            log_policy.unsqueeze(-2).expand(*each, mdp.n_actions),
            values.unsqueeze(-1).expand(each),
            torch.arange(mdp.n_actions).expand(each),
            values.detach().unsqueeze(-1) + tau * log_policy_like(mdp, 22),
        )
        chances = (mdp.start.unsqueeze(-1) * log_policy.exp()).detach()
        terms = actor_critic_loss(*outputs, temperature=tau, value_coef=0.0)
        q_loss, policy_loss, value_loss = (
            gradient((chances * loss).sum(), network)
            for loss in (
                raw_q_learning_loss(*outputs, temperature=tau),
                terms.total,
                terms.value,
            )
        )
        yield holds(
            "grad 1/2 (Q - y)^2 - tau grad (A2C's policy loss) = grad 1/2 (V - R)^2",
            relative_error(q_loss - tau * policy_loss, value_loss),
            tau=tau,
        )
