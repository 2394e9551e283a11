"""Where mutations are tried: a copy of the sources, and the tests in a process."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from tests.mutations.mutation import PACKAGES, Mutation

COPIED = (*PACKAGES, "tests", "pyproject.toml")
LIMIT_S = 600.0
CAUGHT, SURVIVED, BROKEN = "caught", "survived", "broken"
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+::.+?)(?: - .*)?$", re.MULTILINE)
_DURATION = re.compile(r"^([\d.]+)s (?:call|setup|teardown) +(\S+::.+)$", re.MULTILINE)


class BaselineError(Exception):
    """Tests fail on the sources as they are: nothing can be learned from them."""


@dataclass(frozen=True)
class Outcome:
    """What became of one mutation.

    Attributes:
        mutation: The mutation.
        verdict: "caught" when each of its tests failed; "survived" when one passed;
            "broken" when pytest could not run them.
        by: The tests that failed, as pytest names them.
        passed: Those of its tests that let it pass.
        seconds: Wall time.
        tail: The end of what a broken run said.
    """

    mutation: Mutation
    verdict: str
    by: tuple[str, ...]
    passed: tuple[str, ...]
    seconds: float
    tail: str = ""

    @property
    def is_fine(self) -> bool:
        """Whether it was caught, or the data say why it can't be."""
        explained = self.verdict == SURVIVED and self.mutation.survives is not None
        return self.verdict == CAUGHT or explained


@contextmanager
def scratch_copy(root: Path) -> Iterator[Path]:
    """A copy of the sources and tests, deleted in the end."""
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        copy = Path(folder) / "copy"
        copy.mkdir()
        for name in COPIED:
            if (root / name).is_dir():
                ignored = shutil.ignore_patterns("__pycache__", ".*")
                shutil.copytree(root / name, copy / name, ignore=ignored)
            elif (root / name).exists():
                shutil.copy(root / name, copy / name)
        yield copy


def run_tests(copy: Path, node_ids: Collection[str]) -> tuple[int, str]:
    """Run tests in a copy; return pytest's exit status and what it said."""
    options = [
        "-q",
        "--tb=no",
        "-rfE",
        "-p",
        "no:cacheprovider",
        "--durations=0",
        "-vv",
    ]
    environment = {
        **os.environ,
        # Two texts of one length in one second would share their bytecode.
        "PYTHONDONTWRITEBYTECODE": "1",
        # For processes that tests start: the copy comes before what is installed.
        "PYTHONPATH": str(copy),
        "CI": "1",  # hypothesis draws the same examples each time
        "COLUMNS": "200",
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *node_ids],
            cwd=copy,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        return -1, f"no end after {LIMIT_S:g} s"
    return done.returncode, done.stdout + done.stderr


def costs(root: Path, mutations: Sequence[Mutation]) -> dict[str, float]:
    """Return the seconds that each mutation's tests take on the sources as they are.

    Raises:
        BaselineError: A test fails there already; it is named.
    """
    wanted = {n: t for m in mutations for t, n in m.node_ids(root).items()}
    with scratch_copy(root) as copy:
        status, said = run_tests(copy, wanted)
    if status != 0:
        failed = ", ".join(_FAILED.findall(said)) or said[-2000:]
        raise BaselineError(f"without any mutation these tests fail: {failed}")
    took = [(float(s), node) for s, node in _DURATION.findall(said)]
    return {
        m.id: sum(
            s for s, node in took if any(map(_is_of(node), m.node_ids(root).values()))
        )
        for m in mutations
    }


def attempt(copy: Path, mutation: Mutation) -> Outcome:
    """Put a mutation into a copy, run its tests, and take it out again."""
    path, text = mutation.source(copy), mutation.mutate(copy)
    original, began = path.read_text(), time.monotonic()
    path.write_text(text)
    try:
        status, said = run_tests(copy, mutation.node_ids(copy).values())
    finally:
        path.write_text(original)
    seconds = time.monotonic() - began
    failed = tuple(_FAILED.findall(said))
    passed = tuple(
        test
        for test, node_id in mutation.node_ids(copy).items()
        if not any(_is_of(node)(node_id) for node in failed)
    )
    if status not in (0, 1):
        return Outcome(mutation, BROKEN, failed, passed, seconds, said[-2000:])
    verdict = SURVIVED if passed else CAUGHT
    return Outcome(mutation, verdict, failed, passed, seconds)


def attempts(root: Path, mutations: Sequence[Mutation], jobs: int) -> Iterator[Outcome]:
    """Try mutations, so many at a time; yield each outcome as it is there."""
    copies: SimpleQueue[Path] = SimpleQueue()

    def work(mutation: Mutation) -> Outcome:
        copy = copies.get()
        try:
            return attempt(copy, mutation)
        finally:
            copies.put(copy)

    with _scratch_copies(root, jobs) as made, ThreadPoolExecutor(jobs) as pool:
        for copy in made:
            copies.put(copy)
        futures = [pool.submit(work, mutation) for mutation in mutations]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _scratch_copies(root: Path, number: int) -> Iterator[list[Path]]:
    if not number:
        yield []
        return
    with scratch_copy(root) as copy, _scratch_copies(root, number - 1) as others:
        yield [copy, *others]


def _is_of(node: str):
    """Whether a test that pytest names is the one, or one of those, of a node id."""
    return lambda node_id: node == node_id or node.startswith(f"{node_id}[")
