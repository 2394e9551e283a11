"""Q-learning and the policy gradient have one expected gradient; mistakes break it.

Expectations are sums over every rollout of a small MDP, through an MLP with a value
and a policy head.
"""

import pytest
import torch

from algorithms.entropy import uniform_log_reference
from benchmarks.theory.paper.mistakes import MISTAKES, later_regularization_sampled
from benchmarks.theory.tabular.learners import (
    Learner,
    Settings,
    TwoHeads,
    actor_critic,
    expected_gradients,
    q_learning,
    raw_q_learning,
)
from benchmarks.theory.tabular.mdp import episodic_mdp, random_log_policy

S, A = 4, 2
REFERENCES = {
    "entropy": None,
    "uniform": uniform_log_reference(A).expand(S, A),
    "skewed": torch.tensor([[0.9, 0.1]] * S, dtype=torch.float64).log(),
    "random": random_log_policy(5, S, A),
}
TEMPERATURES = (0.01, 0.1, 1.0)
RELATIVE = 1e-10

torch.set_num_threads(1)


def distance(ours: Learner, theirs: Learner, n: int, settings: Settings) -> float:
    mdp = episodic_mdp(0, n_states=S, n_actions=A, branching=2, gamma=0.9)
    network = TwoHeads(1, S, A)
    a, b = expected_gradients((ours, theirs), mdp, network, n, settings)
    return float((a - b).norm() / b.norm())


@pytest.mark.parametrize("tau", TEMPERATURES)
@pytest.mark.parametrize("n", range(1, 6))
@pytest.mark.parametrize("reference", REFERENCES)
def test_expected_gradients_are_equal(tau: float, n: int, reference: str) -> None:
    settings = Settings(tau, 0.5, REFERENCES[reference])
    assert distance(q_learning, actor_critic, n, settings) < RELATIVE


@pytest.mark.parametrize("tau", TEMPERATURES)
@pytest.mark.parametrize("reference", REFERENCES)
def test_raw_loss_is_tau_times_a2c_of_inverse_tau(tau: float, reference: str) -> None:
    settings = Settings(tau, 1 / tau, REFERENCES[reference])
    assert (
        distance(
            raw_q_learning, lambda rollout: tau * actor_critic(rollout), 4, settings
        )
        < RELATIVE
    )


@pytest.mark.parametrize("tau", TEMPERATURES)
@pytest.mark.parametrize("reference", REFERENCES)
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_each_mistake_breaks_the_equality(
    mistake: Learner, tau: float, reference: str
) -> None:
    settings = Settings(tau, 0.5, REFERENCES[reference])
    assert distance(mistake, actor_critic, 4, settings) > 1e5 * RELATIVE


@pytest.mark.parametrize("reference", REFERENCES)
def test_sampling_the_later_regularization_is_no_mistake(reference: str) -> None:
    settings = Settings(0.1, 0.5, REFERENCES[reference])
    for n in range(1, 6):
        found = distance(later_regularization_sampled, q_learning, n, settings)
        assert found < RELATIVE


def test_the_references_differ_only_from_two_steps_on() -> None:
    mixed = next(m for m in MISTAKES if m.__name__ == "references_mixed")
    assert distance(mixed, actor_critic, 1, Settings(0.1)) < RELATIVE
    assert distance(mixed, actor_critic, 2, Settings(0.1)) > 1e-3
