"""``suites``: the text is made of what reads suite files, so that it has all of it."""

from __future__ import annotations

import re
from types import MappingProxyType

import pytest

from algorithms import ALGORITHMS, Variant
from algorithms.q_a2c import QLearningA2C
from analysis.records.configs import SOURCES
from benchmarks.games.own import families
from benchmarks.suites import base, file_keys, own, reference, schema, suite_file
from benchmarks.suites.config import Setting
from benchmarks.suites.file_keys import OF_A_GROUP, OF_A_SUITE, FileKey
from benchmarks.suites.schema import KEYS, Key


@pytest.fixture(scope="module")
def text() -> str:
    return reference.reference()


def entries(text: str, title: str) -> dict[str, str]:
    """The entries below a title, by their names, in one line each."""
    section = text.partition(title)[2].partition("\n\n")[0]
    parts = re.split(r"\n  (?=\S)", section)[1:]
    named = (part.partition(": ") for part in parts)
    return {name: " ".join(rest.split()) for name, _, rest in named}


def family(text: str, name: str) -> dict[str, str]:
    return entries(text, f'Settings of the family "{name}"')


def test_it_is_what_the_command_prints(text, call):
    assert call("suites")[:2] == (0, text + "\n")


def test_every_key_of_a_file_and_every_source_is_there(text):
    assert set(entries(text, "A suite is a TOML file.")) == set(OF_A_SUITE)
    assert set(entries(text, "Keys of a [[group]]")) == set(OF_A_GROUP)
    assert all(source in text for source in SOURCES)


def test_every_setting_is_there_with_its_range_and_a_meaning(text):
    told = family(text, "a2c") | family(text, "dqn")
    assert set(told) == set(KEYS)
    for key, said in told.items():
        start = f"{KEYS[key].expected} default "
        assert said.startswith(start), key
        assert len(said.removeprefix(start).split()) > 3, key


def test_defaults_are_those_of_the_settings_files(text):
    both = {"a2c": "on Atari 0.0007 (baselines-2017); on MinAtar 0.002 (ours)"}
    both["dqn"] = "on Atari 0.0001 (baselines-2017); on MinAtar 0.00025 (ours)"
    for name, said in both.items():
        assert f"default {said} " in family(text, name)["learning_rate"]
        for games in families():
            for key, setting in base.settings(name, games).items():
                value = f"{schema.as_typed(setting.value)} ({setting.source})"
                assert value in family(text, name)[key], (name, key)


def test_settings_of_some_variants_name_them_and_docstrings_explain(text):
    assert "Only of q-a2c, q-a2c-c100" in family(text, "a2c")["scaled"]
    assert "nothing rescaled" in family(text, "a2c")["scaled"]
    assert "tau of the backup" in family(text, "dqn")["temperature"]
    assert "weight of the regularisation" in family(text, "a2c")["temperature"]


def test_every_variant_says_what_sets_it_apart(text):
    told = entries(text, 'Variants of the family "a2c"')
    told |= entries(text, 'Variants of the family "dqn"')
    assert set(told) == set(ALGORITHMS)
    said = "QLearningA2C with scaled = true (paper); temperature = 0.1 (ours) Soft Q-"
    assert told["q-a2c-t0.1"].startswith(said)


def test_a_new_key_is_there_by_itself(monkeypatch):
    new = Key("hyperparameters", int, top=7, means="What nobody has thought of.")
    monkeypatch.setattr(own, "KEYS", MappingProxyType({**KEYS, "novel": new}))
    real = base.settings

    def settings(algorithm, games):
        return {**real(algorithm, games), "novel": Setting(3, "inferred")}

    for module in (suite_file, reference):
        monkeypatch.setattr(module, "settings", settings)
    grown = OF_A_GROUP | {"patience": FileKey("a number", "How long.", "1")}
    monkeypatch.setattr(reference, "OF_A_GROUP", grown)
    text = reference.reference()
    said = "a whole number above 0 and at most 7 default 3 (inferred) What nobody has"
    for name in ("a2c", "dqn"):
        assert family(text, name)["novel"].startswith(said)
    assert entries(text, "Keys of a [[group]]")["patience"].startswith("a number")


class Novel(QLearningA2C):
    """A variant that is new.

    Args:
        gamma: How much tomorrow counts.
    """


def test_a_new_variant_is_there_by_itself(monkeypatch):
    known = MappingProxyType({**ALGORITHMS, "a-new": Variant(Novel, {"scaled": True})})
    for module in (suite_file, reference):
        monkeypatch.setattr(module, "ALGORITHMS", known)
    told = entries(reference.reference(), 'Variants of the family "a2c"')
    assert told["a-new"] == "Novel with scaled = true (paper) A variant that is new."
    assert reference._documented("a-new")["gamma"] == "How much tomorrow counts."


def test_what_checks_a_file_and_what_explains_it_are_one():
    assert suite_file.OF_A_GROUP is file_keys.OF_A_GROUP is reference.OF_A_GROUP
