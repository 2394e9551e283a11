"""What agents score when they play anew, beside what they scored in training."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from analysis.build import write_tables
from analysis.records.csvs import csv_bytes
from analysis.records.digests import with_digests
from analysis.records.evaluations import (
    ABOUT_FILE,
    COLUMNS,
    FOLDER,
    GAMES_FILE,
    read_agents,
)
from analysis.records.files import write_atomically
from analysis.records.published import read_all_published
from analysis.records.record import CONFIG_FILE, POLICY_FILE
from analysis.records.study import load_study
from analysis.tables.evaluated import with_evaluations
from analysis.tables.scoring import scores
from tests.analysis.records_on_disk import config_of


def write_agent(results: Path, config: dict, sampled: list, greedy: list) -> None:
    """As `keep-agent` does, of games with these returns."""
    played = [("sampled", game) for game in sampled] + [("greedy", g) for g in greedy]
    games = pd.DataFrame(played, columns=["policy", "game_return"])
    games = games.assign(epsilon=0.0, seed=0, env=0, length_frames=9)
    folder = results / FOLDER / config["run_id"]
    files = {
        folder / POLICY_FILE: b"weights",
        folder / CONFIG_FILE: json.dumps(config).encode(),
        folder / GAMES_FILE: csv_bytes(games.assign(run_id=config["run_id"])[COLUMNS]),
        folder / ABOUT_FILE: b"{}",
    }
    write_atomically(with_digests(files))


def test_means_of_agents_by_hand(small_study: Path) -> None:
    study = load_study(small_study / "data", "atari")
    naive = [c for c in study.configs.values() if c["variant"] == "a2c-naive"]
    write_agent(small_study, naive[0], [1.0, 3.0], [10.0])
    write_agent(small_study, naive[1], [6.0], [20.0, 40.0])
    write_agent(small_study, config_of() | {"run_id": "of-another-study"}, [9], [9])
    table = scores(study, read_all_published(small_study / "reference"))
    found = with_evaluations(table, study, read_agents(small_study))
    ours, other = found.to_dict("records")
    assert (ours["agents"], ours["sampled"], ours["greedy"]) == (2, 4.0, 20.0)
    assert other["agents"] == 0 and pd.isna(other["sampled"])
    assert found[list(table)].equals(table)
    assert with_evaluations(table, study, []).equals(table)


def test_tables_say_what_agents_score(small_study: Path) -> None:
    write_tables(small_study)
    before = (small_study / "tables/atari/scores.md").read_text()
    assert "greedy" not in before
    study = load_study(small_study / "data", "atari")
    naive = [c for c in study.configs.values() if c["variant"] == "a2c-naive"]
    write_agent(small_study, naive[0], [1.0, 3.0], [10.0])
    write_tables(small_study)
    lines = (small_study / "tables/atari/scores.md").read_text().splitlines()
    assert "| sampled | greedy | agents |" in lines[4]
    assert "| 2.00 | 10.0 | 1 |" in next(line for line in lines if "a2c-naive" in line)
    assert "full games played anew" in lines[2]
