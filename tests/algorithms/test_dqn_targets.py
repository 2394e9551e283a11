"""Targets of every DQN of the registry, for one and n steps, by hand.

The functions behind them have tests of their own; here the *names* are held to their
equations, so that no arm can train with another's target or sign.
"""

import math
from math import log

import pytest
import torch

from algorithms.replay import PathSamples
from tests.algorithms.arms import GAMMA, arms, build

TAU = 0.5
H = -(0.25 * log(0.25) + 0.75 * log(0.75))  # of the policies below, in nats
# Two states, two actions; action values and what is made of them in units of tau.
# The Boltzmann policies are (1/4, 3/4) and (3/4, 1/4).
Q = torch.tensor([[0.0, log(3)], [log(6), log(2)]], dtype=torch.float64) * TAU
VALUES = {  # of both states
    "dqn-hard": (log(3), log(6)),
    "dqn-hard-plus": (log(3) + log(2), log(6) + log(2)),
    "dqn-hard-minus": (log(3) - log(2), log(6) - log(2)),
    "dqn-soft-entropy": (log(4), log(8)),
    "dqn-soft-kl": (log(2), log(4)),
}
# What a step is charged that takes action 0 in either state: tau log(pi/pibar), and
# its mean over the policy.
SAMPLED = {
    "dqn-hard": (-log(3), 0.0),
    "dqn-hard-plus": (-log(6), -log(2)),
    "dqn-hard-minus": (-log(3) + log(2), log(2)),
    "dqn-soft-entropy": (log(1 / 4), log(3 / 4)),
    "dqn-soft-kl": (log(2 / 4), log(2 * 3 / 4)),
}
EXPECTED = {
    "dqn-hard": (0.0, 0.0),  # a greedy policy, whose mean is the maximum
    "dqn-soft-entropy": (-H, -H),
    "dqn-soft-kl": (log(2) - H, log(2) - H),
}
NOTHING = dict.fromkeys(VALUES, (0.0, 0.0))
CHARGES = {"none": NOTHING, "expected": EXPECTED, "sampled": SAMPLED}

REWARDS = (1.0, 2.0, 4.0, -8.0, 16.0)
STATES = (0, 1, 0, 1, 1)  # s_1 .. s_5; every action on the way is 0
# Whole paths, and one that ends after its second step, in a terminal state or not.
ROWS = ((5, 0.0), (2, 1.0), (2, 0.0))


def looked_up(table):
    """A Q-network on observations that hold nothing but the number of a state."""
    return lambda observations: table[observations[:, 0].long()]


def paths(n, with_path):
    """The paths of ROWS, cut to n steps, as the replay memory gives them."""
    lengths = [min(length, n) for length, _ in ROWS]
    ended = [end * (length <= n) for length, end in ROWS]
    alive = torch.tensor([[float(d < m) for d in range(n)] for m in lengths])
    states = torch.tensor([STATES[: n - 1]] * len(ROWS)).unsqueeze(-1)
    return PathSamples(
        observations=torch.zeros(len(ROWS), 1),
        actions=torch.zeros(len(ROWS), dtype=torch.int64),
        rewards=torch.tensor([REWARDS[:n]] * len(ROWS)).double() * alive,
        alive=alive.double(),
        next_observations=torch.tensor([[float(STATES[m - 1])] for m in lengths]),
        terminated=torch.tensor(ended).double(),
        discounts=GAMMA ** torch.tensor(lengths).double(),
        path_observations=states.double() if with_path else None,
        path_actions=torch.zeros_like(states[..., 0]) if with_path else None,
    )


def by_hand(name, n, intermediate):
    """The targets of the same paths, summed term by term."""
    found = []
    for length, ended in ROWS:
        m = min(length, n)
        y = sum(GAMMA**d * REWARDS[d] for d in range(m))
        for d in range(1, m):
            y -= GAMMA**d * TAU * CHARGES[intermediate][name][STATES[d - 1]]
        if not (ended and length <= n):
            y += GAMMA**m * TAU * VALUES[name][STATES[m - 1]]
        found.append(y)
    return pytest.approx(found, abs=1e-12)


def targets(model, n, intermediate):
    model.q_net_target = looked_up(Q)
    return model.targets(paths(n, n > 1 and intermediate != "none")).tolist()


@pytest.mark.parametrize("name", arms("dqn"))
def test_targets_of_every_arm_are_those_of_its_name(name):
    model = build(name, temperature=TAU)
    plain, five = name.removesuffix("-5step"), name.endswith("-5step")
    n = 5 if five else 1
    assert model.replay_buffer.n_steps == n
    found = targets(model, n, model.intermediate)
    assert found == by_hand(plain, n, model.intermediate)


@pytest.mark.parametrize(
    ("name", "intermediate"),
    [(name, key) for key, charges in CHARGES.items() for name in charges],
)
@pytest.mark.parametrize("n", [1, 2, 5])
def test_targets_of_every_class_for_one_and_n_steps(name, intermediate, n):
    model = build(name, temperature=TAU, n_steps=n, intermediate=intermediate)
    assert targets(model, n, intermediate) == by_hand(name, n, intermediate)


@pytest.mark.parametrize("name", ["dqn-hard", "dqn-hard-plus", "dqn-hard-minus"])
def test_double_q_takes_the_choice_from_one_network_and_the_value_from_other(name):
    model = build(name, temperature=TAU, double_q=True)
    model.q_net = looked_up(2 - Q)  # greedy where the target network is not
    constant = VALUES[name][0] - VALUES["dqn-hard"][0]
    # One step leads to state 0, where the action that is worse has the value 0.
    goes_on = REWARDS[0] + GAMMA * TAU * (0.0 + constant)
    assert targets(model, 1, "none") == pytest.approx([goes_on] * 3, abs=1e-12)


def test_every_arm_of_the_family_has_hand_values():
    assert {name.removesuffix("-5step") for name in arms("dqn")} == set(VALUES)


def test_the_hand_values_are_consistent():
    """V, pi and the charges of the table above are one soft Bellman equation."""
    for state, pi in enumerate(((0.25, 0.75), (0.75, 0.25))):
        q = (Q[state] / TAU).tolist()
        assert [math.exp(x - VALUES["dqn-soft-entropy"][state]) for x in q] == (
            pytest.approx(pi)
        )
        for name in ("dqn-soft-entropy", "dqn-soft-kl"):
            charged = [x - VALUES[name][state] for x in q]
            assert charged[0] == pytest.approx(SAMPLED[name][state])
            mean = sum(p * x for p, x in zip(pi, charged, strict=True))
            assert mean == pytest.approx(EXPECTED[name][state])


@pytest.mark.parametrize(
    ("name", "less"), [("dqn-soft-entropy", 0.0), ("dqn-soft-kl", log(2))]
)
def test_printed_targets_are_those_of_their_names(name, less):
    """``r + gamma log sum exp(Q/tau)``, less log A in Eq. 82; no future at an end."""
    model = build(name, temperature=TAU, printed=True)
    model.q_net_target = looked_up(Q)
    batch = paths(1, False)
    ended = batch._replace(terminated=torch.ones(len(batch.actions)).double())
    goes_on = REWARDS[0] + GAMMA * log(4) - less
    assert model.targets(batch).tolist() == pytest.approx([goes_on] * 3)
    assert model.targets(ended).tolist() == pytest.approx([REWARDS[0] - less] * 3)
