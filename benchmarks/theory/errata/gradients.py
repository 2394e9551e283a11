"""Errata of gradients and of the natural gradient; of Section 6.3's scaling."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from algorithms.targets import regularized_rewards
from benchmarks.theory.errata.misprint import Misprint, erratum
from benchmarks.theory.paper.bandits import Bandit, bandits, objective
from benchmarks.theory.paper.estimators import gradient_distance
from benchmarks.theory.paper.log_linear import STEP, LogLinear, problems
from benchmarks.theory.paper.mistakes import references_mixed, scaled_as_printed
from benchmarks.theory.rows import relative_error
from benchmarks.theory.tabular.grid import TEMPERATURES, log_policy_like, small_mdp
from benchmarks.theory.tabular.learners import (
    Settings,
    TwoHeads,
    actor_critic,
    actor_critic_terms,
    all_rollouts,
    gradient,
    q_learning,
)


def _bandit(temperature: float) -> Bandit:
    """Four actions and a random reference."""
    return list(bandits(temperature))[5]


@erratum(
    "22",
    section="2.1",
    printed="..., its value part grad E_{pi_theta}[v (v + tau REG - r)]",
    corrected="..., its value part E[grad v (v + tau REG - r)], sampling and REG fixed",
)
def eq_22() -> Iterator[Misprint]:
    """The value part of the squared error's gradient."""
    for tau in TEMPERATURES:
        each = _bandit(tau)
        log_policy, value = each.network()
        terms = each.actor_critic()
        whole = gradient(each.mean(each.squared_error()), each.network)
        policy = gradient(
            tau * each.mean(terms.policy + tau * terms.regularization), each.network
        )
        literal = log_policy.exp().squeeze(0) @ (value * (value - each.returns()))
        fixed = each.mean(value * (value - each.returns()).detach())
        yield Misprint(
            {"tau": tau},
            relative_error(gradient(literal, each.network), whole - policy),
            relative_error(gradient(fixed, each.network), whole - policy),
        )


@erratum(
    "23",
    section="2.1",
    printed="... + grad E[1/2 (v - (r - tau REG))^2], everything differentiated",
    corrected="... + grad E[1/2 (v - sg[r - tau REG])^2], sampling fixed",
)
def eq_23() -> Iterator[Misprint]:
    """The sum of both parts against the gradient of the squared error."""
    for tau in TEMPERATURES:
        each = _bandit(tau)
        log_policy, value = each.network()
        whole = gradient(each.mean(each.squared_error()), each.network)
        policy = -tau * gradient(objective(each, log_policy), each.network)
        square = (value - each.returns()) ** 2 / 2
        literal = gradient(log_policy.exp().squeeze(0) @ square, each.network)
        fixed = each.mean((value - each.returns().detach()) ** 2 / 2)
        yield Misprint(
            {"tau": tau},
            relative_error(policy + literal, whole),
            relative_error(policy + gradient(fixed, each.network), whole),
        )


def _episode_gradient(temperature: float, form: str) -> Tensor:
    """Gradients of the return of four steps, gamma = 1, over every path, ``(P,)``.

    Args:
        temperature: ``tau``.
        form: "exact" differentiates the paths' probabilities themselves; the others
            are the forms of Eq. 49 and 52, printed and corrected.
    """
    mdp = small_mdp()
    network = TwoHeads(6, mdp.n_states, mdp.n_actions)
    settings = Settings(temperature, 0.0, log_policy_like(mdp, 8))
    rollout, chances = all_rollouts(mdp, network, 4, settings)
    alive = rollout.paths.alive
    penalty = alive * temperature * rollout.regularization
    rewards = alive * regularized_rewards(
        rollout.paths.rewards, rollout.regularization, temperature
    )
    if form == "exact":
        likely = rollout.paths.probabilities(rollout.log_policy_s)
        return gradient(likely @ rewards.sum(0), network)
    taken = rollout.paths.actions.unsqueeze(-1)
    score = alive * rollout.log_policy.gather(-1, taken).squeeze(-1)
    later = rewards.flip(0).cumsum(0).flip(0) - rewards
    first = rollout.paths.rewards[:1] if form == "r_0" else rollout.paths.rewards
    weights = first + later - (penalty if form.startswith("52") else 0)
    surrogate = score * weights.detach()
    if form != "52 printed":
        surrogate = surrogate - penalty
    return gradient(chances @ surrogate.sum(0), network)


@erratum(
    "49",
    section="4.1",
    printed="E sum_t grad log pi(a_t|s_t) (r_0 + sum_{d>0} ...) - tau grad REG",
    corrected="E sum_t grad log pi(a_t|s_t) (r_t + sum_{d>0} ...) - tau grad REG",
)
def eq_49() -> Iterator[Misprint]:
    """Against autograd through the probability of every path of 4 steps, gamma = 1."""
    yield from _episodes("r_0", "49")


@erratum(
    "52",
    section="4.1",
    printed="E[sum_t grad log pi sum_d gamma^d delta_{t+d}]",
    corrected="the same - tau grad REG(s_t) for each t",
)
def eq_52() -> Iterator[Misprint]:
    """Against the same gradient; delta contains ``- tau REG``, whose mean is 0."""
    yield from _episodes("52 printed", "52")


