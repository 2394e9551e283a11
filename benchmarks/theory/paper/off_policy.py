"""What n-step targets on a replay converge away from: their bias off-policy.

The target of n steps is ``sum gamma^d r - sum_{0<d<n} gamma^d p + gamma^n V_Q(s_n)``,
with actions after the first by a behaviour ``b``. At the soft optimum ``Q`` its mean is
``Q`` plus a bias, which depends on what is charged for the steps in between::

    none      p = 0                       the paper's 5-step arm, uncorrected
    expected  p = tau REG(pi_Q)(s)        Eq. 46, right if b = pi_Q
    sampled   p = Q(s, a) - V_Q(s)        path consistency, right for every b

For the hard maximum ``expected`` is 0 and ``sampled`` the advantage ``Q - max Q``.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import torch
from torch import Tensor

from algorithms.entropy import boltzmann_log_policy, soft_value
from algorithms.targets import (
    discounted_path_return,
    expected_penalty,
    q_target,
    sampled_penalty,
)
from analysis.figures.sketch import Sketch, subplots
from benchmarks.theory.checks import check, picture
from benchmarks.theory.rows import Row, differs, holds, relative_error
from benchmarks.theory.tabular.grid import log_policy_like, small_mdp
from benchmarks.theory.tabular.mdp import TabularMDP, random_mdp
from benchmarks.theory.tabular.paths import enumerate_paths, mean_by_first_step
from benchmarks.theory.tabular.solvers import (
    Solution,
    hard_optimum,
    q_values,
    soft_optimum,
)

TAU = 0.1
FORMS = ("none", "expected", "sampled")
BEHAVIOURS = ("the soft policy", "0.1-greedy", "uniform")
_OF: dict[str, Any] = {"MDPs": 20, "S": 6, "A": 4, "gamma": 0.95, "tau": TAU}


@cache
def mdps() -> TabularMDP:
    """Twenty continuing MDPs with normal rewards."""
    return random_mdp(1, n_states=6, n_actions=4, batch=(20,))


@cache
def soft_fixed_points() -> Solution:
    """Their soft optima."""
    return soft_optimum(mdps(), TAU)


def penalties(q: Tensor, form: str) -> Tensor:
    """``p(s, a)`` of a form, ``(..., S, A)``, by ``algorithms.targets``."""
    if form == "none":
        return torch.zeros_like(q)
    value = soft_value(q, TAU)
    if form == "expected":
        expected = expected_penalty(q, value, boltzmann_log_policy(q, TAU))
        return expected.unsqueeze(-1).expand_as(q)
    return _sampled(q, value)


def _sampled(q: Tensor, value: Tensor) -> Tensor:
    """The sampled penalty of every action, ``(..., S, A)``."""
    each = q.unsqueeze(-2).expand(*q.shape, q.shape[-1])
    actions = torch.arange(q.shape[-1]).expand_as(q)
    return sampled_penalty(each, value.unsqueeze(-1).expand_as(q), actions)


def behaviour(q: Tensor, name: str) -> Tensor:
    """``b(a | s)``, ``(..., S, A)``."""
    if name == "the soft policy":
        return boltzmann_log_policy(q, TAU).exp()
    uniform = torch.full_like(q, 1 / q.shape[-1])
    if name == "uniform":
        return uniform
    best = torch.nn.functional.one_hot(q.argmax(-1), q.shape[-1])
    return 0.1 * uniform + 0.9 * best.to(q)


def mean_target(
    mdp: TabularMDP, value: Tensor, penalty: Tensor, chances: Tensor, n: int
) -> Tensor:
    """The n-step target's mean given its first step, ``(..., S, A)``.

    Args:
        mdp: ``S`` states, ``A`` actions.
        value: What is bootstrapped, ``(..., S)``.
        penalty: ``p(s, a)``, ``(..., S, A)``.
        chances: ``b(a | s)``, ``(..., S, A)``.
        n: Steps.
    """
    for _ in range(n - 1):
        value = (chances * (q_values(mdp, value) - penalty)).sum(-1)
    return q_values(mdp, value)


def bias(form: str, name: str, n: int) -> Tensor:
    """Largest ``|E y - Q|`` over (s, a) of each MDP at its soft optimum, ``(B,)``."""
    best = soft_fixed_points()
    chances = behaviour(best.q, name)
    mean = mean_target(mdps(), best.values, penalties(best.q, form), chances, n)
    return (mean - best.q).abs().amax((-1, -2))


def hard_bias(n: int, corrected: bool) -> Tensor:
    """The same for the hard target, ``0.1``-greedy, at the hard optimum, ``(B,)``."""
    best = hard_optimum(mdps())
    charge = torch.zeros_like(best.q)
    if corrected:
        charge = _sampled(best.q, best.values)
    chances = behaviour(best.q, "0.1-greedy")
    mean = mean_target(mdps(), best.values, charge, chances, n)
    return (mean - best.q).abs().amax((-1, -2))


@check(section="6.2", equation="46")
def means_are_those_of_all_paths() -> Iterator[Row]:
    """The bias is measured on the targets that the agents use, path by path."""
    mdp, n = small_mdp(), 4
    q = log_policy_like(mdp, 5)
    value, log_behaviour = soft_value(q, TAU), log_policy_like(mdp, 6)
    paths = enumerate_paths(mdp, n)
    for form in FORMS:
        charged = paths.alive * paths.of_actions(penalties(q, form))
        earned = discounted_path_return(
            paths.rewards.T, charged[1:].T, paths.alive.T, mdp.gamma
        )
        target = q_target(earned, paths.dones[-1], paths.bootstrap(value), mdp.gamma**n)
        weights = paths.probabilities(log_behaviour, given_actions=1)
        shape = (mdp.n_states, mdp.n_actions)
        mean = mean_by_first_step(target, weights, paths, shape)
        exact = mean_target(mdp, value, penalties(q, form), log_behaviour.exp(), n)
        yield holds(
            f"mean target by matrices = over all paths, '{form}', any Q and behaviour",
            relative_error(exact[:-1], mean[:-1]),
            n=n,
            tau=TAU,
        )


@check(section="6.2", equation="46")
def bias_of_n_step_targets() -> Iterator[Row]:
    """Three forms, three behaviours: median over MDPs of the largest bias."""
    for form in FORMS:
        for name in BEHAVIOURS:
            for n in (3, 5):
                found = bias(form, name, n).median()
                unbiased = form == "sampled" or (
                    form == "expected" and name == "the soft policy"
                )
                said = {"behaviour": name, "n": n} | _OF
                if unbiased:
                    yield holds(
                        f"'{form}' is unbiased at the soft optimum (absolute)",
                        found,
                        **said,
                    )
                else:
                    yield differs(
                        f"'{form}' is biased at the soft optimum (absolute)",
                        found,
                        observed=f"{found:.2g} reward",
                        **said,
                    )


@check(section="6.2", equation="46, 81")
def bias_of_hard_n_step_targets() -> Iterator[Row]:
    """The paper's 5-step arm is biased at the hard optimum; its correction is not."""
    for n in (3, 5):
        said = {"behaviour": "0.1-greedy", "n": n} | _OF
        plain = hard_bias(n, corrected=False).median()
        yield differs(
            "hard n-step target without a correction is biased (absolute)",
            plain,
            observed=f"{plain:.2g} reward",
            **said,
        )
        yield holds(
            "hard n-step target with r - (Q(s, a) - max Q) is unbiased (absolute)",
            hard_bias(n, corrected=True).median(),
            **said,
        )


