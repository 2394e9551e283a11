"""The command line: what to run, how far it is, what it shows."""

from __future__ import annotations

import sys
from collections.abc import Callable

import tyro

from analysis.records.errors import RecordError, StudyNotFoundError
from benchmarks import claims, show
from benchmarks.errors import UsageError
from benchmarks.faults import commands as faults
from benchmarks.runs import commands as runs
from benchmarks.speed import commands as speed
from benchmarks.suites import commands as suites
from benchmarks.sweeps import commands as sweeps
from benchmarks.theory import commands as theory

# A table of contents: each command lives in the room that it belongs to, and imports
# what trains (torch, Stable-Baselines3, gymnasium) only when it is given.
COMMANDS: dict[str, Callable[..., int]] = {
    "list": suites.list_suites,
    "plan": sweeps.plan,
    "run": sweeps.run,
    "speed": speed.speed,
    "cost": speed.cost,
    "status": sweeps.status,
    "export": show.export,
    "merge": show.merge,
    "scales": claims.scales,
    "claims": claims.claims,
    "calibrate": claims.calibrate,
    "compare": claims.compare,
    "figures": show.figures,
    "tables": show.tables,
    "report": show.report,
    "theory": theory.theory,
    "faults": faults.faults,
    "replicates": runs.replicates,
    "reproduce": sweeps.reproduce,
    "train": runs.train,
}


def main() -> None:
    """Run the command line; a user's mistake is a line, not a traceback."""
    try:
        status = tyro.extras.subcommand_cli_from_dict(
            COMMANDS,
            prog="python -m benchmarks",
            description=__doc__,
            config=(tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff),
        )
    except (UsageError, RecordError, StudyNotFoundError) as error:
        print(error, file=sys.stderr)
        status = 2
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)
