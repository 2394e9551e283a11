"""The paper's identities on random MDPs, temperatures and references."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.entropy import uniform_log_reference
from benchmarks.theory.paper.backups import (
    lambda_backup,
    n_step_values,
    operator_values,
    q_path_target,
    td_sum,
    td_target,
)
from benchmarks.theory.paper.estimators import q_learning_is_actor_critic
from benchmarks.theory.paper.gradients import parts, score_gradient
from benchmarks.theory.paper.mistakes import MISTAKES, later_regularization_sampled
from benchmarks.theory.paper.related import consistency_error
from benchmarks.theory.rows import relative_error
from benchmarks.theory.tabular.cases import Case, living
from benchmarks.theory.tabular.learners import (
    Learner,
    QNetwork,
    Settings,
    TwoHeads,
    actor_critic,
    expected_gradients,
    gradient,
    q_learning,
)
from benchmarks.theory.tabular.mdp import TabularMDP, episodic_mdp, random_log_policy
from benchmarks.theory.tabular.solvers import objective, occupancy, soft_optimum

torch.set_num_threads(1)

S, A = 4, 2
TOLERANCE = 1e-10
seeds = st.integers(0, 2**32)
temperatures = st.floats(0.01, 10.0)
references = st.sampled_from(["entropy", "uniform", "random"])
quick = settings(max_examples=25, deadline=None)


def make_mdp(seed: int) -> TabularMDP:
    return episodic_mdp(seed, n_states=S, n_actions=A, branching=2, hazard=0.2)


def make_settings(tau: float, reference: str, seed: int) -> Settings:
    logs = {
        "entropy": None,
        "uniform": uniform_log_reference(A).expand(S, A),
        "random": random_log_policy(seed, S, A),
    }
    return Settings(tau, 0.5, logs[reference])


def make_case(seed: int, tau: float, reference: str) -> Case:
    mdp, chosen = make_mdp(seed), make_settings(tau, reference, seed)
    q = torch.randn(S, A, dtype=torch.float64, generator=torch.manual_seed(seed))
    return Case(mdp, q, random_log_policy(seed, S, A), tau, chosen.log_reference)


@quick
@given(seeds, temperatures, references, st.integers(1, 4))
def test_q_learning_is_the_policy_gradient(
    seed: int, tau: float, reference: str, n: int
) -> None:
    mdp, chosen = make_mdp(seed), make_settings(tau, reference, seed)
    network = TwoHeads(seed, S, A)
    pair = (q_learning, actor_critic)
    ours, theirs = expected_gradients(pair, mdp, network, n, chosen)
    assert relative_error(ours, theirs) < TOLERANCE


@quick
@given(seeds, temperatures, references, st.integers(1, 4))
def test_the_squared_error_splits_in_two(
    seed: int, tau: float, reference: str, n: int
) -> None:
    mdp, chosen = make_mdp(seed), make_settings(tau, reference, seed)
    network = QNetwork(seed, S, A, tau, chosen.log_reference)
    found = parts(mdp, network, n, chosen)
    together = tau * found.policy_gradient + found.value_error
    size = found.whole.abs().max() + together.abs().max()
    assert relative_error(found.whole, together, scale=size) < TOLERANCE


@quick
@given(seeds, temperatures, references)
def test_the_score_gradient_is_the_gradient(
    seed: int, tau: float, reference: str
) -> None:
    mdp, chosen = make_mdp(seed), make_settings(tau, reference, seed)
    network = TwoHeads(seed, S, A)
    log_policy, _ = network()
    exact = gradient(objective(mdp, log_policy, tau, chosen.log_reference), network)
    visits = occupancy(mdp, log_policy.detach())
    ours = score_gradient(mdp, network, visits, chosen)
    assert relative_error(ours, exact) < 1e-8  # the gradient itself may be near 0


@quick
@given(seeds, temperatures, references, st.integers(1, 4))
def test_backups_are_means_over_paths(
    seed: int, tau: float, reference: str, n: int
) -> None:
    case = make_case(seed, tau, reference)
    ours = n_step_values(case, n, case.soft_value, case.log_policy)
    theirs = operator_values(case, n, case.soft_value, case.log_policy)
    assert relative_error(living(ours), living(theirs)) < TOLERANCE
    assert relative_error(
        living(td_target(case, n)), living(q_path_target(case, n))
    ) < (TOLERANCE)


@quick
@given(seeds, temperatures, references, st.floats(0.0, 0.8))
def test_lambda_backups_are_sums_of_td_errors(
    seed: int, tau: float, reference: str, decay: float
) -> None:
    case = make_case(seed, tau, reference)
    start = (case.soft_value + case.penalty(case.boltzmann)).unsqueeze(-1)
    mixed = lambda_backup(case, decay, 400)
    assert (
        relative_error(living(start + td_sum(case, decay)), living(mixed)) < TOLERANCE
    )


@quick
@given(seeds, temperatures, references)
def test_path_consistency_at_the_soft_optimum(
    seed: int, tau: float, reference: str
) -> None:
    case = make_case(seed, tau, reference)
    successors = case.mdp.transitions.argmax(-1)
    deterministic = TabularMDP(
        torch.nn.functional.one_hot(successors, S).double(),
        case.mdp.rewards,
        case.mdp.start,
        case.mdp.terminal,
        case.mdp.gamma,
    )
    best = soft_optimum(deterministic, tau, case.log_reference)
    case = case._replace(mdp=deterministic)
    errors = consistency_error(case, case.paths(4), best.values, best.log_policy)
    assert relative_error(errors, torch.zeros(()), scale=1 + best.q.abs().max()) < 1e-9


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_each_mistake_turns_a_row_red(mistake: Learner) -> None:
    rows = q_learning_is_actor_critic.function(mistake)
    assert any(not row.passed for row in rows)


def test_what_is_no_mistake_leaves_every_row_green() -> None:
    rows = list(q_learning_is_actor_critic.function(later_regularization_sampled))
    assert rows and all(row.passed for row in rows)
