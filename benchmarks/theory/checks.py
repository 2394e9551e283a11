"""What a check is, the list of all of them, and how they are run.

A check is a function that yields rows; :func:`check` gives it a name, a section and an
equation and puts it on the list::

    @check(section="2", equation="13")
    def soft_value_is_what_the_policy_earns() -> Iterator[Row]:
        for tau in TEMPERATURES:
            yield holds("v = E q - tau REG", error, tau=tau)

Its name is ``module.function``.
"""

from __future__ import annotations

import fnmatch
import importlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import torch

from analysis.figures.sketch import Sketch
from analysis.findings import theory
from benchmarks.theory.rows import COLUMNS, Row, worst

# Every module with checks, in the order of the paper: the one list of them.
MODULES: tuple[str, ...] = (
    "paper.bandits",
    "paper.backups",
    "paper.gradients",
    "paper.natural_gradient",
    "paper.estimators",
    "paper.spread",
    "paper.samples",
    "paper.same_seed",
    "errata.values",
    "errata.targets",
    "errata.gradients",
    "paper.fixed_points",
    "paper.episodic_scores",
    "paper.bootstraps",
    "paper.lengths",
    "paper.kept_share",
    "paper.off_policy",
    "paper.related",
    "inference.messages",
    "inference.variational",
    "inference.optimism",
    "inference.maxent_gradient",
    "inference.inverse_rl",
    "inference.actor_critics",
    "inference.twin_minimum",
    "inference.lqr",
    "paper.pictures",
)
# What the tables call a module if it isn't the module's own name.
NAMES = {
    "errata.values": "errata_values",
    "errata.targets": "errata_values",
    "errata.gradients": "errata_gradients",
    "inference.messages": "inference",
}


@dataclass(frozen=True)
class Check:
    """A function that yields rows, and where its statement comes from.

    Calling it gives the rows with name, section and equation filled in; arguments are
    handed on, so that a test can put other functions under test. ``over`` is as in
    :func:`check`.
    """

    name: str
    section: str
    equation: str
    function: Callable[..., Iterable[Row]]
    over: str = ""

    def __call__(self, *args: Any, **kwargs: Any) -> list[Row]:
        """Run it."""
        try:
            found = [self._named(row) for row in self.function(*args, **kwargs)]
        except Exception as error:
            error.add_note(f"in the check {self.name}")
            raise
        return worst(found, self.over) if self.over else found

    def _named(self, row: Row) -> Row:
        equation = row.equation or self.equation
        return replace(row, check=self.name, section=self.section, equation=equation)


@dataclass(frozen=True)
class Picture:
    """A figure of the theory and what one should see in it."""

    name: str
    caption: str
    function: Callable[[], Sketch]

    def sketched(self) -> theory.Picture:
        """Compute its numbers."""
        return theory.Picture(self.name, self.caption, self.function())


CHECKS: dict[str, Check] = {}
PICTURES: dict[str, Picture] = {}


def _table_name(module: str) -> str:
    short = module.removeprefix("benchmarks.theory.")
    return NAMES.get(short, short.rpartition(".")[2])


def check(
    section: str, equation: str, over: str = ""
) -> Callable[[Callable[..., Iterable[Row]]], Check]:
    """Put a function that yields rows on the list of checks.

    Args:
        section: Of the paper.
        equation: Number or range.
        over: A parameter whose values are to share one row: the worst of theirs.
    """

    def register(function: Callable[..., Iterable[Row]]) -> Check:
        name = f"{_table_name(function.__module__)}.{function.__name__}"
        made = Check(name, section, equation, function, over)
        CHECKS[made.name] = made
        return made

    return register


def picture(caption: str) -> Callable[[Callable[[], Sketch]], Picture]:
    """Put a function that draws ``theory_<its name>`` on the list of figures."""

    def register(function: Callable[[], Sketch]) -> Picture:
        made = Picture(function.__name__, caption, function)
        PICTURES[made.name] = made
        return made

    return register


def load() -> None:
    """Import every module of :data:`MODULES`, which fills the lists."""
    for module in MODULES:
        importlib.import_module(f"benchmarks.theory.{module}")


def select(only: str | None = None) -> list[Check]:
    """Choose checks by their names, in the order of the table.

    Args:
        only: A shell pattern such as ``"bandits.*"``, or a part of a name.

    Raises:
        ValueError: No check has such a name.
    """
    load()
    if only is None:
        return list(CHECKS.values())
    chosen = [
        each
        for name, each in CHECKS.items()
        if only in name or fnmatch.fnmatchcase(name, only)
    ]
    if not chosen:
        raise ValueError(f"no check matches {only!r}; there are {', '.join(CHECKS)}")
    return chosen


def rows(only: str | None = None) -> Iterator[Row]:
    """Run the chosen checks on one thread and yield what each measured."""
    torch.set_num_threads(1)
    for each in select(only):
        yield from each()


def run(only: str | None = None) -> pd.DataFrame:
    """Run the chosen checks; a table with the columns :data:`COLUMNS`."""
    found = list(rows(only))
    return pd.DataFrame(
        [[getattr(row, column) for column in COLUMNS] for row in found],
        columns=COLUMNS,
    )
