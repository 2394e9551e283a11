"""The display looks at a sweep, and stops nothing of it."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.sweeps import display
from benchmarks.sweeps.display import LiveTable
from benchmarks.sweeps.sweep import Task, run_tasks


class Slow(Task):
    """A process of a second, with another run's file mangled as it starts."""

    mangled: Path

    def command(self) -> list[str]:
        self.mangled.write_text("{")
        return ["sleep", "1"]


@pytest.mark.parametrize("name", ["done.json", "failed.json"])
@pytest.mark.parametrize("terminal", [False, True])
def test_a_run_that_cannot_be_read_stops_no_other(
    terminal, name, tiny, run_folder, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(display, "REFRESH_S", 0.0)
    monkeypatch.setattr(display, "PLAIN_REFRESH_S", 0.0)
    runs = [tiny("q-a2c"), tiny("a2c-naive")]
    task = Slow(run_folder(runs[0]))
    task.mangled = run_folder(runs[1]) / name
    shown = io.StringIO()
    if terminal:
        console = partial(Console, file=shown, force_terminal=True, width=250)
        monkeypatch.setattr(display, "Console", console)
    with LiveTable(tmp_path, runs) as table:
        outcome = run_tasks([task], 1, table.update)
    assert outcome.done == [task.folder] and not outcome.failed
    said = shown.getvalue() if terminal else capsys.readouterr().out
    assert "2 runs: 1 missing, 1 unreadable" in said
    assert f"{runs[1].run_id} unreadable 0%" in said or terminal
    assert f"{task.mangled}: is not JSON" in said
