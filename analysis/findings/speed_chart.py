"""The chart of training speed against the peer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from analysis.figures.drawing import Files
from analysis.figures.style import figure_style, image_bytes
from analysis.findings.measured import CASES


def chart_files(table: pd.DataFrame, about: Mapping[str, Any], path: Path) -> Files:
    """Draw a summary of speeds.

    Args:
        table: What :func:`analysis.findings.speed.summary` returns.
        about: The machine.
        path: Of the chart, without its suffix.

    Returns:
        A picture and a page.
    """
    figure = _chart(table, about)
    kinds = ("png", "pdf")
    return {path.with_suffix(f".{kind}"): image_bytes(figure, kind) for kind in kinds}


def _chart(table: pd.DataFrame, about: Mapping[str, Any]) -> Figure:
    table = table.assign(game=table["game"].str.rpartition("/")[2])
    stock = table.drop_duplicates(["case", "game"])
    bars = pd.concat(
        [
            stock.assign(side="stock SB3", rate=stock["stock_sb3"]),
            table.assign(side="ours, " + table["precision"], rate=table["ours"]),
            stock.assign(side="limit, float32", rate=stock["limit"]),
        ]
    )
    with figure_style():
        figure = Figure(figsize=(8.4, 2.8), layout="constrained")
        panels = figure.subplots(1, len(CASES))
        for axes, case in zip(panels, CASES, strict=True):
            part = bars[bars["case"] == case]
            sns.barplot(part, x="game", y="rate", hue="side", ax=axes)
            axes.set_title(case)
            axes.set(xlabel="", ylabel="agent steps / s")
            handles, labels = axes.get_legend_handles_labels()
            axes.get_legend().remove()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
        figure.suptitle(
            f"Training speed, {about['at_once']} runs at once: medians of "
            f"n = {table['n'].min()} measurements ({about['cpu']})",
            size=9,
        )
    return figure
