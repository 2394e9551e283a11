"""Evaluations: full games of trained policies, and the policies that are committed.

``results/agents/<run_id>/`` is an agent: ``policy.pt``, its weights; ``config.json``,
as its run left it; ``evaluation.csv``, a row a game; ``evaluation.json``, how those
were played; and ``SHA256.json``, the digests of the four.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.records.csvs import read_if_there
from analysis.records.digests import check_digests
from analysis.records.errors import RecordError
from analysis.records.record import CONFIG_FILE, POLICY_FILE, read_config, read_json

if TYPE_CHECKING:
    import pandas as pd

FOLDER = Path("agents")
GAMES_FILE = "evaluation.csv"
ABOUT_FILE = "evaluation.json"
AGENT_FILES = (POLICY_FILE, CONFIG_FILE, GAMES_FILE, ABOUT_FILE)

POLICIES = ("sampled", "greedy")
GAMES = {
    "run_id": "str",
    "policy": "str",
    "epsilon": "float64",
    "seed": "int64",
    "env": "int64",
    "game_return": "float64",
    "length_frames": "int64",
}
COLUMNS = list(GAMES)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What an agent's games were.

    Attributes:
        config: The content of its run's ``config.json``.
        games: Columns :data:`GAMES`.
        about: How they were played; nothing if that is not recorded.
    """

    config: dict[str, Any]
    games: pd.DataFrame
    about: dict[str, Any]

    @property
    def run_id(self) -> str:
        """The run's id."""
        return str(self.config["run_id"])

    def mean(self, policy: str) -> float:
        """The mean return of the games of one of :data:`POLICIES`."""
        return float(self.returns(policy).mean())

    def returns(self, policy: str) -> pd.Series:
        """The returns of those games; of none, if it has played none."""
        return self.games["game_return"][self.games["policy"] == policy]


def read_agent(folder: Path) -> Evaluation:
    """Read the record of a committed agent.

    Raises:
        RecordError: It is mangled, or not as it was written.
    """
    check_digests(folder, AGENT_FILES)
    config = read_config(folder / CONFIG_FILE)
    if config["run_id"] != folder.name:
        raise RecordError(folder / CONFIG_FILE, f"run_id is {config['run_id']!r}")
    games = read_evaluated_games(folder / GAMES_FILE, config["run_id"])
    return Evaluation(config, games, read_json(folder / ABOUT_FILE))


def read_agents(results: Path) -> list[Evaluation]:
    """Read the records of all committed agents, by their ids.

    Raises:
        RecordError: One is mangled, or not as it was written.
    """
    paths = sorted((results / FOLDER).glob(f"*/{CONFIG_FILE}"))
    return [read_agent(path.parent) for path in paths]


def read_evaluated_games(path: Path, run_id: str) -> pd.DataFrame:
    """Read the games of an evaluation, columns :data:`GAMES`.

    Raises:
        RecordError: They are mangled, or another run's.
    """
    games = read_if_there(path, GAMES)
    if set(games["run_id"]) != {run_id} or not set(games["policy"]) <= {*POLICIES}:
        raise RecordError(path, f"holds other games than {run_id}'s, or none")
    return games
