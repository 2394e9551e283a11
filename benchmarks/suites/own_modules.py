"""Import what a suite file names, from beside the file and from nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.errors import UsageError
from benchmarks.suites.schema import nearest


def load(suite: Path, reference: str) -> Any:
    """Import ``module:Name`` from beside a suite file.

    Raises:
        UsageError: It is not there, or can't be imported; in one line, why.
    """
    name, _, attribute = str(reference).partition(":")
    if not (name.isidentifier() and attribute.isidentifier()):
        raise UsageError(f'expected "module:Name", not {reference!r}')
    module = _imported(name, suite.resolve().parent / f"{name}.py")
    if not hasattr(module, attribute):
        public = [each for each in vars(module) if not each.startswith("_")]
        raise UsageError(f"{name}.py has no {attribute}; {nearest(attribute, public)}")
    return getattr(module, attribute)


def _imported(name: str, file: Path) -> ModuleType:
    if not file.is_file():
        raise UsageError(f"there is no {file}")
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))  # the last: it hides nobody's module
    try:
        spec = find_spec(name)
        if spec is None or spec.origin is None or Path(spec.origin).resolve() != file:
            raise UsageError(f"another module is called {name}: rename {file.name}")
        return import_module(name)
    except UsageError:
        raise
    except (Exception, SystemExit) as error:
        raise UsageError(f"{file} can't be imported: {in_a_line(error)}") from error


def in_a_line(error: BaseException) -> str:
    """What a user's code raised: of which kind, and what it says."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def files(references: Mapping[str, str]) -> list[Path]:
    """Return the files of modules that records name, which were loaded."""
    names = {text.partition(":")[0] for text in references.values() if ":" in text}
    modules = [sys.modules[name] for name in sorted(names)]
    return [Path(str(module.__file__)) for module in modules]
