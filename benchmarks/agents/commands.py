"""``agents``, ``evaluate``: finished runs, and what their policies score.

Light to import: what acts is imported when a command is given.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from benchmarks.errors import UsageError
from benchmarks.options import Results, SuiteOfOwn
from benchmarks.places import check_writable

POLICIES = "runs/*/policy.pt"


def agents(results: Results = Path("results")) -> int:
    """List the finished runs that have a policy, with their training scores."""
    from analysis.records.record import read_run
    from analysis.records.study import study_of
    from analysis.tables.markdown import score_text
    from analysis.tables.scoring import final_scores

    folders = [path.parent for path in sorted(results.glob(POLICIES))]
    if not folders:
        raise UsageError(f"no trained policy in {results / 'runs'}")
    runs = study_of("agents", {path.name: read_run(path) for path in folders})
    for row in final_scores(runs).to_dict("records"):
        print(f"{row['run_id']:60} {row['game']:24} {score_text(row['score'])}")
    return 0


def evaluate(
    runs: Annotated[
        Positional[tuple[str, ...]],
        arg(
            metavar="RUN ...",
            help="ids in results/runs, or how they begin",
            help_behavior_hint="",
        ),
    ],
    games: Annotated[int, arg(metavar="N", help="full games of each kind")] = 30,
    seed: Annotated[int, arg(metavar="N", help="of the games")] = 0,
    results: Results = Path("results"),
    suite: SuiteOfOwn = None,
) -> int:
    """Play full games with trained policies: sampled as in training, and greedy."""
    if not 1 <= games <= 100_000:
        raise UsageError(f"--games: expected a whole number from 1 on, not {games}")
    if not 0 <= seed < 100_000:
        raise UsageError(f"--seed: expected a whole number from 0 on, not {seed}")
    folders = [_found(results, run) for run in runs]
    if not folders:
        raise UsageError("evaluate: which runs? `agents` lists them")
    check_writable(results / "evaluations")
    from analysis.tables.markdown import score_text
    from benchmarks.agents.evaluation import evaluate as played
    from benchmarks.agents.evaluation import write

    if suite is not None:
        from benchmarks.suites.suite import read_suite

        read_suite(str(suite))
    for folder in folders:
        table = played(folder, games, seed)
        for policy, part in table.groupby("policy", sort=False):
            returns = part["game_return"]
            score = score_text(returns.mean(), returns.std())
            epsilon = part["epsilon"].iloc[0]
            said = "" if epsilon != epsilon else f" (epsilon {epsilon:g})"
            print(f"{folder.name}: {policy}{said}: {score}, {len(part)} games")
        print(write(results, table))
    return 0


def _found(results: Path, wanted: str) -> Path:
    """The one finished run whose id is, or begins with, ``wanted``."""
    folders = [path.parent for path in sorted(results.glob(POLICIES))]
    exact = [path for path in folders if path.name == wanted]
    found = exact or [path for path in folders if path.name.startswith(wanted)]
    if len(found) != 1:
        names = ", ".join(path.name for path in (found or folders)[:6]) or "none"
        count = "no trained policy" if not found else f"{len(found)} policies"
        raise UsageError(f"{wanted!r}: {count} of that name; there are: {names}")
    return found[0]
