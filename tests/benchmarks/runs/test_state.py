"""A model's state, taken and given back in one process: the numbers go on."""

from __future__ import annotations

import io

import pytest
import torch
from stable_baselines3.common.logger import Logger

from algorithms import DivergenceError
from benchmarks.runs.build import make_model
from benchmarks.runs.state import check_parameters, get_state, set_state

# Copies at steps 48 and 96, epsilon of a half, batches from step 60 on.
DQN = {"target_update_interval": 48, "exploration": "0:0.5"}
SETTINGS = {
    "q-a2c": {},
    "dqn-soft-kl": DQN,
    "q-a2c on MinAtar": {"suite": "minatar-smoke"},
    "dqn-soft-kl on MinAtar": DQN | {"suite": "minatar-smoke", "n_envs": 2},
}
COUNTED = ("num_timesteps", "_total_timesteps", "_n_updates", "_episode_num")
COUNTED += ("_current_progress_remaining", "_n_calls", "exploration_rate")
# Agent steps, a whole number of rollouts.
PARTS = {"q-a2c": (30, 20), "dqn-soft-kl": (80, 60)}
PARTS |= {"q-a2c on MinAtar": (30, 20), "dqn-soft-kl on MinAtar": (80, 80)}


def built(config):
    model = make_model(config)
    model.set_logger(Logger(folder=None, output_formats=[]))
    return model


def learn(model, steps, *, goes_on=True):
    model.learn(
        steps - model.num_timesteps * goes_on,
        log_interval=None,
        reset_num_timesteps=not goes_on,
    )
    return model


def taken(model):
    """The state as a checkpoint has it: a copy, of tensors and plain types."""
    state, file = get_state(model), io.BytesIO()
    memory = getattr(model, "replay_buffer", None)
    if memory is not None:
        heads = enumerate(memory.head.tolist())
        rows = [(e, 0, memory.get_rows(e, 0, head)) for e, head in heads]
        state["frames"] = [(e, first, torch.from_numpy(f)) for e, first, f in rows]
    torch.save(state, file)
    file.seek(0)
    state = torch.load(file, weights_only=True)
    frames = state.get("frames", [])
    return state | {"frames": [(e, first, f.numpy()) for e, first, f in frames]}


def numbers(model):
    """All that training has come to."""
    found = {name: getattr(model, name, None) for name in COUNTED}
    found |= {f"logged {k}": v for k, v in model.logger.name_to_value.items()}
    found["observations"] = model._last_obs.tobytes()
    for name, tensor in model.policy.state_dict().items():
        found[name] = tensor.numpy().tobytes()
    if hasattr(model, "replay_buffer"):
        found["actions"] = model.replay_buffer.row_actions.tolist()
        found["rewards"] = model.replay_buffer.row_rewards.tolist()
    return found


@pytest.fixture
def trained(tiny):
    """A model after its first part, its state then, and one that is new."""

    def make(case):
        variant, *_ = case.split()
        config = tiny(variant, **SETTINGS[case])
        # The new one first: to build it seeds what the whole process draws from.
        new, model = built(config), built(config)
        learn(model, PARTS[case][0], goes_on=False)
        return model, taken(model), new

    return make


@pytest.mark.parametrize("case", SETTINGS)
def test_a_restored_model_trains_on_bit_for_bit(case, trained):
    undisturbed, state, new = trained(case)
    learn(undisturbed, sum(PARTS[case]))
    set_state(new, state)
    learn(new, sum(PARTS[case]))
    found, expected = numbers(new), numbers(undisturbed)
    assert expected["_n_updates"] > state["counters"]["_n_updates"] > 0
    assert {k for k in expected if found.get(k) != expected[k]} == set()


@pytest.mark.parametrize("case", SETTINGS)
def test_everything_comes_back(case, trained):
    model, state, new = trained(case)
    set_state(new, state)
    found, expected = numbers(new), numbers(model)
    assert {k for k in expected if found.get(k) != expected[k]} == set()
    assert any(key.startswith("logged") for key in expected)


def test_one_bad_number_among_many_is_found(tiny):
    model = built(tiny("q-a2c"))
    check_parameters(model)
    with torch.no_grad():
        model.policy.value_net.weight[0, 7] = float("inf")
    with pytest.raises(DivergenceError, match=r"value_net\.weight is not finite"):
        check_parameters(model)
