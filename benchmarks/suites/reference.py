"""What a suite file can hold, as text: made of the schema that reads such files.

What a setting means is said in one place: where an algorithm takes it, in the
docstring of the class; else by its key in the schema.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from docstring_parser import parse

from analysis.records.configs import SOURCES
from benchmarks.games.own import families
from benchmarks.suites.base import ALGORITHM_FAMILIES, USER, settings
from benchmarks.suites.config import Setting
from benchmarks.suites.file_keys import OF_A_GROUP, OF_A_SUITE, FileKey
from benchmarks.suites.own import ALGORITHMS
from benchmarks.suites.own import keys_of as schema_of
from benchmarks.suites.schema import FACTS, as_typed
from benchmarks.suites.suite_file import keys_of

WIDTH, INDENT = 88, " " * 6
VALUES = f"""\
How a value is written, of frames, seeds and every setting:
  set.gamma = 0.9                                     its source is recorded as "{USER}"
  set.gamma = {{ value = 0.9, source = "SOURCE" }}      SOURCE is one of
                                                      {", ".join(SOURCES[:3])},
                                                      {", ".join(SOURCES[3:])}"""


def reference() -> str:
    """Return every key of a suite file: its type, its default and what it means."""
    sections = [
        _of_the_file("A suite is a TOML file. Its keys:", OF_A_SUITE),
        _of_the_file("Keys of a [[group]]:", OF_A_GROUP),
        VALUES,
        *(_of_a_family(name) for name in ALGORITHM_FAMILIES),
        *(_variants(name) for name in ALGORITHM_FAMILIES),
    ]
    return "\n\n".join(sections)


def _of_the_file(title: str, keys: Mapping[str, FileKey]) -> str:
    entries = (
        _entry(name, key.takes, key.default or "none: it must be there", key.means)
        for name, key in keys.items()
    )
    return "\n".join([title, *entries])


def _of_a_family(name: str) -> str:
    """The settings of a family of algorithms."""
    having: dict[str, list[str]] = {}
    for variant in _members(name):
        for key in dict.fromkeys(k for f in families() for k in keys_of(variant, f)):
            having.setdefault(key, []).append(variant)
    title = f'Settings of the family "{name}" (set.KEY, vary.KEY, --set KEY=VALUE):'
    return "\n".join([title, *(_setting(name, *pair) for pair in having.items())])


def _setting(family: str, name: str, variants: Sequence[str]) -> str:
    key = schema_of(ALGORITHMS[variants[0]])[name]
    notes = ["Recorded with the games, and not to be changed."] * (name in FACTS)
    if len(variants) < len(_members(family)):
        notes.append(f"Only of {', '.join(variants)}.")
    means = " ".join([key.means or _documented(variants[0])[name], *notes])
    return _entry(name, key.expected, _default(family, name), means)


def _default(family: str, name: str) -> str:
    """What the settings files say, once where all games have the same."""
    found = {each.name: settings(family, each).get(name) for each in families()}
    said = {games: _value(setting) for games, setting in found.items() if setting}
    if not said:
        return "the variant's, or the game's, own"
    if len(said) == len(found) and len({*said.values()}) == 1:
        return next(iter(said.values()))
    return "; ".join(f"on {games} {value}" for games, value in said.items())


def _value(setting: Setting) -> str:
    return f"{as_typed(setting.value)} ({setting.source})"


def _documented(variant: str) -> dict[str, str]:
    """What docstrings say of a variant's settings: the nearest class that does."""
    classes = reversed(ALGORITHMS[variant].algorithm.__mro__)
    found = (each for kind in classes for each in parse(kind.__doc__ or "").params)
    return {each.arg_name: each.description or "" for each in found}


def _variants(family: str) -> str:
    """The project's variants of a family, and what sets each apart."""
    entries = (_variant(name) for name in _members(family))
    return "\n".join([f'Variants of the family "{family}":', *entries])


def _variant(name: str) -> str:
    known = ALGORITHMS[name]
    apart = (Setting(value, known.source(key)) for key, value in known.settings.items())
    said = (
        f"{key} = {_value(each)}"
        for key, each in zip(known.settings, apart, strict=True)
    )
    what = parse(known.algorithm.__doc__ or "").short_description or ""
    return _entry(name, known.algorithm.__name__, "; ".join(said), what, "with")


def _members(family: str) -> list[str]:
    return [name for name, known in ALGORITHMS.items() if known.family == family]


def _entry(
    name: str, takes: str, default: str, means: str, word: str = "default"
) -> str:
    told = [f"{word} {default}"] if default else []
    lines = [f"  {name}: {takes}", *(INDENT + each for each in told)]
    plain = " ".join(means.replace("``", "").split())
    wrapped = textwrap.wrap(
        plain, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6
    )
    return "\n".join([*lines, *wrapped])
