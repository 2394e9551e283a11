"""The command line: what to run, how far it is, what it shows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from itertools import takewhile

import tyro

from analysis.records.errors import RecordError, StudyNotFoundError
from analysis.records.once import keeping
from benchmarks import claims, show
from benchmarks.agents import commands as agents
from benchmarks.errors import UsageError
from benchmarks.faults import commands as faults
from benchmarks.places import UNUSABLE, unusable
from benchmarks.runs import commands as runs
from benchmarks.speed import commands as speed
from benchmarks.suites import commands as suites
from benchmarks.sweeps import commands as sweeps
from benchmarks.theory import commands as theory

# A table of contents: each command lives in the room that it belongs to, and imports
# what trains (torch, Stable-Baselines3, gymnasium) only when it is given.
COMMANDS: dict[str, Callable[..., int]] = {
    "list": suites.list_suites,
    "suites": suites.suites,
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
    "forget": runs.forget,
    "agents": agents.agents,
    "evaluate": agents.evaluate,
    "watch": agents.watch,
    "keep-agent": agents.keep_agent,
    "export-agent": agents.export_agent,
    "train": runs.train,
}


# These may be given at once, before what they share: the data are then read once.
TOGETHER = ("claims", "figures", "tables", "report")


def main() -> None:
    """Run the command line; a user's mistake is a line, not a traceback."""
    words = sys.argv[1:]
    names = list(takewhile(TOGETHER.__contains__, words))
    shared = words[len(names) :]
    try:
        sys.exit(_together(names, shared) if names else _status(words))
    except KeyboardInterrupt:
        sys.exit(130)


def _together(names: Sequence[str], shared: Sequence[str]) -> int:
    """Run all of them; the status of the last that did not do all it should."""
    status = 0
    with keeping():
        for name in names:
            if len(names) > 1:
                print(f"== {name}", flush=True)
            status = _status([name, *shared]) or status
    return status


def _status(words: Sequence[str]) -> int:
    """Run a command; its exit status."""
    try:
        return tyro.extras.subcommand_cli_from_dict(
            COMMANDS,
            prog="python -m benchmarks",
            description=__doc__,
            args=words,
            config=(tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff),
        )
    except (UsageError, RecordError, StudyNotFoundError) as error:
        print(error, file=sys.stderr)
        return 2
    except UNUSABLE as error:
        if error.filename is None or "train" in words[:1]:  # a run's log has it all
            raise
        print(unusable(error), file=sys.stderr)
        return 2
    except SystemExit as stop:  # it refused the words, or explained itself
        return _exit_status(stop)


def _exit_status(stop: SystemExit) -> int:
    """What a process would end with; a text is shown, as Python does."""
    if stop.code is None or isinstance(stop.code, int):
        return stop.code or 0
    print(stop.code, file=sys.stderr)
    return 1
