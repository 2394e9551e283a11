"""Read and worked out once, while several things are shown of the same data.

Figures, tables, verdicts and the report all read every study, and check that nobody
edited it. Commands that are given together do so inside :func:`keeping`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

Given = ParamSpec("Given")
Found = TypeVar("Found")

_KEPT: ContextVar[dict[Any, Any] | None] = ContextVar("kept", default=None)


@contextmanager
def keeping() -> Iterator[None]:
    """Keep what functions marked by :func:`once` return, for equal arguments.

    Within it no data may change, and nobody what was returned.
    """
    token = _KEPT.set({})
    try:
        yield
    finally:
        _KEPT.reset(token)


def once(function: Callable[Given, Found]) -> Callable[Given, Found]:
    """Mark a function of hashable arguments; outside of :func:`keeping` it is as ever.

    What is not to be compared, a study or its curves, equals itself alone.
    """

    @wraps(function)
    def kept(*args: Given.args, **options: Given.kwargs) -> Found:
        memory = _KEPT.get()
        if memory is None:
            return function(*args, **options)
        key = function, args, tuple(sorted(options.items()))
        if key not in memory:
            memory[key] = function(*args, **options)
        found: Found = memory[key]
        return found

    return kept
