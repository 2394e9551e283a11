"""Training speed against the peer: from its measurements to tables.

A family of games has a folder, ``results/data/speed/`` or ``speed-minatar/``, with the
machine that it was measured on: ``measurements.csv``, a row a measurement;
``memory.csv``, the peak memory of whole runs; and ``about.json``, the machine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.figures.drawing import Drawing, Files
from analysis.findings.measured import CASES, MEASURED, OURS
from analysis.records.csvs import csv_bytes
from analysis.records.digests import check_digests, with_digests
from analysis.records.errors import RecordError
from analysis.tables.markdown import markdown_table

FILES = ("measurements.csv", "memory.csv", "about.json")
NOTE = (
    "Agent steps a second of {at_once} processes together, one thread each; every cell "
    "the median of n = {n} measurements, the sides in turn. `stock_sb3` is "
    "Stable-Baselines3's own algorithm and environment with the same sizes, rates and "
    "numbers of updates; `ratio` is ours to that, `ratio_best` ours to the fastest "
    "stock row of the family and game. `limit` is what the raw {raw} and the network's "
    "arithmetic, at the measured rate of the fastest matrix product in the same "
    "precision, take one after the other; `of_limit` the part of it that ours reaches. "
    "`env_ratio`: how many times as fast as stock's our environment plays. Where the "
    "rest goes, in milliseconds a step on one core: `step_ms` is a step; `env_over_ms` "
    "what the environment takes beyond the raw {raw}; `rest_over_ms` what all else "
    "takes beyond the arithmetic. `peak_mb`: memory of a process, with a replay memory "
    "of 10,000 rows."
)
MEMORY_NOTE = (
    "The most memory that a DQN run has had, in megabytes, with a replay memory of "
    "`rows` rows, every one of them written, after `updates` updates."
)


def summary(measured: pd.DataFrame, about: Mapping[str, Any]) -> pd.DataFrame:
    """Return one row a case, game and precision: medians, ratios and the limit."""
    medians = measured.groupby(["case", "game", "side"])[["rate", "env_ms"]].median()
    peaks = measured.groupby(["case", "game", "side"])["peak_mb"].max()
    at_once = about["at_once"]
    rows = []
    for name, case in CASES.items():
        for game in sorted(set(measured["game"])):
            rate = medians.loc[name, game]["rate"]
            best = max(
                medians.loc[other, game]["rate"]["stock"]
                for other, its in CASES.items()
                if its.family == case.family
            )
            for side in OURS:
                product = rate["matrix-float32" if side == "float32" else _BF16]
                emulator_s = 1 / rate["emulator"]
                arithmetic_s = flop_per_step(about, name, game) / product
                its_env_ms = medians.loc[name, game]["env_ms"]
                env_ms = its_env_ms[side]
                step_ms = 1e3 * at_once / rate[side]
                limit = 1 / (emulator_s + arithmetic_s)
                rest_ms = step_ms - env_ms - 1e3 * at_once * arithmetic_s
                row = {
                    "case": name,
                    "game": game,
                    "precision": side,
                    "ours": round(rate[side], 1),
                    "stock_sb3": round(rate["stock"], 1),
                    "ratio": round(_ratio(measured, name, game, side), 2),
                    "ratio_best": round(rate[side] / best, 2),
                    "limit": round(limit, 1),
                    "of_limit": round(rate[side] / limit, 2),
                    "env_ratio": round(its_env_ms["stock"] / env_ms, 2),
                    "step_ms": round(step_ms, 3),
                    "env_over_ms": round(env_ms - 1e3 * at_once * emulator_s, 3),
                    "rest_over_ms": round(rest_ms, 3),
                    "peak_mb": round(peaks[name, game, side]),
                    "n": measured["repetition"].nunique(),
                }
                rows.append(row)
    return pd.DataFrame(rows)


# "mixed" goes back in bfloat16 and forward in float32: its limit lies in between.
_BF16 = "matrix-bfloat16"


def flop_per_step(about: Mapping[str, Any], case: str, game: str) -> float:
    """Return the arithmetic of a step; in older data it is that of every game."""
    found = about["flop_per_step"][case]
    return float(found[game] if isinstance(found, Mapping) else found)


def _ratio(measured: pd.DataFrame, case: str, game: str, side: str) -> float:
    """Median of the repetitions' ratios of ours to stock."""
    there = measured[(measured["case"] == case) & (measured["game"] == game)]
    rate = there.pivot(index="repetition", columns="side", values="rate")
    return float((rate[side] / rate["stock"]).median())


