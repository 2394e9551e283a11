"""A trained policy acts from its weights alone, in the same games each time."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from benchmarks.agents import agent, evaluation
from benchmarks.agents.agent import load_agent
from benchmarks.agents.evaluation import _ends, evaluate
from benchmarks.errors import UsageError
from benchmarks.runs.train import train
from tests.benchmarks.own_suites import _forgets, examples_in

__all__ = ["_forgets"]
ARMS = ["a2c-naive", "dqn-soft-kl"]


@pytest.fixture(params=ARMS)
def trained(request, make_agent) -> Path:
    """A run of a second or so, done."""
    values = {"exploration": "0:1 0.5:0.5"} if "dqn" in request.param else {}
    return make_agent(request.param, **values)


def test_an_agent_has_the_weights_and_acts_by_them(trained):
    stored = torch.load(trained / "policy.pt", weights_only=True)
    model = load_agent(trained, 3)
    found = model.policy.state_dict()
    assert found.keys() == stored.keys()
    assert all(torch.equal(found[name], stored[name]) for name in stored)
    observations = torch.as_tensor(model.env.reset())
    with torch.no_grad():
        if hasattr(model, "q_net"):
            best = model.q_net(observations).argmax(1)
            assert model.exploration_rate == pytest.approx(0.5)  # the schedule's last
        else:
            best = model.policy.log_policy_and_value(observations)[0].argmax(1)
    greedy, _ = model.predict(observations.numpy(), deterministic=True)
    assert np.array_equal(greedy, best.numpy())


def test_the_same_seed_is_the_same_games(trained):
    first, again = evaluate(trained, 16, 3), evaluate(trained, 16, 3)
    pd.testing.assert_frame_equal(first, again)
    assert list(first["policy"]) == ["sampled"] * 16 + ["greedy"] * 16
    assert (first["length_frames"] <= 60).all() and first["seed"].eq(3).all()
    kinds = first.groupby("policy")["epsilon"].first()
    assert kinds["greedy"] == 0
    is_dqn = "dqn" in trained.name
    assert kinds["sampled"] == 0.5 if is_dqn else np.isnan(kinds["sampled"])
    assert not evaluate(trained, 16, 4)["length_frames"].equals(first["length_frames"])


def test_games_of_one_kind_know_nothing_of_the_other(make_agent, monkeypatch):
    """MinAtar's remember the last action of the game before, and may play it again."""
    play, before = evaluation.play, []

    def seen(model, *words, **options):
        before.extend(game._last_action for game in model.env.unwrapped.games)
        return play(model, *words, **options)

    monkeypatch.setattr(evaluation, "play", seen)
    evaluate(make_agent(), 2)
    assert before == [0] * 16


class Turns:
    """Two environments: games of the first take a step, of the second three."""

    num_envs = 2

    def reset(self):
        self.steps = 0
        return np.zeros(2)

    def step(self, actions):
        self.steps += 1
        game = {"r": float(self.steps), "l": 1}
        infos = [{"episode": game}, {"episode": game} if self.steps % 3 == 0 else {}]
        return np.zeros(2), None, None, infos


class Sits:
    env = Turns()

    def predict(self, observations, deterministic):
        return np.zeros(2, int), None


def test_short_games_count_for_no_more():
    found = [(i, info["episode"]["r"]) for i, info in _ends(Sits(), 5, greedy=True)]  # type: ignore[arg-type]
    returns = {i: [r for env, r in found if env == i] for i in (0, 1)}
    assert returns == {0: [1, 2, 3], 1: [3, 6]}


def test_more_games_are_the_same_ones_and_others(trained):
    few, more = evaluate(trained, 3, 1), evaluate(trained, 11, 1)
    for key, part in few.groupby(["policy", "env"]):
        longer = more[(more["policy"] == key[0]) & (more["env"] == key[1])]
        pd.testing.assert_frame_equal(
            part.reset_index(drop=True), longer[: len(part)].reset_index(drop=True)
        )
    assert set(few["env"]) == {0, 1, 2}


def test_an_agent_has_no_replay_memory_to_speak_of(trained):
    memory = getattr(load_agent(trained), "replay_buffer", None)
    assert memory is None or memory.rows < 10


def test_only_the_seed_decides_the_games(trained, monkeypatch):
    """Whatever a model has played before."""
    model, seeds = load_agent(trained, 8), []
    seeded = model.env.seed
    monkeypatch.setattr(evaluation, "load_agent", lambda *_: model)
    monkeypatch.setattr(model.env, "seed", lambda s: seeds.append(s) or seeded(s))
    first, other, again = (evaluate(trained, 16, seed) for seed in (3, 4, 3))
    pd.testing.assert_frame_equal(first, again)
    assert not other["game_return"].equals(first["game_return"])
    assert seeds == [10**9 + 3_000] * 2 + [10**9 + 4_000] * 2 + [10**9 + 3_000] * 2


