"""What the command line takes: which runs of which suite, and what to change of them.

Light to import: what trains is imported when it is asked for.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal

from tyro.conf import Positional, UseAppendAction, arg
from tyro.constructors import PrimitiveConstructorSpec

from benchmarks.errors import ConfigError, UsageError

# Every "--only A B --only C" adds names; an option that is not given is empty.
Words = UseAppendAction[tuple[tuple[str, ...], ...]]


def _results(texts: list[str]) -> Path:
    """A folder; no name at all would be the folder where one is."""
    if not texts[0].strip():
        raise UsageError("--results: expected a folder's name, not an empty text")
    return Path(texts[0])


RESULTS = PrimitiveConstructorSpec(
    nargs=1,
    metavar="DIR",
    instance_from_str=_results,
    is_instance=lambda value: isinstance(value, Path),
    str_from_instance=lambda folder: [str(folder)],
)
Results = Annotated[Path, RESULTS, arg(metavar="DIR", help="folder of all results")]


def words(metavar: str, text: str) -> Any:
    """Say what an option takes, where its default is in the text or goes unsaid."""
    return arg(metavar=metavar, help=text, help_behavior_hint="")


def named(what: str) -> Any:
    """Say what ``--only`` takes where a part of a name chooses."""
    return words(
        "PATTERN",
        f"{what} whose name has this in it; writes nothing without --results",
    )


SuiteOfOwn = Annotated[
    Path | None,
    words("FILE", "the suite file that names the run's classes, if its user made them"),
]
Tensorboard = Annotated[
    bool, arg(help="write each run's numbers for TensorBoard too, in its folder")
]
Jobs = Annotated[int | None, words("N", "runs at once (default: one a core)")]
ResultsIfAny = Annotated[
    Annotated[Path, RESULTS] | None, words("DIR", "where to write")
]


@dataclass(frozen=True)
class Choice:
    """Which runs of which suite, and what to change of them."""

    suite: Annotated[
        Positional[str], arg(metavar="SUITE", help="a suite's name, or a TOML file")
    ]
    games: Annotated[Words, words("GAME ...", "play these, not the suite's games")] = ()
    only: Annotated[Words, words("VARIANT ...", "keep only these of the suite")] = ()
    seeds: Annotated[str | None, words("N", "how many seeds of every variant")] = None
    first_seed: Annotated[
        str | None,
        words("SEED", "the least of them: what others have made can be added to"),
    ] = None
    frames: Annotated[
        str | None,
        words("N", "emulator frames of every run: 10M, 1e7, 10_000_000"),
    ] = None
    set: Annotated[
        Words,
        words(
            "KEY=VALUE ...",
            "change settings where a variant has them: --set n_steps=3 "
            "temperature=0.02; what is changed is another run, with an id of its own",
        ),
    ] = ()
    study: Annotated[
        str | None,
        words(
            "NAME",
            "keep these runs and what is drawn of them apart under this name, not the "
            "suite's; each is another run, with an id of its own",
        ),
    ] = None
    results: Results = Path("results")
    jobs: Jobs = None

    def configs(self) -> list[Any]:
        """Resolve the chosen runs.

        Raises:
            ConfigError: All that is wrong with the suite and the choice.
        """
        from benchmarks.suites.suite import Selection, load_suite

        values, problems = _key_values(self.set)
        chosen = Selection(
            games=tuple(chain(*self.games)) if self.games else None,
            only=tuple(chain(*self.only)) if self.only else None,
            seeds=_count(self.seeds),
            first_seed=_count(self.first_seed),
            frames=_count(self.frames),
            values=values,
            study=self.study,
        )
        try:
            configs = load_suite(self.suite, chosen)
        except ConfigError as error:
            raise ConfigError([*problems, *error.problems]) from error
        if problems:
            raise ConfigError(problems)
        return configs


@dataclass(frozen=True)
class Machines:
    """Where the runs are made."""

    engine: Annotated[
        Literal["local", "ray"],
        arg(
            help="local: processes of this machine; ray: tasks of a Ray cluster whose "
            "nodes share --results"
        ),
    ] = "local"
    address: Annotated[
        str | None,
        words(
            "HOST:PORT",
            "of the Ray cluster; auto: the one that this machine is part of (default: "
            "Ray starts on this machine alone)",
        ),
    ] = None
    gpus_per_run: Annotated[
        float | None,
        words(
            "SHARE",
            "of one GPU, above 0, at most 1: 0.25 puts four runs on each, with "
            "--set device=cuda; on Ray runs see no GPU without it",
        ),
    ] = None


@dataclass(frozen=True)
class Care:
    """What to do about runs that were stopped, have failed or make no progress."""

    resume: Annotated[
        Literal["strict", "statistical"],
        arg(
            help="strict: a run goes on from its checkpoint exactly or not at all; "
            "statistical: under other versions, threads or devices too, and is marked"
        ),
    ] = "strict"
    retry_failed: Annotated[
        bool, arg(help="try runs again whose numbers were no longer finite")
    ] = False
    stall_minutes: Annotated[
        float,
        arg(metavar="MIN", help="kill and restart a run that shows no frame for long"),
    ] = 10.0

    def train_options(self) -> tuple[str, ...]:
        """The words that each run's own command gets of these."""
        return ("--resume", self.resume) if self.resume != "strict" else ()

    def stall_s(self) -> float:
        """Seconds without progress after which a run is killed.

        Raises:
            UsageError: None at all.
        """
        if not self.stall_minutes > 0:
            given = f"{self.stall_minutes:g}"
            raise UsageError(f"--stall-minutes: expected a number above 0, not {given}")
        return self.stall_minutes * 60


