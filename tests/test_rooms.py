"""The rooms of the house: who may use whom, which libraries where, and no circle.

``rooms.toml`` is the plan, and ``ARCHITECTURE.md`` draws it. An import that is refused
here is in the wrong place, or a change of the plan: then change both.
"""

from __future__ import annotations

import ast
import copy
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("algorithms", "analysis", "benchmarks")

PLAN = tomllib.loads(Path(__file__).with_name("rooms.toml").read_text())
ROOMS = {room: set(those) for room, those in PLAN["rooms"].items()}
LIBRARIES = {name: set(rooms) for name, rooms in PLAN["libraries"].items()}
# Its door hands out classes; its mathematics is for everyone, as modules.
OPEN = {"algorithms"}


def room_of(module: str) -> str:
    """The room that a module is in: the longest one that its name begins with."""
    while module and module not in ROOMS:
        module = module.rpartition(".")[0]
    return module


class House:
    """The modules of a checkout, and what each imports."""

    def __init__(self, root: Path) -> None:
        files = [path for name in PACKAGES for path in (root / name).rglob("*.py")]
        texts = {_dotted(path.relative_to(root)): path.read_text() for path in files}
        self.trees = {name: ast.parse(text) for name, text in texts.items()}
        self.imports = {name: set(self._imported(name)) for name in self.trees}

    def with_line(self, module: str, line: str) -> House:
        """The same house with a line more in a module, which may be new."""
        other = copy.copy(self)
        body = self.trees[module].body if module in self.trees else []
        tree = ast.Module([*body, *ast.parse(line).body], [])
        other.trees = self.trees | {module: tree}
        other.imports = self.imports | {module: set(other._imported(module))}
        return other

    def _imported(self, module: str) -> Iterator[str]:
        for node in ast.walk(self.trees[module]):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                assert not node.level, f"{module}: relative import"
                inner = [f"{node.module}.{alias.name}" for alias in node.names]
                yield from (
                    name if name in self.trees else node.module for name in inner
                )

    def door(self, room: str) -> set[str]:
        """The modules that a room hands out: what its ``__all__`` names."""
        for node in self.trees[room].body:
            target = node.targets[0] if isinstance(node, ast.Assign) else None
            target = node.target if isinstance(node, ast.AnnAssign) else target
            if isinstance(target, ast.Name) and target.id == "__all__":
                return {f"{room}.{name}" for name in ast.literal_eval(node.value)}
        return set()

    def arrows(self) -> Iterator[tuple[str, str]]:
        """Module and imported module, of different rooms of this house."""
        for module, imported in sorted(self.imports.items()):
            for other in sorted(imported & set(self.trees)):
                if room_of(module) != room_of(other):
                    yield module, other

    def against_the_plan(self) -> list[str]:
        """What the plan does not allow, a line each."""
        return [*self._homeless(), *self._trespasses(), *self._loads()]

    def _homeless(self) -> Iterator[str]:
        for module, tree in sorted(self.trees.items()):
            only_said = all(isinstance(node, ast.Expr) for node in tree.body)
            if not room_of(module) and not only_said:
                yield f"{module} is in no room"

    def _trespasses(self) -> Iterator[str]:
        for module, other in self.arrows():
            room, used = room_of(module), room_of(other)
            kept = used in self.trees and used not in OPEN | {other}
            if used not in ROOMS.get(room, set()):
                yield f"{module} may not import {other}: {room} -> {used}"
            elif kept and other not in self.door(used):
                yield f"{module} imports {other}, which {used} keeps"

    def _loads(self) -> Iterator[str]:
        for module, imported in sorted(self.imports.items()):
            room = room_of(module)
            for library in sorted({name.partition(".")[0] for name in imported}):
                if room not in LIBRARIES.get(library, {room}):
                    yield f"{module} may not import {library}"


def _dotted(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def here() -> House:
    return House(ROOT)


def test_every_import_follows_the_plan() -> None:
    assert here().against_the_plan() == []


def test_the_plan_has_no_arrow_that_nothing_follows() -> None:
    drawn = {(room, used) for room, those in ROOMS.items() for used in those}
    followed = {(room_of(module), room_of(other)) for module, other in here().arrows()}
    assert drawn - followed == set()
    assert set(ROOMS) == {room_of(module) for module in here().trees} - {""}


def test_a_door_hands_out_what_is_there_and_is_used() -> None:
    used = {other for _, other in here().arrows()}
    for room in set(ROOMS) - OPEN:
        assert here().door(room) <= used | set(ROOMS), room


def test_neither_rooms_nor_modules_go_in_circles() -> None:
    TopologicalSorter(ROOMS).prepare()
    modules = set(here().trees)
    graph = {name: found & modules for name, found in here().imports.items()}
    TopologicalSorter(graph).prepare()
    with pytest.raises(CycleError):
        TopologicalSorter(graph | {"benchmarks.errors": {"benchmarks.cli"}}).prepare()


@pytest.mark.parametrize(
    ("module", "line", "said"),
    [
        ("algorithms.a2c", "import benchmarks.runs.train", "algorithms -> benchmarks"),
        ("analysis.report.page", "import torch", "page may not import torch"),
        ("benchmarks.faults.lab", "from benchmarks import cli", "may not import"),
        ("benchmarks.games.atari", "import benchmarks.runs.build", "games -> bench"),
        ("benchmarks.runs.train", "import seaborn", "may not import seaborn"),
        ("benchmarks.runs.train", "import benchmarks.sweeps.sweep", "runs -> bench"),
        ("benchmarks.runs.build", "import benchmarks.games.screen", "games keeps"),
        ("benchmarks.tools", "import json", "benchmarks.tools is in no room"),
    ],
)
def test_an_import_against_the_plan_is_named(module: str, line: str, said: str) -> None:
    before = here().against_the_plan()
    (found,) = set(here().with_line(module, line).against_the_plan()) - set(before)
    assert said in found


def test_the_page_on_architecture_names_every_room() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text()
    folders = {room.replace(".", "/") for room in ROOMS}
    named = {f for f in folders if f"`{f}/`" in page or f"`{f}.py`" in page}
    assert folders - named == set()
