"""What every arm of the registry learns from: targets, returns and losses by hand.

The functions behind them have tests of their own; here the *names* are held to their
equations, so that no arm can train with another's target, sign or coefficient.
"""

import math
from math import log

import pytest
import torch
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.logger import Logger

from algorithms import ALGORITHMS
from algorithms.a2c import Rollout
from algorithms.replay import PathSamples

TAU, GAMMA = 0.5, 0.25
H = -(0.25 * log(0.25) + 0.75 * log(0.75))  # of the policies below, in nats

# ------------------------------------------------------------------------- DQN
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


def arms(family):
    return [name for name, variant in ALGORITHMS.items() if variant.family == family]


def build(name, **settings):
    variant = ALGORITHMS[name]
    env = make_vec_env("CartPole-v1", n_envs=1, seed=0)
    small = {"buffer_size": 100} if variant.family == "dqn" else {}
    fixed = {"seed": 0, "device": "cpu", "gamma": GAMMA}
    settings = fixed | small | dict(variant.settings) | settings
    return variant.algorithm("MlpPolicy", env, **settings)


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
    model.q_net = looked_up(-Q)  # greedy where the target network is not
    constant = VALUES[name][0] - VALUES["dqn-hard"][0]
    # One step leads to state 0, where the action that is worse has the value 0.
    goes_on = REWARDS[0] + GAMMA * TAU * (0.0 + constant)
    assert targets(model, 1, "none") == pytest.approx([goes_on] * 3, abs=1e-12)


def test_every_class_of_the_registry_has_hand_values():
    by_name = {ALGORITHMS[name].algorithm for name in (*VALUES, *A2C_ARMS)}
    assert by_name == {variant.algorithm for variant in ALGORITHMS.values()}


# ------------------------------------------------------------------------- A2C
# Two steps of one environment: policies, values, actions and rewards.
POLICY = ((0.25, 0.75), (0.75, 0.25))
V, ACTIONS, R, LAST = (1.0, 2.0), (1, 1), (1.0, 4.0), 8.0
A2C_ARMS = {  # what is in the rewards, and which loss
    "a2c-naive": ("plain", "a2c"),
    "a2c-proper": ("regularized", "a2c"),
    "a2c-proper-c100": ("regularized", "a2c"),
    "q-a2c": ("regularized", "q"),
    "q-a2c-c100": ("regularized", "q"),
}
REG = {"entropy": -H, "kl": log(2) - H}
LOG_REFERENCE = {"entropy": 0.0, "kl": -log(2)}


def rollout():
    log_policy = torch.tensor(POLICY).double().log().unsqueeze(1).requires_grad_()
    values = torch.tensor(V).double().unsqueeze(1).requires_grad_()
    rewards, last = torch.tensor(R).double().unsqueeze(1), torch.tensor([LAST])
    actions, dones = torch.tensor(ACTIONS).unsqueeze(1), torch.zeros(2, 1).double()
    return Rollout(log_policy, values, actions, rewards, dones, last.double())


def returns_by_hand(name, mode):
    paid = -TAU * REG[mode] if A2C_ARMS[name][0] == "regularized" else 0.0
    last = R[1] + paid + GAMMA * LAST
    return R[0] + paid + GAMMA * last, last


def gradients_by_hand(name, mode, c):
    """Gradients of the mean loss in log pi ``[step][action]`` and V ``[step]``."""
    in_policy, in_values = [], []
    returns = returns_by_hand(name, mode)
    for pi, v, a, ret in zip(POLICY, V, ACTIONS, returns, strict=True):
        log_ratio = [log(p) - LOG_REFERENCE[mode] for p in pi]
        if A2C_ARMS[name][1] == "a2c":
            row = [TAU * p * (x + 1) for p, x in zip(pi, log_ratio, strict=True)]
            row[a] -= ret - v
            error = v - ret
        else:
            error = v + TAU * log_ratio[a] - (ret + TAU * REG[mode])
            row = [0.0, 0.0]
            row[a] = error
        in_policy.append([x / 2 for x in row])
        in_values.append(c * error / 2)
    return in_policy, in_values


@pytest.mark.parametrize("name", arms("a2c"))
@pytest.mark.parametrize("mode", REG)
def test_returns_and_gradients_of_every_arm_are_those_of_its_name(name, mode):
    model = build(name, temperature=TAU, regularizer=mode)
    model.set_logger(Logger(folder=None, output_formats=[]))
    played = rollout()
    returns = model.returns(played, played.log_policy.detach())
    expected = returns_by_hand(name, mode)
    assert returns.flatten().tolist() == pytest.approx(expected, abs=1e-12)
    model.rollout_loss(played).backward()
    c = 1 / TAU if name.endswith("-c100") else 0.5
    in_policy, in_values = gradients_by_hand(name, mode, c)
    assert torch.allclose(
        played.log_policy.grad.squeeze(1), torch.tensor(in_policy).double(), atol=1e-12
    )
    assert played.values.grad.flatten().tolist() == pytest.approx(in_values, abs=1e-12)


def test_the_value_of_a2cs_loss_is_eq_86s():
    """A mean over samples of ``-A log pi(a) + tau REG + c/2 (V - R)^2``."""
    model = build("a2c-proper", temperature=TAU)
    model.set_logger(Logger(folder=None, output_formats=[]))
    returns = returns_by_hand("a2c-proper", "entropy")
    terms = [
        -(ret - v) * log(pi[a]) - TAU * H + 0.5 / 2 * (v - ret) ** 2
        for pi, v, a, ret in zip(POLICY, V, ACTIONS, returns, strict=True)
    ]
    assert model.rollout_loss(rollout()).item() == pytest.approx(sum(terms) / 2)


def test_q_learning_of_nothing_rescaled():
    """``1/2 (Q - y)^2``: its gradients are tau and 1 times the error (Eq. 58)."""
    model = build("q-a2c", temperature=TAU, scaled=False)
    model.set_logger(Logger(folder=None, output_formats=[]))
    played = rollout()
    model.rollout_loss(played).backward()
    scaled, in_values = gradients_by_hand("q-a2c", "entropy", c=1.0)
    in_policy = [[TAU * x for x in row] for row in scaled]
    assert played.log_policy.grad.flatten().tolist() == pytest.approx(
        [x for row in in_policy for x in row], abs=1e-12
    )
    assert played.values.grad.flatten().tolist() == pytest.approx(in_values, abs=1e-12)


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
