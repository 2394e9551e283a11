"""A figure as data: its panels, and what is drawn on them, in numbers.

What computes a figure's numbers and what draws it are two programs: the first keeps a
:class:`Sketch` in a JSON file, the second replays it on matplotlib, without computing
anything again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

# A file says which methods are called: no others than these.
DRAWING = "axhline axvline fill_between legend loglog plot semilogx"
AXES = "invert_yaxis set_title set_xlabel set_xlim set_xscale set_xticks set_ylabel"
METHODS = frozenset((*DRAWING.split(), *AXES.split(), "set_yticks"))


@dataclass
class Sketch:
    """Panels and the calls that draw on them.

    Attributes:
        rows: Of panels.
        columns: Of panels.
        options: Of ``plt.subplots``: ``figsize`` in inches, ``sharex``, ``sharey``.
        calls: Panel (counted row by row), method of matplotlib's axes, its arguments.
    """

    rows: int
    columns: int
    options: dict[str, Any]
    calls: list[tuple[int, str, list[Any], dict[str, Any]]] = field(
        default_factory=list
    )

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Sketch:
        """Rebuild from :meth:`to_json`.

        Raises:
            ValueError: It calls what no figure needs.
        """
        unknown = {method for _, method, *_ in content["calls"]} - METHODS
        if unknown:
            raise ValueError(f"a figure can't call {', '.join(sorted(unknown))}")
        return cls(**content)

    def to_json(self) -> dict[str, Any]:
        """Return plain types alone."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: _plain(value) for name, value in plain.items()}

    def figure(self) -> Figure:
        """Draw it."""
        figure, axes = plt.subplots(
            self.rows, self.columns, squeeze=False, **_tuples(self.options)
        )
        plt.close(figure)  # it is ours, not the interactive window's
        for panel, method, arguments, options in self.calls:
            getattr(axes.flat[panel], method)(*arguments, **_tuples(options))
        return figure


class Panel:
    """Stands for matplotlib's axes, and notes what is called on them."""

    def __init__(self, sketch: Sketch, number: int) -> None:
        self._sketch, self._number = sketch, number

    def __getattr__(self, method: str) -> Callable[..., None]:
        if method not in METHODS:
            raise AttributeError(f"a sketch's panel has no {method}")

        def note(*arguments: Any, **options: Any) -> None:
            call = (self._number, method, _plain(arguments), _plain(options))
            self._sketch.calls.append(call)

        return note


def subplots(rows: int = 1, columns: int = 1, **options: Any) -> tuple[Sketch, Any]:
    """Begin a sketch; return it and its panels, as ``plt.subplots`` returns axes."""
    sketch = Sketch(rows, columns, options)
    panels = np.array([Panel(sketch, n) for n in range(rows * columns)], dtype=object)
    grid = panels.reshape(rows, columns).squeeze()
    return sketch, grid if grid.ndim else grid.item()


def _plain(value: Any) -> Any:
    """Numbers, text, lists and dicts for whatever holds them."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, np.generic):
        return value.item()
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "__iter__"):
        return [_plain(each) for each in value]
    return value


def _tuples(value: Any) -> Any:
    """Tuples for lists, which JSON has no word for and matplotlib asks for."""
    if isinstance(value, dict):
        return {key: _tuples(each) for key, each in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
