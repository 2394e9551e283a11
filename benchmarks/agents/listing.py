"""What trained policies score, a line each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from analysis.records.errors import RecordError
from analysis.records.evaluations import FOLDER, POLICIES, Evaluation, read_agent
from analysis.records.record import CONFIG_FILE, RunRecord, read_run
from analysis.records.study import study_of
from analysis.tables.markdown import score_text
from analysis.tables.scoring import final_scores
from benchmarks.agents.finding import RUNS, agent_folders
from benchmarks.places import UNUSABLE, unusable

Record = TypeVar("Record", RunRecord, Evaluation)


def listing(results: Path) -> tuple[list[str], list[str]]:
    """Runs with the scores of their training; agents with those of their games.

    Returns:
        A line each; and why others can't be listed, a line each.
    """
    refused = list[str]()
    agents = [path.parent for path in (results / FOLDER).glob(f"*/{CONFIG_FILE}")]
    runs = _read(agent_folders(results, [RUNS]), read_run, refused)
    kept = _read(sorted(agents), read_agent, refused)
    return [*_runs(runs), *_agents(kept.values())], refused


def _read(
    folders: Sequence[Path], read: Callable[[Path], Record], refused: list[str]
) -> dict[str, Record]:
    """What can be read of some folders, by their names."""
    found = dict[str, Record]()
    for folder in folders:
        try:
            found[folder.name] = read(folder)
        except RecordError as error:
            refused.append(str(error))
        except UNUSABLE as error:
            refused.append(unusable(error))
    return found


def _runs(runs: Mapping[str, RunRecord]) -> Iterator[str]:
    for row in final_scores(study_of("agents", runs)).to_dict("records"):
        yield _line(row["run_id"], row["game"], f"training {score_text(row['score'])}")


def _agents(agents: Iterable[Evaluation]) -> Iterator[str]:
    for agent in agents:
        said = [
            f"{policy} {score_text(returns.mean(), returns.std())}"
            for policy in POLICIES
            if len(returns := agent.returns(policy))
        ]
        name = f"{FOLDER}/{agent.run_id}"
        yield _line(name, agent.config["game"], ", ".join(said))


def _line(name: str, game: str, scores: str) -> str:
    return f"{name:60} {game:24} {scores}"
