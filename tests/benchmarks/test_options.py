"""The words of the command line become values, choices and places."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.errors import ConfigError
from benchmarks.options import Choice, read_value, written_to


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("1.5", 1.5),
        ("1e-4", 1e-4),
        ("True", True),
        ("false", False),
        ("kl", "kl"),
        ("0:1 0.1:0.5", "0:1 0.1:0.5"),
        ("-3", -3),
    ],
)
def test_values_of_the_command_line(text, value):
    found = read_value(text)
    assert found == value and type(found) is type(value)


def test_every_word_of_set_counts():
    choice = Choice(
        "smoke", only=(("q-a2c",),), set=(("gamma=0.9",), ("n_steps=3", "n_envs=2"))
    )
    assert choice.configs()[0].overrides == {"gamma": 0.9, "n_steps": 3, "n_envs": 2}


def test_words_that_set_nothing_are_told_with_the_rest():
    with pytest.raises(ConfigError) as caught:
        Choice(
            "smoke", games=(("Pnog",),), set=(("gamma",), ("=3", "gama=1"))
        ).configs()
    assert len(caught.value.problems) == 4


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((("gamma=0.9", "gamma=0.8"),), "--set gamma: is there more than once"),
        ((("gamma=0.9",), ("gamma=0.9",)), "--set gamma: is there more than once"),
        (((),), "--set: expected KEY=VALUE, not nothing"),
        ((("gamma=0.9",), ()), "--set: expected KEY=VALUE, not nothing"),
    ],
)
def test_a_setting_is_given_once_and_some_setting_is(given, said):
    with pytest.raises(ConfigError) as caught:
        Choice("smoke", set=given).configs()
    assert caught.value.problems == (said,)


@pytest.mark.parametrize(
    ("results", "only", "place"),
    [
        (None, None, Path("results")),
        (None, "kill", None),
        (Path("here"), "kill", Path("here")),
        (Path("here"), None, Path("here")),
    ],
)
def test_a_part_of_a_laboratory_writes_only_where_it_is_told(results, only, place):
    assert written_to(results, only) == place
