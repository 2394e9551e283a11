"""Where mutations are tried: copies of the sources, and pytest in forked processes."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import pytest

from tests.mutations.mutation import PACKAGES, Mutation

COPIED = (*PACKAGES, "tests", "pyproject.toml", "results/reference")
LIMIT_S = 600.0
CAUGHT, SURVIVED, BROKEN = "caught", "survived", "broken"
# Each run of tests is a fork of a server that has imported what it is told to.
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["pytest", "hypothesis"])
HEAVY = ("pandas", "stable_baselines3", "torch._dynamo", "ale_py", "wandb")
_OPTIONS = ("-q", "-vv", "--tb=no", "-rfE", "--durations=0", "-pno:cacheprovider")
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


def preload() -> None:
    """Import once what most tests import, and what takes longer than most tests."""
    _SERVER.set_forkserver_preload(["pytest", "hypothesis", *HEAVY])


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
    said = copy.with_name("said.txt")
    process = _SERVER.Process(target=_pytest, args=(copy, said, [*node_ids]))
    process.start()
    process.join(LIMIT_S)
    if process.is_alive():
        process.kill()
        process.join()
        return -1, f"no end after {LIMIT_S:g} s"
    return process.exitcode or 0, said.read_text()


def _pytest(copy: Path, said: Path, node_ids: Sequence[str]) -> None:
    """In a process of its own: forget the checkout, and be in the copy."""
    with said.open("w") as file:
        os.dup2(file.fileno(), 1), os.dup2(file.fileno(), 2)
    checkout = {str(Path(__file__).parents[2]), "", str(Path.cwd())}
    sys.path[:] = [str(copy), *(p for p in sys.path if p not in checkout)]
    # Some are there already if another test started the server that forks this.
    for name in [n for n in sys.modules if n.partition(".")[0] in COPIED]:
        del sys.modules[name]
    importlib.invalidate_caches()
    os.chdir(copy)
    # Two texts of one length in one second would share their bytecode.
    sys.dont_write_bytecode = True
    os.environ |= {
        # For processes that tests start: the copy comes before what is installed.
        "PYTHONPATH": str(copy),
        "PYTHONDONTWRITEBYTECODE": "1",
        "CI": "1",  # hypothesis draws the same examples each time
        "COLUMNS": "200",
    }
    sys.exit(pytest.main([*_OPTIONS, *node_ids]))


def costs(root: Path, mutations: Sequence[Mutation]) -> dict[str, float]:
    """Return the seconds that each mutation's tests take on the sources as they are.

    Raises:
        BaselineError: A test fails there already; it is named.
    """
    wanted = {m.id: list(m.node_ids(root).values()) for m in mutations}
    node_ids = {node_id for of_one in wanted.values() for node_id in of_one}
    with scratch_copy(root) as copy:
        status, said = run_tests(copy, sorted(node_ids))
    if status != 0:
        failed = ", ".join(_FAILED.findall(said)) or said[-2000:]
        raise BaselineError(f"without any mutation these tests fail: {failed}")
    took = [(node, float(seconds)) for seconds, node in _DURATION.findall(said)]
    return {
        key: sum(seconds for node, seconds in took if _is_of(node, of_one))
        for key, of_one in wanted.items()
    }


def attempt(copy: Path, mutation: Mutation) -> Outcome:
    """Put a mutation into a copy, run its tests, and take it out again."""
    path, text = mutation.source(copy), mutation.mutate(copy)
    node_ids = mutation.node_ids(copy)
    original, began = path.read_text(), time.monotonic()
    path.write_text(text)
    try:
        status, said = run_tests(copy, node_ids.values())
    finally:
        path.write_text(original)
    seconds = time.monotonic() - began
    failed = tuple(_FAILED.findall(said))
    passed = tuple(
        test
        for test, node_id in node_ids.items()
        if not any(_is_of(node, [node_id]) for node in failed)
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

    with ExitStack() as stack, ThreadPoolExecutor(jobs) as pool:
        for _ in range(jobs):
            copies.put(stack.enter_context(scratch_copy(root)))
        futures = [pool.submit(work, mutation) for mutation in mutations]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _is_of(node: str, node_ids: Collection[str]) -> bool:
    """Whether a test, as pytest names it, is one of some or of their parameters."""
    return any(node == wanted or node.startswith(f"{wanted}[") for wanted in node_ids)
