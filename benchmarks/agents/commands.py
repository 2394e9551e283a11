"""Commands on trained policies: what they score and do, kept and handed on.

Light to import: what acts is imported when a command is given.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from benchmarks.agents.finding import PLACES, RUNS, agent_folders, find_agent
from benchmarks.errors import UsageError
from benchmarks.options import Results, SuiteOfOwn
from benchmarks.places import check_writable

Runs = Annotated[
    Positional[tuple[str, ...]],
    arg(
        metavar="RUN ...",
        help="ids in results/runs or results/agents, or how they begin",
        help_behavior_hint="",
    ),
]
Games = Annotated[int, arg(metavar="N", help="full games of each kind")]
Seed = Annotated[int, arg(metavar="N", help="of the games")]
MOST_GAMES, LAST_SEED = 100_000, 99_999
LEAST_GIF_KB, MOST_GIF_KB = 50, 100_000


def agents(results: Results = Path("results")) -> int:
    """List trained policies: finished runs and committed agents, with their scores."""
    from benchmarks.agents.listing import listing

    if not agent_folders(results):
        places = " or ".join(str(results / place) for place in PLACES)
        raise UsageError(f"no trained policy in {places}")
    lines, refused = listing(results)
    for line in lines:
        print(line)
    for reason in refused:
        print(f"refused: {reason}", file=sys.stderr)
    return 1 if refused else 0


def evaluate(
    runs: Runs,
    games: Games = 30,
    seed: Seed = 0,
    results: Results = Path("results"),
    suite: SuiteOfOwn = None,
) -> int:
    """Play full games with trained policies: sampled as in training, and greedy."""
    folders = _asked("evaluate", results, runs, games, seed)
    check_writable(results / "evaluations")
    from analysis.tables.markdown import score_text
    from benchmarks.agents.evaluation import evaluate as played
    from benchmarks.agents.evaluation import write

    _read(suite)
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


def watch(
    runs: Runs,
    games: Annotated[int, arg(metavar="N", help="the first so many")] = 1,
    seed: Seed = 0,
    greedy: Annotated[
        bool,
        arg(help="act greedily, not as in training (a DQN: with its last epsilon)"),
    ] = False,
    gif_kb: Annotated[int, arg(metavar="N", help="a GIF has at most, in kB")] = 2_000,
    results: Results = Path("results"),
    suite: SuiteOfOwn = None,
) -> int:
    """Film the games that `evaluate` plays, from the first: an MP4 and a GIF each."""
    folders = _asked("watch", results, runs, games, seed)
    if not LEAST_GIF_KB <= gif_kb <= MOST_GIF_KB:
        expected = f"a whole number from {LEAST_GIF_KB} to {MOST_GIF_KB}"
        raise UsageError(f"--gif-kb: expected {expected}, not {gif_kb}")
    check_writable(results / "videos")
    from benchmarks.agents.video import check_installed
    from benchmarks.agents.watching import FOLDER
    from benchmarks.agents.watching import watch as watched

    check_installed()
    _read(suite)
    for folder in folders:
        to, most = results / FOLDER / folder.name, 1_000 * gif_kb
        for game in watched(folder, to, games, seed, greedy=greedy, gif_bytes=most):
            score = f"score {game.game_return:g}, {game.length_frames} frames"
            print(f"{folder.name}: {score}\n{game.mp4}\n{game.gif}")
    return 0


def keep_agent(
    runs: Runs,
    games: Games = 30,
    seed: Seed = 0,
    results: Results = Path("results"),
    suite: SuiteOfOwn = None,
) -> int:
    """Put finished runs' policies into results/agents, with the games they play."""
    folders = _asked("keep-agent", results, runs, games, seed, places=(RUNS,))
    check_writable(results / "agents")
    from benchmarks.agents.keeping import keep

    _read(suite)
    for folder in folders:
        print(keep(folder, results, games, seed), flush=True)
    return 0


def export_agent(
    run: Annotated[
        Positional[str],
        arg(
            metavar="RUN", help="an id in results/runs or results/agents, or its start"
        ),
    ],
    to: Annotated[Path, arg(metavar="DIR", help="a new folder for all of it")],
    results: Results = Path("results"),
    suite: SuiteOfOwn = None,
) -> int:
    """Write a policy as a model that Stable-Baselines3 alone loads, with its card."""
    folder = find_agent(results, run)
    check_writable(to)
    from benchmarks.agents.exporting import export

    _read(suite)
    for path in export(folder, results, to):
        print(path)
    return 0


def _asked(
    command: str,
    results: Path,
    runs: tuple[str, ...],
    games: int,
    seed: int,
    places: Sequence[Path] = PLACES,
) -> list[Path]:
    """The folders of the agents that are to play.

    Raises:
        UsageError: A number is out of range, or there is no such agent.
    """
    for option, number, least, most in (
        ("--games", games, 1, MOST_GAMES),
        ("--seed", seed, 0, LAST_SEED),
    ):
        if not least <= number <= most:
            expected = f"a whole number from {least} to {most:,}"
            raise UsageError(f"{option}: expected {expected}, not {number}")
    if not runs:
        raise UsageError(f"{command}: which runs? `agents` lists them")
    return [find_agent(results, run, places) for run in runs]


def _read(suite: Path | None) -> None:
    """Read the suite file that names a user's classes, if one is given."""
    if suite is not None:
        from benchmarks.suites.suite import read_suite

        read_suite(str(suite))
