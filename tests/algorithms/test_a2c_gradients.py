"""Returns, losses and gradients of every A2C of the registry, by hand.

The functions behind them have tests of their own; here the *names* are held to their
equations, so that no arm can train with another's rewards, loss or coefficient.
"""

from math import log

import pytest
import torch

from algorithms.rollout import Rollout
from tests.algorithms.arms import GAMMA, arms, build

H = -(0.25 * log(0.25) + 0.75 * log(0.75))  # of both policies, in nats
# Two steps of one environment: policies, values, actions and rewards.
POLICY = ((0.25, 0.75), (0.75, 0.25))
V, ACTIONS, R, LAST = (1.0, 2.0), (1, 1), (1.0, 4.0), 8.0
ARMS = {  # what is paid beside the rewards, and which loss
    "a2c-naive": ("nothing", "a2c"),
    "a2c-naive-plus": ("constant", "a2c"),
    "a2c-proper": ("regularization", "a2c"),
    "a2c-proper-kl": ("regularization", "a2c"),
    "a2c-proper-c100": ("regularization", "a2c"),
    "a2c-proper-t0.1": ("regularization", "a2c"),
    "q-a2c": ("regularization", "q"),
    "q-a2c-c100": ("regularization", "q"),
    "q-a2c-t0.1": ("regularization", "q"),
    "q-a2c-raw": ("regularization", "raw"),
}
REG = {"entropy": -H, "kl": log(2) - H}
LOG_REFERENCE = {"entropy": 0.0, "kl": -log(2)}


def rollout():
    log_policy = torch.tensor(POLICY).double().log().unsqueeze(1).requires_grad_()
    values = torch.tensor(V).double().unsqueeze(1).requires_grad_()
    rewards, last = torch.tensor(R).double().unsqueeze(1), torch.tensor([LAST])
    actions, dones = torch.tensor(ACTIONS).unsqueeze(1), torch.zeros(2, 1).double()
    return Rollout(log_policy, values, actions, rewards, dones, last.double())


def returns_by_hand(name, mode, tau):
    bonuses = {
        "nothing": 0.0,
        "constant": tau * log(2),
        "regularization": -tau * REG[mode],
    }
    bonus = bonuses[ARMS[name][0]]
    last = R[1] + bonus + GAMMA * LAST
    return R[0] + bonus + GAMMA * last, last


def gradients_by_hand(name, mode, tau, c):
    """Gradients of the mean loss in log pi ``[step * action]`` and V ``[step]``."""
    in_policy, in_values = [], []
    loss, returns = ARMS[name][1], returns_by_hand(name, mode, tau)
    for pi, v, a, ret in zip(POLICY, V, ACTIONS, returns, strict=True):
        log_ratio = [log(p) - LOG_REFERENCE[mode] for p in pi]
        error = v + tau * log_ratio[a] - (ret + tau * REG[mode])
        row = {"q": [0.0, error], "raw": [0.0, tau * error], "a2c": [0.0, v - ret]}[
            loss
        ]
        if loss == "a2c":
            error = v - ret
            for b, p in enumerate(pi):
                row[b] += tau * p * (log_ratio[b] + 1)
        in_policy += [x / 2 for x in row]
        in_values.append((1 if loss == "raw" else c) * error / 2)
    return pytest.approx(in_policy, abs=1e-12), pytest.approx(in_values, abs=1e-12)


def own(name):
    """The regularizer, tau and c of an arm, by its name."""
    mode = "kl" if name.endswith("-kl") else "entropy"
    tau = 0.1 if name.endswith("-t0.1") else 0.01
    return mode, tau, 1 / tau if name.endswith("-c100") else 0.5


def test_every_arm_of_the_family_has_hand_values():
    assert set(arms("a2c")) == set(ARMS)


@pytest.mark.parametrize("name", arms("a2c"))
@pytest.mark.parametrize("changed", ["nothing", "regularizer=kl", "temperature=0.5"])
def test_returns_and_gradients_of_every_arm_are_those_of_its_name(name, changed):
    (mode, tau, c), settings = own(name), {}
    if changed == "regularizer=kl":
        mode, settings = "kl", {"regularizer": "kl"}
    elif changed == "temperature=0.5":
        tau, settings = 0.5, {"temperature": 0.5}
        c = 2.0 if name.endswith("-c100") else c
    model, played = build(name, **settings), rollout()
    returns = model.returns(played, played.log_policy.detach())
    expected = returns_by_hand(name, mode, tau)
    assert returns.flatten().tolist() == pytest.approx(expected, abs=1e-12)
    model.rollout_loss(played).backward()
    in_policy, in_values = gradients_by_hand(name, mode, tau, c)
    assert played.log_policy.grad.flatten().tolist() == in_policy
    assert played.values.grad.flatten().tolist() == in_values


def test_the_value_of_a2cs_loss_is_eq_86s():
    """A mean over samples of ``-A log pi(a) + tau REG + c/2 (V - R)^2``."""
    model = build("a2c-proper", temperature=0.5)
    returns = returns_by_hand("a2c-proper", "entropy", 0.5)
    terms = [
        -(ret - v) * log(pi[a]) - 0.5 * H + 0.5 / 2 * (v - ret) ** 2
        for pi, v, a, ret in zip(POLICY, V, ACTIONS, returns, strict=True)
    ]
    assert model.rollout_loss(rollout()).item() == pytest.approx(sum(terms) / 2)
