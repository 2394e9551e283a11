"""Which code computes a run's numbers: a digest of its sources, blind to their words.

What counts is what is computed. Comments, docstrings, layout and the place of a module
do not; nor do import statements, save for the names that they rename.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

ROOT = Path(__file__).parents[2]
# All of algorithms/, and these of benchmarks/, in whichever of its folders they are.
COMPUTING = (
    "ale",
    "atari",
    "build",
    "exact_env",
    "exact_game",
    "families",
    "guarded_env",
    "machine",
    "minatar",
    "minatar_env",
    "minatar_game",
    "minatar_reference",
    "native_env",
    "reference_env",
    "roms",
    "screen",
)
# What a module is called in records, if it has been given another name.
RECORDED_AS = {"roms": "games"}
DIGITS = 12


def module_digests(root: Path = ROOT) -> Mapping[str, str]:
    """Return a digest of each module that computes, by the module's name.

    Raises:
        RuntimeError: A module of :data:`COMPUTING` is not there, or is there twice.
    """
    paths = {_name(path): path for path in sorted((root / "algorithms").glob("*.py"))}
    for name in COMPUTING:
        places = (f"{name}.py", f"{name}/__init__.py")
        found = [p for place in places for p in (root / "benchmarks").rglob(place)]
        if len(found) != 1:
            raise RuntimeError(f"{len(found)} modules {name}.py in {root}/benchmarks")
        paths[recorded_as(name)] = found[0]
    return {name: source_digest(path.read_text()) for name, path in paths.items()}


def own_digests(files: Iterable[Path]) -> dict[str, str]:
    """Return digests of a user's modules, and of what these import from beside them.

    Args:
        files: Of the modules that a suite file names.

    Returns:
        By the module's name, that of a package's with dots; nothing for no files.
    """
    found, waiting = dict[str, str](), [(each.stem, each.parent) for each in files]
    while waiting:
        name, place = waiting.pop()
        if name in found or not (file := _file_of(name, place)):
            continue
        source = file.read_text("utf-8")
        found[name] = source_digest(source)
        package = name if file.stem == "__init__" else name.rpartition(".")[0]
        waiting += [(each, place) for each in _imports(source, package)]
    return dict(sorted(found.items()))


def _file_of(name: str, place: Path) -> Path | None:
    """Where a module of a folder is; a package goes before a module, as in Python."""
    path = place.joinpath(*name.split("."))
    files = (path / "__init__.py", path.with_name(f"{path.name}.py"))
    return next((file for file in files if file.is_file()), None)


def _imports(source: str, package: str) -> Iterator[str]:
    """What a module of a package may import, each with the packages that it is in."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _with_packages(alias.name)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".") if node.level and package else []
            parts = parts[: len(parts) + 1 - node.level] if node.level else []
            parts += [node.module] if node.module else []
            for alias in node.names:  # of a package, each may be a module
                yield from _with_packages(".".join([*parts, alias.name]))


def _with_packages(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:n]) for n in range(1, len(parts) + 1))


def recorded_as(name: str) -> str:
    """What records call a module."""
    return RECORDED_AS.get(name, name)


def code_digest(
    root: Path = ROOT, own: Mapping[str, str] = MappingProxyType({})
) -> str:
    """Return one digest of all modules that compute, a user's own among them.

    Args:
        root: The project's folder.
        own: What :func:`own_digests` returned.
    """
    parts = sorted(module_digests(root).items())
    parts += [(f"own {name}", digest) for name, digest in sorted(own.items())]
    return _hash("\n".join(f"{name} {digest}" for name, digest in parts))


@cache
def source_digest(source: str) -> str:
    """Return the digest of what a source text computes."""
    tree = ast.parse(source)
    words = sorted(set(_renamed(tree)))
    _write_out(tree, words)
    return _hash("\n".join(words))


def _name(path: Path) -> str:
    return path.parent.name if path.stem == "__init__" else path.stem


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def _renamed(tree: ast.AST) -> Iterator[str]:
    """``import numpy as np`` decides what ``np`` is; from where, other digests say."""
    for node in ast.walk(tree):
        if isinstance(node, ast.alias) and node.asname:
            yield f"{node.name} as {node.asname}"


def _write_out(node: object, words: list[str]) -> None:
    """Add a tree's words to a list, the same on every version of Python.

    ``ast.dump`` names what a newer grammar has, empty as it may be.
    """
    if isinstance(node, list):
        for part in node:
            _write_out(part, words)
    elif isinstance(node, ast.AST):
        if _is_silent(node):
            return
        words.append(f"({type(node).__name__}")
        for name, value in ast.iter_fields(node):
            if value is not None and value != []:
                words.append(name)
                _write_out(value, words)
        words.append(")")
    else:
        words.append(repr(node))


def _is_silent(node: ast.AST) -> bool:
    """Whether a statement computes nothing: an import, or a text that stands alone."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return isinstance(node.value.value, str)
    return False
