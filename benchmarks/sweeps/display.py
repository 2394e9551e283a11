"""What a user sees of a sweep: the plan, the live table, the status."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table

from benchmarks.suites.config import RunConfig
from benchmarks.sweeps.estimate import hours_left
from benchmarks.sweeps.status import RunStatus, Watched
from benchmarks.sweeps.sweep import Outcome

REFRESH_S = 2.0
PLAIN_REFRESH_S = 30.0
STYLES = {"done": "green", "running": "cyan", "failed": "red"}


def print_plan(runs: Sequence[RunStatus], speeds: dict[str, float], jobs: int) -> None:
    """Print every run with its estimated time, and the sum."""
    hours = [hours_left(run, speeds, runs) for run in runs]
    table = _table("run", "frames", "state", "hours here")
    for run, needed in zip(runs, hours, strict=True):
        table.add_row(
            run.config.run_id, f"{run.config.frames:,}", run.state, f"{needed:.2f}"
        )
    _console().print(table)
    print(_summary(runs))
    at_once = min(jobs, len(runs))
    print(f"about {_duration(sum(hours) / at_once)} here with {at_once} at once")


def print_statuses(runs: Sequence[RunStatus]) -> None:
    """Print how far every run is."""
    _console().print(_progress_table(runs))
    for run in runs:
        if run.error:
            print(f"{run.config.run_id}: {run.error}")


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
        now = [run for run in runs if run.state in ("running", "failed")]
        if self.console.is_terminal:
            shown = [_progress_table(now)] if now else []
            self.live.update(Group(*shown, _summary(runs)), refresh=True)
            return
        print(_summary(runs), flush=True)
        for run in now:
            share = min(run.frames / run.config.frames, 1.0)
            print(f"  {run.config.run_id} {run.state} {share:.0%}", flush=True)
