"""A kept agent is what its run left, and plays the games of its record."""

from __future__ import annotations

import hashlib
import json

import pandas as pd
import pytest
import torch

from analysis.records.errors import RecordError
from analysis.records.evaluations import AGENT_FILES, read_agent, read_agents
from benchmarks.agents import keeping
from benchmarks.agents.agent import load_agent
from benchmarks.agents.evaluation import evaluate
from benchmarks.agents.keeping import keep


def decide(folder, gap: float) -> None:
    """Weights by which the second action is preferred, by a gap in its logit."""
    weights = torch.load(folder / "policy.pt", weights_only=True)
    weights["action_net.weight"].zero_()
    weights["action_net.bias"].zero_()
    weights["action_net.bias"][1] = gap
    torch.save(weights, folder / "policy.pt")


@pytest.fixture
def run(make_agent):
    return make_agent()


def test_a_kept_agent_is_its_run_and_plays_its_record(run, tmp_path):
    kept = keep(run, tmp_path, 3, seed=2)
    assert kept == tmp_path / "agents" / run.name
    assert {path.name for path in kept.iterdir()} == {*AGENT_FILES, "SHA256.json"}
    assert (kept / "config.json").read_bytes() == (run / "config.json").read_bytes()
    record = read_agent(kept)
    pd.testing.assert_frame_equal(record.games, evaluate(kept, 3, 2))
    assert record.mean("greedy") == record.games[3:]["game_return"].mean()
    (found,) = read_agents(tmp_path)
    assert found.run_id == run.name
    facts = {key: record.about[key] for key in ("games", "seed", "at_once")}
    assert facts == {"games": 3, "seed": 2, "at_once": 8}
    assert record.games["length_frames"].max() <= 60


def test_the_actions_of_a_record_are_those_that_were_played(run, tmp_path):
    acted: dict[str, list[bytes]] = {"sampled": [], "greedy": []}
    evaluate(run, 3, 0, lambda policy, actions: acted[policy].append(actions.tobytes()))
    about = read_agent(keep(run, tmp_path, 3)).about
    found = {k: hashlib.sha256(b"".join(v)).hexdigest() for k, v in acted.items()}
    assert about["actions_sha256"] == found


@pytest.mark.parametrize(
    ("gap", "precision"), [(50.0, "float16"), (1e-4, "float32")], ids=["far", "near"]
)
def test_half_precision_is_for_agents_that_act_the_same(run, tmp_path, gap, precision):
    """What float16 rounds away decides nothing, or every greedy action."""
    decide(run, gap)
    if precision == "float32":
        weights = torch.load(run / "policy.pt", weights_only=True)
        weights["action_net.bias"] += 1000.0  # float16 knows halves there
        torch.save(weights, run / "policy.pt")
    kept = keep(run, tmp_path, 2)
    stored = torch.load(kept / "policy.pt", weights_only=True)
    assert read_agent(kept).about["precision"] == precision
    assert {str(part.dtype) for part in stored.values()} == {f"torch.{precision}"}
    whole, loaded = (load_agent(folder).policy.state_dict() for folder in (run, kept))
    for name, part in whole.items():
        expected = part.half().float() if precision == "float16" else part
        assert torch.equal(loaded[name], expected), name


@pytest.mark.parametrize("file", AGENT_FILES)
def test_an_agent_that_was_edited_is_refused(file, run, tmp_path):
    kept = keep(run, tmp_path, 1)
    with (kept / file).open("ab") as edited:
        edited.write(b"\n")
    with pytest.raises(RecordError, match=f"{file}.*: not what was written"):
        read_agent(kept)
    with pytest.raises(RecordError, match="not what was written"):
        load_agent(kept)


def test_commands_take_kept_agents_by_their_names(run, call, refused, tmp_path):
    place = tmp_path / "elsewhere"
    kept = keep(run, place, 2)
    status, out, _ = call("agents", "--results", place)
    assert status == 0 and out.split()[0] == f"agents/{run.name}"
    assert "sampled" in out and "greedy" in out and "training" not in out
    words = ("--games", 1, "--results", place)
    assert call("evaluate", run.name[:12], *words)[0] == 0
    played = pd.read_csv(place / "evaluations" / f"{run.name}.csv")
    record = pd.read_csv(kept / "evaluation.csv")
    assert played["game_return"].tolist() == record["game_return"][[0, 2]].tolist()
    # A run of the same name comes first; its place says which is meant.
    (place / "runs").mkdir()
    (place / "runs" / run.name).symlink_to(run)
    (kept / "policy.pt").write_bytes(b"")
    assert call("evaluate", run.name, *words)[0] == 0
    assert "not what was written" in refused("evaluate", f"agents/{run.name}", *words)


def test_only_runs_are_kept(run, call, refused, tmp_path):
    words = ("keep-agent", run.name, "--games", 1, "--results", tmp_path)
    status, out, _ = call(*words)
    assert (status, out.strip()) == (0, str(tmp_path / "agents" / run.name))
    run.rename(tmp_path / "away")
    assert refused(*words).startswith(f"{run.name!r}: no trained policy of that name")


def test_a_record_of_other_games_is_refused(run, tmp_path, monkeypatch):
    table = evaluate(run, 1).assign(run_id="another-run")
    monkeypatch.setattr(
        keeping, "_played", lambda *_: (table, {"sampled": [], "greedy": []})
    )
    with pytest.raises(RecordError, match=f"holds other games than {run.name}'s"):
        read_agent(keep(run, tmp_path, 1))


def test_how_an_agent_was_played_is_said(run, tmp_path):
    about = json.loads((keep(run, tmp_path, 1) / "evaluation.json").read_text())
    config = json.loads((run / "config.json").read_text())
    assert about["processor"] == config["processor"]["id"]
    assert about["code"] == config["code"]
    assert about["versions"]["MinAtar"] == config["versions"]["MinAtar"]
    assert about["max_frames"] == config["environment"]["max_frames"] == 60
