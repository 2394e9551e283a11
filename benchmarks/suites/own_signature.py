"""What settings a user's own class has: its signature, as a suite's schema."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from algorithms import HardDQN, RegularizedA2C
from benchmarks.errors import UsageError
from benchmarks.suites.schema import KEYS, Key

FAMILIES = (RegularizedA2C, HardDQN)
REQUIRED = inspect.Parameter.empty
_EVERY_RUNS = {"frames", *(k for k in KEYS if KEYS[k].section != "hyperparameters")}
_TYPES = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


@dataclass(frozen=True)
class OwnKey(Key):
    """A setting of a user's class alone, which knows its range itself."""

    def problem(self, value: Any) -> str | None:
        """Say what was expected, or None when the value will do."""
        accepted = (int, float) if self.kind is float else (self.kind,)
        is_one = isinstance(value, bool) == (self.kind is bool)
        endless = isinstance(value, float) and not math.isfinite(value)
        if is_one and isinstance(value, accepted) and not endless:
            return None
        return f"expected {_TYPES[self.kind]}"


def signature(kind: Any) -> tuple[dict[str, Key], dict[str, Any]]:
    """Return the settings of a class that its family lacks, and its own defaults.

    Raises:
        UsageError: It is of no family, or a setting has no type that can be recorded.
    """
    if not (inspect.isclass(kind) and issubclass(kind, FAMILIES)):
        names = " or ".join(each.__name__ for each in FAMILIES)
        raise UsageError(f"expected a subclass of algorithms.{names}, not {kind!r}")
    base = next(each for each in FAMILIES if issubclass(kind, each))
    theirs, keys, defaults = parameters(base), dict[str, Key](), dict[str, Any]()
    for name, parameter in _own_parameters(kind, base).items():
        if name in _EVERY_RUNS:
            raise UsageError(f"{kind.__name__}({name}=...) is a setting of every run")
        if name in theirs and name not in KEYS:
            continue  # policy_kwargs and the like
        if name not in KEYS:
            keys[name] = OwnKey("hyperparameters", _type_of(kind, name, parameter))
        if name not in KEYS or parameter.default not in (REQUIRED, None):
            defaults[name] = parameter.default
    return keys, defaults


def _own_parameters(kind: type, base: type) -> dict[str, inspect.Parameter]:
    """The keyword settings of the user's classes, the nearest class's first."""
    found: dict[str, inspect.Parameter] = {}
    for each in kind.__mro__[: kind.__mro__.index(base)]:
        if "__init__" in vars(each):
            for name, parameter in parameters(each).items():
                if _is_setting(parameter):
                    found.setdefault(name, parameter)
    return found


def _is_setting(parameter: inspect.Parameter) -> bool:
    named = parameter.kind in (parameter.KEYWORD_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    return named and parameter.name not in ("policy", "env", "_init_setup_model")


def _type_of(owner: type, name: str, parameter: inspect.Parameter) -> type:
    """The type of a setting, by its annotation or its default."""
    named = {kind.__name__: kind for kind in _TYPES}
    note = parameter.annotation
    for found in (named.get(str(note)), note, type(parameter.default)):
        if found in _TYPES:
            return found
    known = ", ".join(named)
    raise UsageError(f"{owner.__name__}({name}=...): expected a type of {known}")


def parameters(kind: type) -> Mapping[str, inspect.Parameter]:
    """The parameters of a class's constructor."""
    return inspect.signature(kind).parameters
