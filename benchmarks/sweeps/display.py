"""What a user sees of a sweep: the plan, the live table, the status."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from benchmarks.suites.config import RunConfig
from benchmarks.sweeps.arms import STATES, Arm, by_arm, hours_at_once, together
from benchmarks.sweeps.status import RunStatus, Watched
from benchmarks.sweeps.sweep import Outcome

REFRESH_S = 2.0
PLAIN_REFRESH_S = 30.0
SHOWN = ("running", "failed", "unreadable")  # while a sweep goes on
STYLES = {"done": "green", "running": "cyan", "failed": "red", "unreadable": "red"}

Hours = Sequence[float | None]  # that runs still need here; None: no speed is known


def print_arms(runs: Sequence[RunStatus], hours: Hours, jobs: int) -> None:
    """Print how far each arm is, and when all could be done with so many jobs."""
    total = together("all", list(zip(runs, hours, strict=True)))
    usual = ("done", "running", "missing")
    states = [name for name in STATES if name in usual or total.states[name]]
    table = _table("arm", "games", "runs", *states, "frames", "of", "hours here")
    for arm in by_arm(runs, hours):
        table.add_row(*_arm_row(arm, states))
    table.add_row(*_arm_row(total, states), style="bold")
    _console().print(table)
    _print_sum(runs, hours, jobs)


def _arm_row(arm: Arm, states: Sequence[str]) -> list[str]:
    counts = [str(arm.states[name] or "-") for name in states]
    frames = [f"{arm.frames:,}", f"{arm.planned:,}"]
    return [
        arm.label,
        str(arm.games),
        str(arm.runs),
        *counts,
        *frames,
        _hours(arm.hours),
    ]


def print_plan(runs: Sequence[RunStatus], hours: Hours, jobs: int) -> None:
    """Print every run with what it still needs, and when all could be done."""
    table = _table("run", "frames", "state", "hours here")
    for run, needed in zip(runs, hours, strict=True):
        frames = f"{run.config.frames:,}"
        table.add_row(run.config.run_id, frames, run.state, _hours(needed))
    _console().print(table)
    _print_sum(runs, hours, jobs)


def _hours(needed: float | None) -> str:
    return "?" if needed is None else f"{needed:.2f}"


def print_statuses(runs: Sequence[RunStatus]) -> None:
    """Print how far every run is."""
    _console().print(_progress_table(runs))


def print_errors(runs: Sequence[RunStatus]) -> None:
    """Print why runs failed."""
    for run in runs:
        if run.error:
            print(f"{run.config.run_id}: {run.error}")


def _print_sum(runs: Sequence[RunStatus], hours: Hours, jobs: int) -> None:
    print(_summary(runs))
    if None in hours:
        print("how long the rest takes here is not known yet: plan measures it")
    elif at_once := min(jobs, sum(needed != 0 for needed in hours)):
        needed = hours_at_once(runs, hours, at_once)
        end = datetime.now() + timedelta(hours=needed)
        print(
            f"about {_duration(needed)} here with {at_once} at once: begun now, until "
            f"{end:%A, %d %B %Y, %H:%M}"
        )


def _summary(runs: Sequence[RunStatus]) -> str:
    states = Counter(run.state for run in runs)
    said = ", ".join(f"{count} {state}" for state, count in states.items())
    return f"{len(runs)} run{'s' if len(runs) != 1 else ''}: {said}"


def _duration(hours: float) -> str:
    return f"{hours:,.1f} hours" if hours >= 1 else f"{hours * 60:.0f} minutes"


def _console() -> Console:
    # A pipe or a file has no width: lines must not be cut at 80 columns there.
    console = Console()
    return console if console.is_terminal else Console(width=120)


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(
            column, justify="left" if number == 0 else "right", no_wrap=True
        )
    return table


def _progress_table(runs: Sequence[RunStatus]) -> Table:
    table = _table("run", "state", "frames", "%", "steps/s", "return")
    for run in runs:
        share = min(run.frames / run.config.frames, 1.0)
        speed = run.frames_per_second
        skip = run.config.environment["frame_skip"]
        table.add_row(
            run.config.run_id,
            run.state,
            f"{run.frames:,}",
            f"{share:.0%}",
            "" if speed is None else f"{speed / skip:,.0f}",
            "" if run.game_return is None else f"{run.game_return:,.1f}",
            style=STYLES.get(run.state),
        )
    return table


class LiveTable:
    """Shows a sweep while it runs; where there is no terminal, a line now and then.

    Only what is under way is shown run by run, so that it fits on a screen.
    """

    def __init__(self, results: Path, configs: Sequence[RunConfig]) -> None:
        self.watched = Watched(results, configs)
        self.console = Console()
        self.live = Live(console=self.console, auto_refresh=False)
        self.interval = REFRESH_S if self.console.is_terminal else PLAIN_REFRESH_S
        self.last = time.monotonic() - self.interval

    def __enter__(self) -> LiveTable:
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._show()
        self.live.stop()

    def update(self, outcome: Outcome) -> None:
        """Refresh the table when it is due."""
        if time.monotonic() - self.last >= self.interval:
            self._show()

    def _show(self) -> None:
        self.last = time.monotonic()
        runs = self.watched.look()
        now = [run for run in runs if run.state in SHOWN]
        odd = [run.error for run in now if run.state == "unreadable"]
        if self.console.is_terminal:
            shown = [_progress_table(now)] if now else []
            lines = [Text(line) for line in (*odd, _summary(runs))]
            self.live.update(Group(*shown, *lines), refresh=True)
            return
        print("\n".join([*odd, _summary(runs)]), flush=True)
        for run in now:
            share = min(run.frames / run.config.frames, 1.0)
            print(f"  {run.config.run_id} {run.state} {share:.0%}", flush=True)
