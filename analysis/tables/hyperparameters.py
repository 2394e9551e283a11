"""Every setting of a study with its source, said once where it is the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pandas as pd

from analysis.records.configs import sourced_values
from analysis.records.study import Study


class Place(NamedTuple):
    """Where a setting holds."""

    family: str
    label: str
    game: str


class Setting(NamedTuple):
    """A value as text, and who says so."""

    value: str
    source: str


Row = tuple[str, str, str, str, str]


def hyperparameters(study: Study) -> pd.DataFrame:
    """Every setting with its source.

    Returns:
        Columns ``variant`` (a label; ``all``, or ``all dqn``, where all of them have
        the same setting), ``games`` (``all``, or those that the row holds for),
        ``key``, ``value`` (as text, floats exact) and ``source``.
    """
    settings = _settings(study)
    places = {place for held in settings.values() for place in held}
    rows = [
        row for key in sorted(settings) for row in _rows(key, settings[key], places)
    ]
    return pd.DataFrame(rows, columns=["variant", "games", "key", "value", "source"])


def _settings(study: Study) -> dict[str, dict[Place, Setting]]:
    settings: dict[str, dict[Place, Setting]] = {}
    for run in study.runs.to_dict("records"):
        config = study.configs[run["run_id"]]
        place = Place(run["family"], run["label"], run["game"])
        for key, value in sourced_values(config).items():
            setting = Setting(_text(value), config["sources"][key])
            settings.setdefault(key, {})[place] = setting
    return settings


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _rows(key: str, held: dict[Place, Setting], places: set[Place]) -> Iterator[Row]:
    shared = _shared(held, places)
    if shared:
        yield "all", "all", key, *shared
        return
    for family in sorted({place.family for place in held}):
        inside = {place for place in places if place.family == family}
        shared = _shared(held, inside)
        if shared:
            yield f"all {family}", "all", key, *shared
        else:
            yield from _label_rows(key, held, inside)


def _shared(held: dict[Place, Setting], places: Iterable[Place]) -> Setting | None:
    """The setting that all the places have, if they do."""
    found = {held.get(place) for place in places}
    return found.pop() if len(found) == 1 else None


def _label_rows(
    key: str, held: dict[Place, Setting], places: Iterable[Place]
) -> Iterator[Row]:
    games: dict[tuple[str, Setting], list[str]] = {}
    for place in sorted(places & held.keys()):
        games.setdefault((place.label, held[place]), []).append(place.game)
    labels = [label for label, _ in games]
    for (label, setting), names in games.items():
        where = "all" if labels.count(label) == 1 else ", ".join(names)
        yield label, where, key, *setting