@dataclass(frozen=True, eq=False)
class Speed:
    """What the measurements of a family of games found."""

    measured: pd.DataFrame
    memory: pd.DataFrame
    about: Mapping[str, Any]
    games: str = "Atari"

    @property
    def processor_id(self) -> str | None:
        """The kind of processor; None in data from before it was recorded."""
        return self.about.get("processor", {}).get("id")

    def data_files(self) -> dict[Path, bytes]:
        """The files below ``results`` that keep it."""
        about = (json.dumps(self.about, indent=1) + "\n").encode()
        tables = (self.measured, self.memory)
        contents = (*map(csv_bytes, tables), about)
        folder = MEASURED[self.games].folder
        return with_digests(
            {folder / n: data for n, data in zip(FILES, contents, strict=True)}
        )

    def table_files(self) -> dict[Path, bytes]:
        """The tables below ``results``."""
        table = summary(self.measured, self.about)
        path = Path("tables", MEASURED[self.games].name)
        return {
            path.with_suffix(".csv"): csv_bytes(table),
            path.with_suffix(".md"): self._markdown(table).encode(),
        }

    def drawings(self) -> list[Drawing]:
        """What draws the chart below ``results``."""
        return [self.figure_files]

    def figure_files(self) -> Files:
        """The chart below ``results``, drawn."""
        # Most who read a speed draw nothing: plotting libraries take seconds to import.
        from analysis.findings.speed_chart import chart_files

        path = Path("figures", MEASURED[self.games].name)
        return chart_files(summary(self.measured, self.about), self.about, path)

    def _markdown(self, table: pd.DataFrame) -> str:
        about, its = self.about, MEASURED[self.games]
        at_once, n = about["at_once"], table["n"].min()
        kind = self.processor_id or "kind not recorded"
        machine = f"{about['cpu']} ({kind}), {about['cores']} cores"
        parts = [
            f"# {its.title}",
            f"Made by `python -m benchmarks speed` on {machine}, torch "
            f"{about['torch']}. {self._matrix_rates()}",
            NOTE.format(at_once=at_once, n=n, raw=its.raw),
            markdown_table(table.drop(columns="n").astype(str)).rstrip(),
            "## Memory",
            MEMORY_NOTE,
            markdown_table(self.memory.astype(str)).rstrip(),
        ]
        return "\n\n".join(parts) + "\n"

    def _matrix_rates(self) -> str:
        rates = self.measured.groupby("side")["rate"].median()
        per_core = rates / self.about["at_once"] / 1e9
        return (
            f"One core multiplies matrices at {per_core['matrix-float32']:.0f} GFLOP/s "
            f"in float32, {per_core[_BF16]:.0f} in bfloat16."
        )


def load_speed(results: Path, games: str = "Atari") -> Speed | None:
    """Read what ``speed`` measured of a family of games; None if it never did.

    Raises:
        RecordError: A file is missing, mangled or was edited.
    """
    folder = results / MEASURED[games].folder
    if not folder.exists():
        return None
    check_digests(folder, FILES)
    try:
        *tables, about = (folder / name for name in FILES)
        measured, memory = map(pd.read_csv, tables)
        found = json.loads(about.read_bytes())
        return Speed(measured, memory, found, games)
    except (OSError, ValueError) as error:
        raise RecordError(folder, str(error)) from error


def load_speeds(results: Path) -> list[Speed]:
    """Read what ``speed`` measured, of every family that it did."""
    found = (load_speed(results, games) for games in MEASURED)
    return [speed for speed in found if speed is not None]