def test_the_command_writes_each_game(trained, call, tmp_path):
    words = (trained.name[:12], "--games", 3, "--results", tmp_path)
    status, out, err = call("evaluate", *words)
    assert (status, err) == (0, "")
    path = tmp_path / "evaluations" / f"{trained.name}.csv"
    table = pd.read_csv(path)
    assert len(table) == 6 and out.splitlines()[-1] == str(path)
    mean = table[table["policy"] == "greedy"]["game_return"].mean()
    assert f"greedy (epsilon 0): {mean:.2f}" in out
    _, out, _ = call("agents", "--results", tmp_path)
    assert out.split()[:2] == [trained.name, "MinAtar/Breakout"]


class Runs:
    """Leaves a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_policy_that_is_code_is_refused(trained, tmp_path):
    torch.save({"weight": Runs(tmp_path / "ran")}, trained / "policy.pt")
    with pytest.raises(UsageError, match="holds something else than weights"):
        load_agent(trained)
    assert not (tmp_path / "ran").exists()


def test_a_policy_of_another_network_is_refused(trained):
    torch.save({"weight": torch.zeros(3)}, trained / "policy.pt")
    with pytest.raises(UsageError, match="its policy is of another network"):
        load_agent(trained)


WHOLE = "expected a whole number"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("evaluate x", "'x': no trained policy of that name; there are: none"),
        ("evaluate", "evaluate: which runs? `agents` lists them"),
        ("evaluate x --games 0", f"--games: {WHOLE} from 1 to 100,000, not 0"),
        ("watch x --games 100001", f"--games: {WHOLE} from 1 to 100,000, not 100001"),
        ("evaluate x --seed -1", f"--seed: {WHOLE} from 0 to 99,999, not -1"),
        ("keep-agent x --seed 100000", f"--seed: {WHOLE} from 0 to 99,999, not 100000"),
    ],
)
def test_bad_input_is_a_line(words, said, refused, tmp_path):
    line = refused(*words.split(), "--results", tmp_path)
    assert line.startswith(said)


def test_where_policies_were_looked_for_is_said(refused, tmp_path):
    said = f"no trained policy in {tmp_path / 'runs'} or {tmp_path / 'agents'}"
    assert refused("agents", "--results", tmp_path) == said


@pytest.mark.parametrize("number", [6, 7])
def test_of_many_policies_the_first_are_named(number, refused, tmp_path):
    for i in range(number):
        (tmp_path / "runs" / f"a{i}").mkdir(parents=True)
        (tmp_path / "runs" / f"a{i}" / "policy.pt").touch()
    line = refused("evaluate", "a", "--results", tmp_path)
    more = ", ..." if number > 6 else ""
    assert line.endswith(f"{number} policies of that name; there are: {SIX}{more}")


SIX = "a0, a1, a2, a3, a4, a5"
MANGLED = {
    "done.json": lambda path: path.write_text("{}"),
    "episodes.csv": lambda path: path.write_text("frames\n"),
    "config.json": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize(("file", "mangle"), MANGLED.items(), ids=MANGLED)
def test_a_mangled_policys_record_does_not_hide_the_others(
    file, mangle, make_agent, call, tmp_path
):
    good, bad = make_agent("a2c-naive"), make_agent("a2c-proper")
    mangle(bad / file)
    status, out, err = call("agents", "--results", tmp_path)
    assert status == 1
    assert [line.split()[0] for line in out.splitlines()] == [good.name]
    (line,) = err.splitlines()
    assert line.startswith(f"refused: {bad / file}: ")


def test_a_mangled_agents_record_does_not_hide_the_others(make_agent, call, tmp_path):
    run = make_agent("a2c-naive")
    place = tmp_path / "agents" / run.name
    shutil.copytree(run, place)
    status, out, err = call("agents", "--results", tmp_path)
    assert status == 1 and out.split()[0] == run.name
    assert err.startswith(f"refused: {place}") and err.count("\n") == 1


def test_an_agent_of_a_users_class_needs_its_suite(tmp_path):
    from benchmarks.runs.train import write_config
    from benchmarks.suites.suite import load_suite

    suite = examples_in(tmp_path / "mine")
    config = load_suite(suite)[1]
    folder = tmp_path / "runs" / config.run_id
    write_config(folder, config)
    assert train(folder) == 0
    assert type(load_agent(folder)).__name__ == "ZeroMeanA2C"
    load_suite("smoke")  # one that does not name the class
    with pytest.raises(UsageError, match="names it, and none that does was given: "):
        load_agent(folder)
    assert agent.MOST_FRAMES == 108_000
