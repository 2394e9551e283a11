"""Mutations as data: read, checked against the sources, and applied to their text."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
DATA = Path(__file__).parent
PACKAGES = ("algorithms", "analysis", "benchmarks")


class NotApplicableError(Exception):
    """A mutation doesn't fit the sources or the tests any more: why."""


@dataclass(frozen=True)
class Mutation:
    """One mistake.

    Attributes:
        id: Its name.
        file: The source's name, wherever it is in the packages; where several have it,
            a glob from the root, as "benchmarks/**/build.py".
        before: A text that is in the file exactly once.
        after: What stands there with the mistake.
        why: What it would spoil.
        tests: "test_file.py::test_name", perhaps with "[parameters]": each must fail.
            Files are found in the same way, below tests/.
        survives: Why no test can fail on it, or None.
    """

    id: str
    file: str
    before: str
    after: str
    why: str
    tests: tuple[str, ...]
    survives: str | None = None

    def source(self, root: Path) -> Path:
        """Return the path of the source under ``root``.

        Raises:
            NotApplicableError: There is none, or there are several.
        """
        found = _found(root, [f"{p}/**/{self.file}" for p in PACKAGES], self.file)
        return _only(found, f"{self.id}: {self.file}", root)

    def mutate(self, root: Path) -> str:
        """Return the text of the source with the mistake in it.

        Raises:
            NotApplicableError: The text before is not there exactly once, or what
                comes out is no other program.
        """
        path = self.source(root)
        where = f"{self.id}: {path.relative_to(root)}"
        text = path.read_text()
        if (count := text.count(self.before)) != 1:
            times = "not there" if not count else f"there {count} times"
            raise NotApplicableError(f"{where}: the text before is {times}")
        mutated = text.replace(self.before, self.after)
        try:
            same = _program(text) == ast.dump(ast.parse(mutated))
        except SyntaxError as error:
            raise NotApplicableError(f"{where}: does not parse: {error}") from None
        if same:
            raise NotApplicableError(f"{where}: the mistake changes nothing")
        return mutated

    def node_ids(self, root: Path) -> dict[str, str]:
        """Return the tests as pytest wants them, by how they are named here.

        Raises:
            NotApplicableError: There is no such test.
        """
        found = {}
        for test in self.tests:
            file, _, name = test.partition("::")
            paths = _found(root / "tests", [f"**/{file}"], file)
            path = _only(paths, f"{self.id}: {file}", root)
            if name.partition("[")[0] not in _functions(path.read_text()):
                raise NotApplicableError(f"{self.id}: {file} has no {name}")
            found[test] = f"{path.relative_to(root)}::{name}"
        return found


def load(folder: Path = DATA) -> list[Mutation]:
    """Read every mutation of a folder.

    Raises:
        ValueError: A key is missing or unknown, or two have one id.
    """
    found: dict[str, Mutation] = {}
    for path in sorted(folder.glob("*.toml")):
        for entry in tomllib.loads(path.read_text()).get("mutation", []):
            try:
                mutation = Mutation(**entry | {"tests": tuple(entry.get("tests", ()))})
            except TypeError as error:
                raise ValueError(f"{path}: {entry.get('id')}: {error}") from None
            if mutation.id in found or not mutation.tests:
                raise ValueError(f"{path}: {mutation.id}: is there, or has no tests")
            found[mutation.id] = mutation
    return list(found.values())


def problems(mutations: Sequence[Mutation], root: Path) -> Iterator[tuple[str, str]]:
    """Yield ``(id, problem)`` of every mutation that can't be applied or tried."""
    for mutation in mutations:
        try:
            mutation.mutate(root)
            mutation.node_ids(root)
        except NotApplicableError as error:
            yield mutation.id, str(error)


def _found(folder: Path, anywhere: Sequence[str], file: str) -> list[Path]:
    """Return the files of a pattern, or of a bare name wherever it is."""
    patterns = [file] if "/" in file else anywhere
    return sorted({path for pattern in patterns for path in folder.glob(pattern)})


def _only(found: Sequence[Path], what: str, root: Path) -> Path:
    if not found:
        raise NotApplicableError(f"{what}: there is no such file")
    if len(found) > 1:
        paths = ", ".join(str(path.relative_to(root)) for path in found)
        raise NotApplicableError(f"{what}: which of {paths}?")
    return found[0]


@lru_cache(maxsize=64)
def _program(text: str) -> str:
    return ast.dump(ast.parse(text))


@lru_cache(maxsize=64)
def _functions(text: str) -> frozenset[str]:
    nodes = ast.parse(text).body
    return frozenset(n.name for n in nodes if isinstance(n, ast.FunctionDef))