@dataclass(frozen=True)
class Shown:
    """Which studies, of which results."""

    studies: Annotated[
        Positional[tuple[str, ...]],
        arg(
            metavar="[STUDY ...]",
            help="a suite's name",
            help_behavior_hint="(default: all)",
        ),
    ] = ()
    results: Results = Path("results")


def written_to(results: Path | None, only: str | None) -> Path | None:
    """Where a laboratory writes: what finds a part writes nothing unless asked to."""
    return Path("results") if results is None and only is None else results


def runs_at_once(jobs: int | None) -> int:
    """Return how many runs go at once: one a core, unless the user says.

    Raises:
        UsageError: Less than one.
    """
    if jobs is not None and jobs < 1:
        raise UsageError(f"--jobs: expected a whole number above 0, not {jobs}")
    if hasattr(os, "sched_getaffinity"):
        return jobs or len(os.sched_getaffinity(0))
    return jobs or os.cpu_count() or 1


def _key_values(given: Words) -> tuple[dict[str, Any], list[str]]:
    """What each ``--set`` changes, and what is wrong with their words."""
    values = dict[str, Any]()
    problems = [] if all(given) else ["--set: expected KEY=VALUE, not nothing"]
    for text in chain(*given):
        key, _, value = text.partition("=")
        if not (key and value):
            problems.append(f"--set: expected KEY=VALUE, not {text!r}")
        elif key in values:
            problems.append(f"--set {key}: is there more than once")
        else:
            values[key] = read_value(value)
    return values, problems


def _count(text: str | None) -> Any:
    """A whole number; what is none is left to be refused with all that is wrong."""
    number = None if text is None else whole_number(text)
    return text if number is None else number


def read_value(text: str) -> Any:
    """Read a number, true, false, or else a word: quotes are not needed."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if (number := whole_number(text)) is not None:
        return number
    try:
        return float(text)
    except ValueError:
        return text


def whole_number(text: str) -> int | None:
    """Read 60000, 60_000, 60k, 0.06M or 6e4, exactly; None if it is not whole."""
    exponent = _EXPONENTS.get(text[-1:])
    try:
        value = Decimal(text if exponent is None else f"{text[:-1]}e{exponent}")
    except InvalidOperation:
        return None
    # Before anything is computed with it: 1e999999999 would fill the memory.
    if not value.is_finite() or not -_LARGEST <= value <= _LARGEST:
        return None
    return int(value) if value == value.to_integral_value() else None


_EXPONENTS = {"k": 3, "K": 3, "M": 6, "G": 9}
_LARGEST = 10**18  # nothing is counted here beyond
