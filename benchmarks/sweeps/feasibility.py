"""What can't come to anything, a line each, before a machine spends days on it.

A warning is no refusal: a trial of a few seconds may be all that a user wants.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from algorithms.exploration import PiecewiseSchedule
from analysis.tables.scoring import FINAL_PART
from benchmarks.games.exact_game import NOOP_MAX
from benchmarks.games.game_lengths import lengths
from benchmarks.games.own import NOT_EXACT, is_exact
from benchmarks.suites.config import RunConfig
from benchmarks.suites.schema import as_fractions, parse_schedule
from benchmarks.sweeps import capacity

NEAR_ONE = 0.9  # of epsilon; 2017's own schedule has 0.955 at the first update
MOST_EPSILON = 0.5  # at the end
REACHED = 0.95  # of the fixed point
NAMED = 3  # variants that a line names


def doubts(configs: Sequence[RunConfig], at_once: int, results: Path) -> list[str]:
    """Say what is wrong with runs that are about to be made.

    Args:
        configs: The runs.
        at_once: How many of them run at the same time on this machine; 0 if they are
            made elsewhere.
        results: Where they are recorded.

    Returns:
        One line a problem, which names the runs that have it.
    """
    found: dict[str, list[RunConfig]] = {}
    for config in configs:
        for check in _CHECKS:
            if problem := check(config):
                found.setdefault(problem, []).append(config)
    lines = [f"{_names(runs, configs)}: {problem}" for problem, runs in found.items()]
    at_once = min(at_once, len(configs))
    return [*lines, *_memory(configs, at_once), *_disk(configs, at_once, results)]


def _names(runs: Sequence[RunConfig], every: Sequence[RunConfig]) -> str:
    variants = list(dict.fromkeys(run.variant for run in runs))
    games = list(dict.fromkeys(run.game for run in runs))
    more = len(variants) - NAMED
    said = ", ".join(variants[:NAMED]) + (f" and {more} more" if more > 0 else "")
    return (
        said
        if {run.game for run in every} == {*games}
        else f"{said} on " + (", ".join(games))
    )


def _steps(config: RunConfig) -> int:
    return config.frames // config.environment["frame_skip"]


def _never_learns(config: RunConfig) -> str | None:
    """SB3 makes its first update in the step after ``learning_starts``."""
    if config.family != "dqn" or _learns(config):
        return None
    starts = config.hyperparameters["learning_starts"]
    return f"{_steps(config):,} agent steps, and learning_starts={starts:,}: no update"


def _learns(config: RunConfig) -> bool:
    return _steps(config) > config.hyperparameters["learning_starts"]


def _epsilon(config: RunConfig, remaining: float) -> float:
    """Epsilon where a share of training remains."""
    points = parse_schedule(config.hyperparameters["exploration"])
    return PiecewiseSchedule(tuple(as_fractions(points, config.frames)))(remaining)


def _explores_too_little(config: RunConfig) -> str | None:
    if config.family != "dqn" or not _learns(config):
        return None
    starts, steps = config.hyperparameters["learning_starts"], _steps(config)
    epsilon = _epsilon(config, 1 - starts / steps)
    if epsilon >= NEAR_ONE:
        return None
    return (
        f"epsilon is down to {epsilon:.2g} at the first update, agent step {starts:,} "
        f"of {steps:,}: exploration ends before there is anything to explore by"
    )


def _explores_to_the_end(config: RunConfig) -> str | None:
    if config.family != "dqn" or not _learns(config):
        return None
    epsilon = _epsilon(config, 0.0)
    if epsilon <= MOST_EPSILON:
        return None
    return (
        f"exploration: epsilon is still {epsilon:.2g} at the end: scores are those of "
        "random actions for the most part"
    )


def _stays_far_from_its_fixed_point(config: RunConfig) -> str | None:
    """A constant c of each step is worth c / (1 - gamma^n) a path in the end.

    Each copy to the target network lets it grow by one path: after k copies that follow
    an update, it has come to 1 - gamma^(n k) of that.
    """
    if config.family != "dqn" or not _learns(config):
        return None
    settings, n_envs = config.hyperparameters, config.environment["n_envs"]
    period = max(settings["target_update_interval"] // n_envs, 1) * n_envs
    copies = _steps(config) // period - settings["learning_starts"] // period
    reached = 1 - settings["gamma"] ** (settings["n_steps"] * copies)
    if reached >= REACHED:
        return None
    return (
        f"target_update_interval={settings['target_update_interval']:,}: {copies:,} "
        "copies to the target network after learning_starts: a constant of each step "
        f"can reach {reached:.1%} of its fixed point, not {REACHED:.0%}"
    )


def _has_no_score(config: RunConfig) -> str | None:
    """A score is the mean of games that end in the last tenth of training.

    Each of n environments plays a part of the frames; its k-th game ends, at random
    play, between k times the shortest and k times the longest game. If no such span
    meets the last tenth of its part, no score is to be expected. Long runs have spans
    that overlap, and are never warned of: what a trained policy makes of a game's
    length is not known beforehand.
    """
    known = lengths(config.game).cut(config.environment.get("max_frames", math.inf))
    if known.shortest <= NOOP_MAX:
        return None
    last = config.frames / config.environment["n_envs"]
    first = (1 - FINAL_PART) * last
    game = math.floor(first / known.longest) + 1  # the first that can end after it
    if game * (known.shortest - NOOP_MAX) <= last:  # idle frames are not training's
        return None
    return (
        f"no game is likely to end in the last tenth, where a score is read: each "
        f"environment plays {last:,.0f} frames, and a game of {config.game} takes "
        f"{known.shortest:,} to {known.longest:,} at random play"
    )


def _begins_anew(config: RunConfig) -> str | None:
    if is_exact(config.game):
        return None
    return f"{NOT_EXACT} when a run goes on, which is not exact then and says so"


_CHECKS: Sequence[Callable[[RunConfig], str | None]] = (
    _never_learns,
    _explores_too_little,
    _explores_to_the_end,
    _stays_far_from_its_fixed_point,
    _has_no_score,
    _begins_anew,
)


def _memory(configs: Sequence[RunConfig], at_once: int) -> Iterator[str]:
    here = capacity.memory_here()
    needs = sorted(map(capacity.memory_of, configs), reverse=True)[:at_once]
    largest = max(map(capacity.replay_memory_of, configs if at_once else []), default=0)
    if largest > here:
        yield f"a replay memory of {_gb(largest)}, and there are {_gb(here)} of memory"
    elif sum(needs) > here:
        fit = next(n for n in range(at_once, -1, -1) if sum(needs[:n]) <= here)
        advice = f"--jobs {fit} fits" if fit else "a smaller buffer_size may fit"
        yield (
            f"{_runs(at_once)} at once take {_gb(sum(needs))} of memory in the end, "
            f"replay memories and processes, and there are {_gb(here)}: {advice}"
        )


def _disk(configs: Sequence[RunConfig], at_once: int, results: Path) -> Iterator[str]:
    needs = sorted(map(capacity.disk_of, configs), reverse=True)[:at_once]
    if at_once and sum(needs) > (free := capacity.disk_free(results)):
        yield (
            f"checkpoints of {_runs(at_once)} at once take about {_gb(sum(needs))} of "
            f"disk, a replay memory's frames twice, and {_gb(free)} are free there"
        )


def _runs(count: int) -> str:
    return f"{count} run{'s' if count != 1 else ''}"


def _gb(count: int) -> str:
    return f"{count / 1e9:,.1f} GB"
