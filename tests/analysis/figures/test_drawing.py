"""Drawings on several cores are those on one."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from analysis.figures.drawing import FEW, Files, draw_all, joined
from analysis.figures.style import DPI, figure_style, image_bytes


def drawing(number: int) -> Files:
    return {Path(f"{number}"): f"{number} of {os.getpid()}".encode()}


def failing() -> Files:
    raise ValueError("a figure that can't be drawn")


def processes(drawn: list[Files]) -> set[str]:
    return {data.decode().split()[-1] for data in joined(drawn).values()}


def test_many_are_drawn_by_several_processes_and_come_in_order() -> None:
    drawn = draw_all([partial(drawing, n) for n in range(40)], processes=2)
    assert [list(files) for files in drawn] == [[Path(f"{n}")] for n in range(40)]
    assert str(os.getpid()) not in processes(drawn)


def test_a_few_are_drawn_here() -> None:
    drawn = draw_all([partial(drawing, n) for n in range(2 * FEW - 1)], processes=2)
    assert processes(drawn) == {str(os.getpid())}


@pytest.mark.parametrize("count", [1, 2 * FEW])
def test_what_fails_in_a_process_fails_here(count: int) -> None:
    with pytest.raises(ValueError, match="can't be drawn"):
        draw_all([failing] * count, processes=2)


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_a_file_is_what_savefig_gives(kind: str, tmp_path: Path) -> None:
    """It is drawn once where ``savefig`` draws twice: the layout is the same."""

    def figure() -> Figure:
        made = Figure(figsize=(3, 2), layout="constrained")
        made.subplots().plot([1, 1000], label="a longer label than its axis has room")
        made.axes[0].set_ylabel("beside it")
        made.legend(loc="outside lower center")
        return made

    names = ("CreationDate", "Producer", "Creator") if kind == "pdf" else ("Software",)
    with figure_style():
        figure().savefig(
            tmp_path / "saved", format=kind, dpi=DPI, metadata=dict.fromkeys(names)
        )
        ours = figure()
    assert image_bytes(ours, kind) == (tmp_path / "saved").read_bytes()
