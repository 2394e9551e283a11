"""What the comparison with the peers shows: a table, a chart, the machine."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from statistics import median

import pandas as pd
import seaborn as sns
import torch
from matplotlib.figure import Figure

from analysis.markdown import markdown_table
from analysis.style import figure_style, image_bytes
from benchmarks.peers import config_of, flop_per_step


def summary(measured: pd.DataFrame, at_once: int) -> pd.DataFrame:
    """Return one row a family and game: rates in agent steps/s, all processes.

    ``ratio`` is the median of the repetitions' ratios of ours to stock;
    ``of_limit`` the fraction of the limit that ours reaches; ``peak_mb`` of one run.
    """
    rows = []
    for (family, game), part in measured.groupby(["family", "game"]):
        rate = part.pivot(index="repetition", columns="measure", values="rate")
        ours = part[part["measure"] == "ours"]
        flop = flop_per_step(config_of(str(family), str(game)))
        # On each core emulation and arithmetic take turns.
        seconds = 1 / rate["emulator"] + flop / rate["matrix"]
        limit = median(1 / seconds)
        row = {
            "family": family,
            "game": game,
            "at_once": at_once,
            "n": len(rate),
            "ours": round(rate["ours"].median(), 1),
            "stock_sb3": round(rate["stock"].median(), 1),
            "ratio": round((rate["ours"] / rate["stock"]).median(), 3),
            "limit": round(limit, 1),
            "of_limit": round(rate["ours"].median() / limit, 3),
            "peak_mb": round(ours["peak_mb"].max()),
        }
        rows.append(row)
    return pd.DataFrame(rows)


def write(results: Path, measured: pd.DataFrame, table: pd.DataFrame) -> list[Path]:
    """Write the measurements, their summary and a chart; return the files."""
    tables, figures = results / "tables", results / "figures"
    for folder in (tables, figures):
        folder.mkdir(parents=True, exist_ok=True)
    paths = [tables / "speed_measurements.csv", tables / "speed.csv"]
    measured.to_csv(paths[0], index=False)
    table.to_csv(paths[1], index=False)
    paths += [tables / "speed.md", figures / "speed.png"]
    paths[2].write_text(_markdown(table))
    image = image_bytes(_chart(table), "png")
    paths[3].write_bytes(image)
    return paths


def _markdown(table: pd.DataFrame) -> str:
    made = f"torch {torch.__version__}, {cpu_name()}, {os.cpu_count()} cores, float32"
    head = (
        "# Training speed\n\nAgent steps a second of `at_once` processes together, "
        "one thread each; `stock_sb3` is Stable-Baselines3's own algorithm and "
        "environment with the same settings. `limit` is the raw emulator and the "
        "network's arithmetic at the rate of a matrix product. Made by `python -m "
        f"benchmarks speed` with {made}.\n\n"
    )
    return head + markdown_table(table.astype(str))


def cpu_name() -> str:
    """Return the processor's name, as Linux gives it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.processor() or "unknown processor"


def _chart(table: pd.DataFrame) -> Figure:
    with figure_style():
        figure = Figure(figsize=(6.4, 2.6), layout="constrained")
        panels = figure.subplots(1, 2)
        for axes, (family, part) in zip(panels, table.groupby("family"), strict=True):
            tall = part.melt(
                id_vars=["game"],
                value_vars=["stock_sb3", "ours", "limit"],
                value_name="agent steps / s",
            )
            sns.barplot(tall, x="game", y="agent steps / s", hue="variable", ax=axes)
            axes.set_title(f"{family}, {part['at_once'].iloc[0]} runs at once")
            axes.set_xlabel("")
            handles, labels = axes.get_legend_handles_labels()
            axes.get_legend().remove()
        figure.legend(handles, labels, loc="outside lower center", ncols=3)
        figure.suptitle(f"Training speed: medians of n = {table['n'].min()}", size=9)
        return figure