def _episodes(printed: str, corrected: str) -> Iterator[Misprint]:
    for tau in TEMPERATURES:
        exact = _episode_gradient(tau, "exact")
        yield Misprint(
            {"tau": tau},
            relative_error(_episode_gradient(tau, printed), exact),
            relative_error(_episode_gradient(tau, corrected), exact),
        )


def _problem(temperature: float) -> LogLinear:
    """The log-linear policy with a random reference."""
    return list(problems(temperature))[-1][1]


@erratum(
    "67",
    section="5",
    printed="theta - theta_old = eps w, with w fitted to eps (Delta - ...)",
    corrected="theta - theta_old = w: eps is in w already",
)
def eq_67() -> Iterator[Misprint]:
    """Against ``eps F^-1 g``."""
    for tau in TEMPERATURES:
        problem = _problem(tau)
        w = problem.least_squares(problem.score, STEP * problem.improvement)
        step = STEP * problem.natural_gradient
        yield Misprint(
            {"tau": tau, "eps": STEP},
            relative_error(STEP * w, step),
            relative_error(w, step),
        )


@erratum(
    "71",
    section="5",
    printed="the target contains log(pi_theta / pibar)",
    corrected="the target contains log(pi_old / pibar)",
)
def eq_71() -> Iterator[Misprint]:
    """First-order minimiser against ``eps F^-1 g``; off by eps tau / (1 + eps tau)."""
    for tau in (0.1, 1.0, 10.0):
        problem = _problem(tau)
        target = STEP * problem.improvement
        moving = (1 + STEP * tau) * problem.score
        step = STEP * problem.natural_gradient
        yield Misprint(
            {"tau": tau, "eps": STEP},
            relative_error(problem.least_squares(moving, target), step),
            relative_error(problem.least_squares(problem.score, target), step),
        )


@erratum(
    "after 73",
    section="5",
    printed="at eps = 1/tau: regress log pi on log pi_old + Delta/tau + REG",
    corrected="at eps = 1/tau: regress log pi on log pibar + Delta/tau + REG",
)
def after_73() -> Iterator[Misprint]:
    """The two targets against ``log pi_old + eps (Delta - tau [log ratio - REG])``."""
    for tau in TEMPERATURES:
        problem = _problem(tau)
        old, reference = problem.log_policy(problem.theta), problem.log_reference
        assert reference is not None
        target = old + problem.improvement / tau
        added = (problem.advantages + problem.penalty) / tau
        yield Misprint(
            {"tau": tau},
            relative_error(old + added, target),
            relative_error(reference + added, target),
        )


@erratum(
    "78",
    section="5",
    printed="damped Q-learning exactly matches Eq. 71, a natural step of eps",
    corrected="it matches a natural step of eps / tau",
)
def eq_78() -> Iterator[Misprint]:
    """The linearised damped step, relative to each; alike at tau = 1."""
    for tau in (0.01, 0.1, 10.0):
        problem = _problem(tau)
        fitted = problem.least_squares(tau * problem.score, STEP * problem.improvement)
        natural = STEP * problem.natural_gradient
        yield Misprint(
            {"tau": tau, "eps": STEP},
            relative_error(fitted, natural),
            relative_error(fitted, natural / tau),
        )


@erratum(
    "85",
    section="6.1",
    printed="grad 1/2 (V - V^)^2 with V^ differentiated, too",
    corrected="grad 1/2 (V - sg[V^])^2",
)
def eq_85() -> Iterator[Misprint]:
    """Against ``E (V - V^) grad V``, over every rollout of 3 steps."""
    mdp = small_mdp()
    network = TwoHeads(0, mdp.n_states, mdp.n_actions)
    for tau in TEMPERATURES:
        rollout, chances = all_rollouts(mdp, network, 3, Settings(tau))
        returns = rollout.returns(rollout.regularization)

        def mean(
            loss: Tensor, alive: Tensor = rollout.paths.alive, p: Tensor = chances
        ) -> Tensor:
            return gradient(p @ (alive * loss).sum(0), network)

        exact = mean((rollout.values - returns).detach() * rollout.values)
        yield Misprint(
            {"tau": tau, "n": 3},
            relative_error(mean((rollout.values - returns) ** 2 / 2), exact),
            relative_error(mean(actor_critic_terms(rollout).value), exact),
        )


@erratum(
    "6.3 (scale)",
    section="6.3",
    printed="advantage stream scaled by 1/gamma",
    corrected="advantage stream scaled by 1/tau",
)
def scale_of_6_3() -> Iterator[Misprint]:
    """Expected gradients of n = 4 against proper A2C's."""
    for tau in (0.01, 0.1, 1.0):
        yield Misprint(
            {"tau": tau, "n": 4, "gamma": 0.95},
            gradient_distance(scaled_as_printed, actor_critic, (4,), Settings(tau)),
            gradient_distance(q_learning, actor_critic, (4,), Settings(tau)),
        )


@erratum(
    "6.3 (Q)",
    section="6.3",
    printed="Q = V + tau log pi (entropy) with the targets of the KL (Eq. 57)",
    corrected="Q and targets with the same reference, entropy or KL",
)
def q_of_6_3() -> Iterator[Misprint]:
    """Expected gradients of n = 4 against proper A2C's with the entropy."""
    for tau in (0.01, 0.1, 1.0):
        yield Misprint(
            {"tau": tau, "n": 4},
            gradient_distance(references_mixed, actor_critic, (4,), Settings(tau)),
            gradient_distance(q_learning, actor_critic, (4,), Settings(tau)),
        )