@check(section="6.2", equation="46")
def the_price_of_unbiasedness() -> Iterator[Row]:
    """'sampled' is no contraction: in Q its n-step backup may expand errors."""
    best = soft_fixed_points()
    chances = behaviour(best.q, "uniform")
    step = 1e-4 * torch.sign(torch.sin(7.0 * torch.arange(best.q.numel()))).double()
    moved = best.q + step.view_as(best.q)
    for n, expands in ((1, False), (5, True)):
        mean = mean_target(
            mdps(), soft_value(moved, TAU), penalties(moved, "sampled"), chances, n
        )
        growth = (mean - best.q).abs().amax() / 1e-4
        if expands:
            yield differs(
                "5-step 'sampled' backup off-policy: growth of an error, less 1",
                growth - 1,
                observed=f"grows {growth:.2f}-fold",
                behaviour="uniform",
                **_OF,
            )
        else:
            yield holds(
                "1-step backup: error grows at most gamma-fold (absolute)",
                (growth - mdps().gamma).clamp(min=0),
                observed=f"{growth:.2f}-fold",
                behaviour="uniform",
                **_OF,
            )


_STYLES: dict[str, dict[str, Any]] = {
    "expected": {"color": "#E69F00", "lw": 3.0, "label": "expected (Eq. 46)"},
    "sampled": {"color": "#0072B2", "lw": 1.4, "label": "sampled log-ratio"},
    "none": {"color": "#000000", "lw": 1.4, "ls": "--", "label": "none"},
}


@picture(
    "Bias of n-step soft Q-learning targets at the fixed point, tau = 0.1: largest "
    "over states and actions, median of 20 random MDPs, by what is charged in the "
    "steps between (scales differ). One should see that the expected penalty of Eq. 46 "
    "is right only if the replayed actions are the soft policy's own, that nothing "
    "charged is never right, and that the sampled log-ratio is right whoever acts. The "
    "less greedy the replayed actions, the larger the bias; n = 1 has none."
)
def n_step_bias() -> Sketch:
    """Bias against n, one panel a behaviour, one line a form."""
    figure, axes = subplots(1, 3, figsize=(7.5, 2.6))
    steps = range(1, 9)
    for axis, name in zip(axes, BEHAVIOURS, strict=True):
        for form, style in _STYLES.items():
            medians = [float(bias(form, name, n).median()) for n in steps]
            axis.plot(steps, medians, **style)
        axis.set_title(f"replayed actions: {name}")
        axis.set_xlabel("n (steps)")
    axes[0].set_ylabel("bias of the mean target (reward)")
    axes[0].legend()
    return figure
