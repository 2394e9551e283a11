"""Suites and records of a few lines, and what is in a folder."""

from __future__ import annotations

from pathlib import Path

GOOD = """
games = ["Pong"]
[[group]]
variants = ["q-a2c"]
frames = { value = 1_000, source = "ours" }
seeds = { value = 1, source = "ours" }
"""


def written(path: Path, text: str = GOOD) -> str:
    """Write a suite; returns its path as a user gives it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def write_record(folder: Path) -> None:
    """Write what a run has recorded when its first game has ended."""
    head = "frames,env,game_return,length_frames\n"
    (folder / "episodes.csv").write_text(head + "400,0,-2.0,400\n")


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
