"""Two updates of one rollout, and two curves of one seed: mistakes turn rows red."""

import math

import pytest
import torch

from benchmarks.theory.paper import same_seed, samples, spread
from benchmarks.theory.paper.mistakes import own_regularization_forgotten
from benchmarks.theory.tabular.learners import actor_critic, q_learning

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Two games, measured anew: nothing measured with a mistake is kept."""
    monkeypatch.setattr(samples, "GAMES", 2)
    samples.differences.cache_clear()
    yield
    samples.differences.cache_clear()


def failed(rows):
    return [row for row in rows if not row.passed]


def only(check, expected):
    return [row for row in check() if row.expected == expected]


def learn_with(monkeypatch, learner):
    """Put another learner in Q-learning's place."""
    monkeypatch.setattr(spread, "q_learning", learner)
    monkeypatch.setattr(samples, "q_learning", learner)


@pytest.mark.parametrize("share", [0.95, 0.5, 0.2])
@pytest.mark.parametrize("mdp", [samples.dense(1), samples.sparse(1)])
def test_skilled_policies_have_the_entropy_asked_for(mdp, share):
    policy = samples.skilled_policy(mdp, share)
    assert samples.entropy_share(mdp, policy) == pytest.approx(share, abs=1e-6)


@pytest.mark.parametrize(("taken", "share"), [(6, 1.0), (2, math.log(2) / math.log(6))])
def test_the_share_of_entropy_by_hand(taken, share):
    """As likely as each other, some of six actions or all of them."""
    mdp = samples.dense(0)
    policy = torch.full_like(mdp.rewards, -math.inf)
    policy[:, :taken] = -math.log(taken)
    assert samples.entropy_share(mdp, policy) == pytest.approx(share)


def test_an_update_that_forgets_its_own_entropy_is_seen(monkeypatch):
    learn_with(monkeypatch, own_regularization_forgotten)
    rows = samples.uniform_policies_update_alike()
    assert failed(rows) == rows
    rows = only(samples.at_the_optimum_they_have_nothing_in_common, "holds")
    assert failed(rows) == rows


def test_a_square_without_its_half_is_seen(monkeypatch):
    learn_with(monkeypatch, lambda rollout: 2 * q_learning(rollout))
    rows = only(samples.updates_of_one_rollout, "holds")
    assert failed(rows) == rows
    rows = only(samples.updates_in_a_corridor, "holds")
    assert failed(rows) == rows


def test_one_method_compared_with_itself_is_seen(monkeypatch):
    learn_with(monkeypatch, actor_critic)
    rows = only(samples.updates_in_a_corridor, "differs")
    assert failed(rows) == rows
    monkeypatch.setattr(samples, "actor_critic", q_learning)
    rows = only(samples.at_the_optimum_they_have_nothing_in_common, "differs")
    assert failed(rows) == rows


def test_sparse_games_that_are_not_sparse_are_seen(monkeypatch):
    monkeypatch.setattr(samples, "sparse", samples.dense)
    rows = only(samples.updates_of_one_rollout, "differs")
    assert failed(rows) == rows


@pytest.fixture
def short(monkeypatch):
    """Three updates: enough to tell what is one from what is not."""
    monkeypatch.setattr(same_seed, "EARLY", 2)
    monkeypatch.setattr(same_seed, "LATE", 3)
    genuine = same_seed.trained
    genuine.cache_clear()
    yield
    genuine.cache_clear()


@pytest.mark.usefixtures("short")
def test_one_seed_gives_one_curve():
    first = same_seed.trained(same_seed.actor_critic)
    same_seed.trained.cache_clear()
    again = same_seed.trained(same_seed.actor_critic)
    assert all(torch.equal(first[n], again[n]) for n in (2, 3))
    assert not torch.equal(first[3][0], first[3][1]), "two seeds, one curve"


@pytest.mark.usefixtures("short")
def test_curves_of_one_method_do_not_part(monkeypatch):
    """Q-learning left out, and the nudge: nothing parts, and the rows say so."""
    genuine = same_seed.trained
    monkeypatch.setattr(
        same_seed, "trained", lambda *_: genuine(same_seed.actor_critic)
    )
    early, *late = same_seed.curves_part()
    assert early.passed and failed(late) == late


@pytest.mark.usefixtures("short")
def test_curves_that_part_at_once_are_seen(monkeypatch):
    """Q-learning with another seed's coins."""
    genuine = same_seed.trained
    monkeypatch.setattr(
        same_seed,
        "trained",
        lambda loss, *_: {
            n: policy.roll(int(loss is same_seed.q_learning), 0)
            for n, policy in genuine(loss).items()
        },
    )
    early = same_seed.curves_part()[0]
    assert failed([early])


@pytest.mark.usefixtures("short")
def test_losses_are_descended_from_not_climbed():
    """With one good action everywhere, its probability rises."""
    tables = same_seed.Tables(
        torch.zeros(1, 1, 2, dtype=torch.float64).requires_grad_(),
        torch.zeros(1, 1, dtype=torch.float64).requires_grad_(),
    )
    policy = torch.log_softmax(tables.logits, -1)[0]
    ones = torch.ones(1, dtype=torch.float64)
    loss = same_seed.actor_critic(
        policy, tables.values[0], torch.tensor([1]), ones
    ).sum()
    tables.descend(loss)
    assert tables.logits[0, 0, 1] > tables.logits[0, 0, 0]
    assert tables.values[0, 0] > 0
