"""The command line as its user meets it, save for what it runs."""

from __future__ import annotations

import json
import re

import pytest

from benchmarks import cli
from benchmarks.runs.processor import processor_id
from benchmarks.suites.suite import load_suite

# ---------------------------------------------------------------------- what is said


@pytest.mark.parametrize("command", ["", *cli.COMMANDS])
def test_help_at_every_level(command, call):
    status, out, _ = call(*filter(None, [command]), "--help")
    assert status == 0
    # No Python in it: neither its types nor its markup.
    for foreign in ("None", "STR", "PATH", "INT", "``", "default: )"):
        assert foreign not in out


def test_list_says_what_there_is(call):
    status, out, _ = call("list")
    assert status == 0
    for name in ("smoke", "atari", "paper", "dqn-soft-kl-5step", "SpaceInvaders"):
        assert name in out


BAD = {
    "plan smok": "unknown suite 'smok'; nearest: smoke",
    "status ../settings/common": "unknown suite '../settings/common'",
    "run smoke --games pongg": "--games: unknown 'pongg'; nearest: Pong",
    "run smoke --games ../../x": "--games: unknown '../../x'",
    "plan smoke --only q-a2cc": "--only: unknown 'q-a2cc'; nearest: q-a2c",
    "plan smoke --seeds 0": "--seeds: expected a whole number above 0, not 0",
    "plan smoke --frames -5": "--frames: expected a whole number above 0, not -5",
    "speed --jobs 0": "--jobs: expected a whole number above 0, not 0",
    "run smoke --jobs 0": "--jobs: expected a whole number above 0, not 0",
    "run smoke --set gamma": "--set: expected KEY=VALUE, not 'gamma'",
    "run smoke --set gama=1": "--set gama: unknown key; nearest: gamma",
    "run smoke --only dqn-hard --set printed=true": "printed=True needs a soft target",
    "figures ../../x": "no study",
    "tables nothing": "no study",
    "report": "no study",
    "export": "no runs in",
    "export nothing": "no runs of nothing",
    "reproduce q --frames 0": "--frames: expected a whole number above 0, not 0",
    "reproduce q --frames ten": "--frames: expected a whole number above 0, not ten",
    "reproduce q-a2c": "no run 'q-a2c' in results/data; there is none",
    "merge nowhere": "no studies in nowhere",
    "train no-such-folder": "no-such-folder: not a run's folder",
}


@pytest.mark.parametrize(("words", "said"), BAD.items())
def test_bad_input_is_a_line_before_anything_starts(
    words, said, call, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    status, out, err = call(*words.split())
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert said in line
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [(None, 0, ""), (0, 0, ""), (3, 3, ""), ("bye", 1, "bye\n")],
)
def test_what_ends_a_command_is_its_status(code, status, said, call, monkeypatch):
    def leaves() -> int:
        raise SystemExit(code)

    monkeypatch.setitem(cli.COMMANDS, "list", leaves)
    assert call("list") == (status, "", said)


@pytest.mark.parametrize("words", ["frobnicate", "plan", "plan smoke --seeds two"])
def test_words_that_cannot_be_read_are_explained(words, call):
    status, out, err = call(*words.split())
    assert status == 2
    assert "Traceback" not in out + err and len(out + err) > 20


def test_a_folder_that_cannot_be_written_is_said_first(call, tmp_path):
    (tmp_path / "file").write_text("")
    for command in ("run", "plan"):
        status, _, err = call(command, "smoke", "--results", tmp_path / "file")
        assert status == 2
        assert err.startswith("can't write to ") and err.count("\n") == 1


# ------------------------------------------------------------------------- the plan


@pytest.fixture
def results(tmp_path):
    """A folder whose machine has been measured: 1000 frames/s, or 100 with DQN."""
    (tmp_path / "runs").mkdir()
    speeds = {
        "a2c Atari exact cpu 16 1 float32": 1000.0,
        "dqn Atari exact cpu 1 1 float32": 100.0,
    }
    known = {"processor": processor_id(), "frames_per_second": speeds}
    (tmp_path / "runs" / "speed.json").write_text(json.dumps(known))
    return tmp_path


def planned(call, *words: object) -> dict[str, float]:
    status, out, _ = call("plan", "--runs", *words)
    assert status == 0
    rows = re.findall(r"^ (\S+-s\d+-[0-9a-f]{10}) .* ([\d.]+) *$", out, re.MULTILINE)
    return {run_id: float(hours) for run_id, hours in rows}


def test_plan_shows_every_run_with_its_hours(call, results):
    hours = planned(call, "atari", "--results", results)
    assert set(hours) == {run.run_id for run in load_suite("atari")}
    for run_id, needed in hours.items():
        assert needed == (11.11 if run_id.startswith("dqn") else 2.78)


def test_plan_narrows(call, results):
    words = ["--results", results, "--games", "Pong", "Qbert", "--only", "q-a2c"]
    hours = planned(call, "atari", *words, "--seeds", 2, "--frames", 7_200_000)
    assert list(hours.values()) == [2.0] * 4
    assert {run_id.rsplit("-", 1)[0] for run_id in hours} == {
        f"q-a2c-{game}-s{seed}" for game in ("pong", "qbert") for seed in (0, 1)
    }


def test_plan_sums_up(call, results):
    words = ("plan", "smoke", "--results", results, "--only", "q-a2c", "--jobs", 4)
    _, out, _ = call(*words, "--frames", 7_200_000)
    assert "1 run: 1 missing" in out
    assert "about 2.0 hours here with 1 at once" in out
    assert "about 2 minutes" in call(*words, "--frames", 120_000)[1]
