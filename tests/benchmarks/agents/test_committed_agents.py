"""The agents in results/ play the games of their records, and can be trained again."""

from __future__ import annotations

import shlex
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from analysis.records.evaluations import FOLDER, read_agent, read_agents
from benchmarks.agents.card import command
from benchmarks.agents.evaluation import AT_ONCE, evaluate
from benchmarks.runs.processor import processor_id
from benchmarks.suites.suite import Selection, load_suite

RESULTS = Path(__file__).parents[3] / "results"
PLAYED = RESULTS / FOLDER / "a2c-proper-minatar-breakout-s0-8be992fa3b"


def test_an_agent_plays_the_games_of_its_record():
    record = read_agent(PLAYED)
    if record.about["processor"] != processor_id():
        pytest.skip("recorded on another kind of processor")
    keys = ["policy", "env"]
    firsts = record.games.groupby(keys, sort=False).head(1).sort_values(keys)
    found = evaluate(PLAYED, AT_ONCE, record.about["seed"]).sort_values(keys)
    pd.testing.assert_frame_equal(
        found.reset_index(drop=True), firsts.reset_index(drop=True)
    )


def test_the_commands_of_cards_are_those_of_the_runs():
    agents = read_agents(RESULTS)
    assert agents
    for agent in agents:
        words = shlex.split(command(agent.config))
        assert words[:2] == ["./run_all.sh", "run"] and "--set" not in words
        said = dict(zip(words[3::2], words[4::2], strict=True))
        chosen = Selection(
            games=[said["--games"]], only=[said["--only"]], seeds=int(said["--seeds"])
        )
        assert load_suite(words[2], chosen)[-1].run_id == agent.run_id


def test_the_game_that_readme_shows_is_that_of_a_record():
    path = RESULTS / FOLDER / "breakout.gif"
    games = read_agent(PLAYED).games
    first = games[(games["policy"] == "sampled") & (games["env"] == 0)].iloc[0]
    image = Image.open(path)
    ms = []
    for frame in range(image.n_frames):
        image.seek(frame)
        ms.append(image.info["duration"])
    assert sum(ms) == 100 * first["length_frames"]  # ten frames a second
    assert path.stat().st_size <= 500_000
