"""Two records of one run: whether they agree, and what they hold together.

A run that is made again gives the same games and the same metrics, row for row. So one
record is the beginning of the other, or they contradict each other; and of two that
agree, the longer of each table belongs to the run. Times do not: they are another each
time that the run is made.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.records.configs import numerics_of, settings_of
from analysis.records.record import (
    EPISODE_COLUMNS,
    EPISODES_FILE,
    METRICS,
    METRICS_FILE,
    RunRecord,
)

Array = NDArray[np.int64] | NDArray[np.float64]

RESUME = re.compile(r"statistical resume at step (\d+)")
SHOWN = 3  # columns of a row that differs


@dataclass(frozen=True)
class Contradiction:
    """The first thing in which two records of one run can't both be right.

    Attributes:
        where: What it is: a setting, or the row of a table.
        ours: What our record says.
        theirs: What the other one says.
    """

    where: str
    ours: str
    theirs: str


def contradiction(ours: RunRecord, theirs: RunRecord) -> Contradiction | None:
    """The first contradiction between two records of one run, if there is one."""
    return next(_contradictions(ours, theirs), None)


def join(ours: RunRecord, theirs: RunRecord) -> RunRecord:
    """Everything that two records hold of one run; they must not contradict.

    How far the run got, its configuration and its speed are those of the record that
    reaches further, ours if both reach as far. Timing is one machine's or the other's.
    """
    first, second = sorted((ours, theirs), key=_progress, reverse=True)  # it is stable
    known = first.seconds == first.seconds  # not NaN
    return replace(
        first,
        seconds=first.seconds if known else second.seconds,
        frames_per_second=(first if known else second).frames_per_second,
        episodes=_union(ours.episodes, theirs.episodes),
        metrics=_union(ours.metrics, theirs.metrics),
        timing=max(ours.timing, theirs.timing, key=_end),  # the first if both are equal
    )


def before_continuation(ours: RunRecord, theirs: RunRecord) -> RunRecord:
    """What their run has in common with ours, if it went on from it inexactly.

    A run that was resumed statistically says at which step. What our record, made
    before that, holds of later frames is not of the run as it went on.

    Returns:
        Our record before that step, if ours is not finished, theirs has such a resume
        that ours has not, and reaches further; our record otherwise.
    """
    step = _parting_step(*(run.config.get("resumes", []) for run in (ours, theirs)))
    if step is None or ours.status == "done" or _progress(theirs) <= _progress(ours):
        return ours
    frames = step * ours.config["environment"].get("frame_skip", 1)
    episodes, metrics = (
        table[table["frames"] < frames].reset_index(drop=True)
        for table in (ours.episodes, ours.metrics)
    )
    cut = replace(ours, status="unfinished", frames=min(frames, ours.frames))
    return replace(cut, episodes=episodes, metrics=metrics)


def same_content(one: RunRecord, other: RunRecord) -> bool:
    """Whether two records say the same of a run, whatever made them and how fast."""
    return (
        (one.status, one.frames) == (other.status, other.frames)
        and one.episodes.equals(other.episodes)
        and one.metrics.equals(other.metrics)
    )


def extent(run: RunRecord) -> str:
    """How much a record holds, in words."""
    rows = f"{len(run.episodes)} games, {len(run.metrics)} rows of metrics"
    return f"{run.status} at {run.frames} frames, {rows}, {len(run.timing)} of timing"


def _parting_step(ours: Sequence[str], theirs: Sequence[str]) -> int | None:
    """The first step at which only they, or both apart, went on inexactly."""
    pairs = zip(ours, theirs, strict=False)
    shared = len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))
    steps = [
        int(match[1])
        for notes in (theirs, ours)
        for match in map(RESUME.match, notes[shared : shared + 1])
        if match
    ]
    return min(steps) if steps and len(theirs) > shared else None


def _contradictions(ours: RunRecord, theirs: RunRecord) -> Iterator[Contradiction]:
    yield from _other_settings(ours.config, theirs.config)
    tables = {
        EPISODES_FILE: (ours.episodes, theirs.episodes),
        METRICS_FILE: (ours.metrics, theirs.metrics),
    }
    for name, (one, other) in tables.items():
        yield from _other_rows(name, one, other)
    if ours.status == theirs.status == "done":
        yield from _other_end(ours, theirs)
    elif "done" in (ours.status, theirs.status):
        yield from _beyond_the_end(ours, theirs)


def _other_settings(
    ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> Iterator[Contradiction]:
    one, other = _identity(ours), _identity(theirs)
    # A setting that one of them lacks was no choice yet when that was recorded.
    for key in sorted(one.keys() & other.keys()):
        if one[key] != other[key]:
            yield Contradiction(key, str(one[key]), str(other[key]))


def _identity(config: Mapping[str, Any]) -> dict[str, Any]:
    """Every setting of a run by its name, one level deep."""
    settings = settings_of(config)
    nested = {**settings.pop("hyperparameters"), **settings.pop("environment")}
    place = {key: config[key] for key in ("game", "seed")}
    return {**nested, **settings, **place, "numerics": numerics_of(config)}


def _other_rows(
    name: str, ours: pd.DataFrame, theirs: pd.DataFrame
) -> Iterator[Contradiction]:
    shared = min(len(ours), len(theirs))
    differ = {
        str(column): _differ(
            column,
            ours[column].to_numpy()[:shared],
            theirs[column].to_numpy()[:shared],
        )
        for column in ours
    }
    rows = np.logical_or.reduce(list(differ.values()))
    if rows.any():
        row = int(rows.argmax())
        columns = [column for column, where in differ.items() if where[row]][:SHOWN]
        texts = (_cells(table, row, columns) for table in (ours, theirs))
        yield Contradiction(f"{name} row {row + 1}", *texts)


def _differ(column: Hashable, one: Array, other: Array) -> NDArray[np.bool_]:
    empty, also_empty = np.isnan(one), np.isnan(other)
    if column in METRICS.later:
        # Whoever recorded a run before there was the column left its cells empty.
        return (one != other) & ~empty & ~also_empty
    return (one != other) & ~(empty & also_empty)


def _cells(table: pd.DataFrame, row: int, columns: Sequence[str]) -> str:
    return ", ".join(f"{name} {table.at[row, name]!s}" for name in columns)


def _other_end(ours: RunRecord, theirs: RunRecord) -> Iterator[Contradiction]:
    """Finished records are whole: neither has a game that the other lacks."""
    if ours.frames != theirs.frames:
        yield Contradiction("frames at the end", str(ours.frames), str(theirs.frames))
    if len(ours.episodes) != len(theirs.episodes):
        first = min(len(ours.episodes), len(theirs.episodes))
        texts = (_row_or_end(run, first) for run in (ours, theirs))
        yield Contradiction(f"{EPISODES_FILE} row {first + 1}", *texts)


def _row_or_end(run: RunRecord, row: int) -> str:
    if row >= len(run.episodes):
        return f"finished after {row} games"
    return _cells(run.episodes, row, EPISODE_COLUMNS[:SHOWN])


def _beyond_the_end(ours: RunRecord, theirs: RunRecord) -> Iterator[Contradiction]:
    """What is not finished holds nothing that the finished record has not."""
    done, halted = (ours, theirs) if ours.status == "done" else (theirs, ours)
    if halted.frames > done.frames:
        texts = (f"{run.status} at {run.frames}" for run in (ours, theirs))
        yield Contradiction("frames", *texts)
    if len(halted.episodes) > len(done.episodes):
        row = len(done.episodes)
        texts = (_row_or_end(run, row) for run in (ours, theirs))
        yield Contradiction(f"{EPISODES_FILE} row {row + 1}", *texts)


def _union(ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """The longer table; cells that only the other side knows are filled in."""
    longer, shorter = (ours, theirs) if len(ours) >= len(theirs) else (theirs, ours)
    new = [
        name for name in METRICS.later if name in longer and shorter[name].notna().any()
    ]
    return longer.assign(**{name: longer[name].fillna(shorter[name]) for name in new})


def _end(timing: pd.DataFrame) -> int:
    return int(timing["frames"].iloc[-1]) if len(timing) else -1


def _progress(run: RunRecord) -> tuple[bool, int, bool]:
    """How much a run's end says: done, frames, and why it halted."""
    return run.status == "done", run.frames, run.status == "failed"
