"""What trained policies score, a line each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from analysis.records.evaluations import FOLDER, POLICIES, read_agents
from analysis.records.record import read_run
from analysis.records.study import study_of
from analysis.tables.markdown import score_text
from analysis.tables.scoring import final_scores
from benchmarks.agents.finding import RUNS, agent_folders


def lines(results: Path) -> Iterator[str]:
    """Runs with the scores of their training; agents with those of their games."""
    folders = [path for path in agent_folders(results) if path.parent.name == str(RUNS)]
    runs = study_of("agents", {path.name: read_run(path) for path in folders})
    for row in final_scores(runs).to_dict("records"):
        yield _line(row["run_id"], row["game"], f"training {score_text(row['score'])}")
    for agent in read_agents(results):
        said = [
            f"{policy} {score_text(returns.mean(), returns.std())}"
            for policy in POLICIES
            if len(returns := agent.returns(policy))
        ]
        name = f"{FOLDER}/{agent.run_id}"
        yield _line(name, agent.config["game"], ", ".join(said))


def _line(name: str, game: str, scores: str) -> str:
    return f"{name:60} {game:24} {scores}"
