"""An exported agent acts as ours does, and needs nothing of this project."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from stable_baselines3.common.utils import set_random_seed
from torch import nn

from benchmarks.agents import exporting, stock
from benchmarks.agents.agent import load_agent
from benchmarks.agents.card import command
from benchmarks.agents.exporting import export
from benchmarks.agents.keeping import keep
from benchmarks.agents.stock import dense
from benchmarks.errors import UsageError
from benchmarks.suites.suite import load_suite
from tests.benchmarks.own_suites import _forgets, examples_in

__all__ = ["_forgets"]
KINDS = {
    "minatar": ("a2c-naive", "minatar-smoke", {}),
    "minatar-dqn": ("dqn-soft-kl", "minatar-smoke", {"exploration": "0:1 0.5:0.5"}),
    "atari": ("q-a2c", "smoke", {}),
    "atari-dqn": ("dqn-hard", "smoke", {}),
}
OBSERVATIONS = 200
# As a user without the project has it.
ELSEWHERE = """
import sys
for name in ("algorithms", "analysis", "benchmarks"):
    sys.modules[name] = None
import numpy as np, stable_baselines3 as sb3
from stable_baselines3.common.utils import set_random_seed
kind, model, seen, to = sys.argv[1:]
model = getattr(sb3, kind).load(model, device="cpu")
seen = np.load(seen)
set_random_seed(0)
sampled = model.predict(seen)[0]
greedy = model.predict(seen, deterministic=True)[0]
epsilon = getattr(model, "exploration_rate", -1)
np.savez(to, sampled=sampled, greedy=greedy, epsilon=epsilon)
"""


def observed(model: Any) -> np.ndarray:
    """What an agent sees in its first steps."""
    set_random_seed(1)
    seen = [model.env.reset()]
    while len(seen) * model.env.num_envs < OBSERVATIONS:
        seen.append(model.env.step(model.predict(seen[-1])[0])[0])
    return np.concatenate(seen)[:OBSERVATIONS]


@pytest.fixture
def exported(make_agent, tmp_path, two_at_once):
    def make(kind: str) -> tuple[Any, Path]:
        variant, suite, values = KINDS[kind]
        kept = keep(make_agent(variant, suite, **values), tmp_path, 3)
        export(kept, tmp_path, tmp_path / "out")
        return load_agent(kept, 2), tmp_path / "out"

    return make


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=[pytest.mark.slow] * kind.startswith("atari"))
        for kind in KINDS
    ],
)
def test_it_acts_as_ours_without_the_project(kind, exported, tmp_path):
    model, folder = exported(kind)
    seen, found = observed(model), tmp_path / "found.npz"
    np.save(tmp_path / "seen.npy", seen)
    (zipped,) = folder.glob("*.zip")
    name = "DQN" if "dqn" in kind else "A2C"
    words = [
        sys.executable,
        "-c",
        ELSEWHERE,
        name,
        zipped,
        tmp_path / "seen.npy",
        found,
    ]
    subprocess.run(words, check=True, cwd=tmp_path)
    theirs = np.load(found)
    greedy, _ = model.predict(seen, deterministic=True)
    assert np.array_equal(theirs["greedy"], greedy) and len(seen) == OBSERVATIONS
    if name == "DQN":
        assert theirs["epsilon"] == model.exploration_rate
    else:
        set_random_seed(0)
        assert np.array_equal(theirs["sampled"], model.predict(seen)[0])


def test_a_convolution_is_a_linear_layer():
    torch.manual_seed(0)
    layer, seen = nn.Conv2d(4, 16, 3), torch.randn(5, 4, 10, 10)
    weight, bias = dense(layer, (4, 10, 10))
    assert weight.shape == (8 * 8 * 16, 4 * 10 * 10)
    found = nn.functional.linear(seen.flatten(1), weight, bias)
    wanted = layer(seen).permute(0, 2, 3, 1).flatten(1)
    torch.testing.assert_close(found, wanted)


def test_a_card_has_the_numbers_of_the_record(exported, tmp_path):
    _, folder = exported("minatar")
    text = (folder / "README.md").read_text()
    _, front, body = text.split("---\n", 2)
    games = pd.read_csv(folder / "evaluation.csv")
    (entry,) = yaml.safe_load(front)["model-index"]
    (result,) = entry["results"]
    assert result["dataset"] == {"name": "MinAtar/Breakout", "type": "MinAtar/Breakout"}
    for policy, metric in zip(("sampled", "greedy"), result["metrics"], strict=True):
        returns = games[games["policy"] == policy]["game_return"]
        said = f"{returns.mean():.2f} +/- {returns.std():.2f}"
        assert metric["name"] == f"mean_reward ({policy})" and metric["value"] == said
        assert f"| 3 | {said.replace('+/-', '±')} |" in body
    about = yaml.safe_load(front)
    assert about["license"] == "mit" and about["library_name"] == "stable-baselines3"
    config = json.loads((folder / "config.json").read_text())
    assert command(config) in body
    (zipped,) = folder.glob("*.zip")
    assert zipped.name == "a2c-naive-minatar-breakout.zip" and zipped.name in body


def test_a_run_without_a_record_has_no_card(make_agent, call, refused, tmp_path):
    run = make_agent()
    words = ("export-agent", run.name, "--to", tmp_path / "out", "--results", tmp_path)
    assert refused(*words) == f"{run.name}: no games are recorded: `evaluate` it first"
    assert not (tmp_path / "out").exists()
    call("evaluate", run.name, "--games", 1, "--results", tmp_path)
    status, out, _ = call(*words)
    assert status == 0
    files = {Path(line).name for line in out.splitlines()}
    assert files == {"a2c-naive-minatar-breakout.zip", "README.md", "config.json"}
    assert refused(*words).startswith(f"--to {tmp_path / 'out'}: expected a new or an")


def test_a_network_of_other_layers_is_refused(make_agent, tmp_path, monkeypatch):
    class Strange(nn.Module):
        pass

    monkeypatch.setattr(stock, "_extractor", lambda _: Strange())
    kept = keep(make_agent(), tmp_path, 1)
    with pytest.raises(UsageError, match="Strange, which Stable-Baselines3 has not"):
        export(kept, tmp_path, tmp_path / "out")


def test_a_model_that_acts_otherwise_is_not_handed_out(
    make_agent, tmp_path, monkeypatch
):
    kept = keep(make_agent(), tmp_path, 1)
    make = exporting.stock_model

    def spoilt(model: Any) -> Any:
        stock = make(model)
        with torch.no_grad():
            stock.policy.action_net.bias[1] += 100
        return stock

    monkeypatch.setattr(exporting, "stock_model", spoilt)
    with pytest.raises(
        UsageError, match=r"acts differently on \d+ of 200 observations"
    ):
        export(kept, tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_users_algorithm_is_exported_too(tmp_path):
    from benchmarks.agents.evaluation import evaluate, write
    from benchmarks.runs.train import train, write_config

    config = load_suite(examples_in(tmp_path / "mine"))[1]
    folder = tmp_path / "runs" / config.run_id
    write_config(folder, config)
    assert train(folder) == 0
    write(tmp_path, evaluate(folder, 1))
    files = export(folder, tmp_path, tmp_path / "out")
    assert files[0].name == "a2c-zero-mean-classiccontrol-cartpole.zip"
    text = (tmp_path / "out/README.md").read_text()
    assert "The project has no suite `together`" in text and "run_all" not in text
