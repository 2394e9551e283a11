"""A variant's settings reach its runs, or the suite is refused when it is loaded."""

from __future__ import annotations

from types import MappingProxyType

import pytest

import algorithms
from algorithms import ALGORITHMS, HardDQN, NaiveA2C, QLearningA2C, Variant
from benchmarks.errors import ConfigError
from benchmarks.suites import suite, suite_file
from benchmarks.suites.suite import Selection, load_suite
from tests.benchmarks.small_files import GOOD, written


@pytest.fixture
def variant(monkeypatch):
    """Give a variant of the smoke suite another class and settings."""

    def given(name, algorithm, settings):
        changed = {**ALGORITHMS, name: Variant(algorithm, settings)}
        for module in (algorithms, suite, suite_file):
            monkeypatch.setattr(module, "ALGORITHMS", MappingProxyType(changed))
        return name

    return given


@pytest.mark.parametrize(
    ("algorithm", "settings", "said"),
    [
        (QLearningA2C, {"gama": 0.9}, "gama: no setting of its runs; nearest: gamma"),
        (HardDQN, {"double": True}, "double: no setting of its runs; nearest: double_"),
        # The schema knows these, and the class would fail when its run begins.
        (HardDQN, {"regularizer": "kl"}, "regularizer: no setting of its runs"),
        (NaiveA2C, {"scaled": False}, "scaled: no setting of its runs"),
    ],
)
def test_a_setting_that_no_run_would_have_is_refused(
    variant, algorithm, settings, said
):
    name = "q-a2c" if algorithm is not HardDQN else "dqn-hard"
    variant(name, algorithm, {**settings, "gamma": 0.5})
    with pytest.raises(ConfigError) as refused:
        load_suite("smoke")
    (problem,) = refused.value.problems
    assert f"ALGORITHMS['{name}']: {said}" in problem


def test_every_bad_setting_is_told_at_once(variant):
    variant("q-a2c", QLearningA2C, {"gama": 0.9, "n_step": 3})
    variants = suite_file.unheeded("q-a2c")
    assert list(variants) == ["gama", "n_step"]
    with pytest.raises(ConfigError) as refused:
        load_suite("smoke", Selection(games=["Pongg"]))
    assert len(refused.value.problems) == 3


def test_a_setting_of_its_environment_or_its_class_alone_reaches_its_runs(variant):
    settings = {"scaled": False, "n_envs": 3, "max_frames": 500}
    name = variant("q-a2c", QLearningA2C, settings)
    (run,) = load_suite("smoke", Selection(only=[name]))
    assert run.hyperparameters["scaled"] is False
    assert run.environment["n_envs"] == 3
    assert run.environment["max_frames"] == 500


def test_a_value_that_its_class_refuses_is_refused_by_name(variant):
    name = variant("q-a2c", QLearningA2C, {"n_steps": 0, "gamma": 2})
    with pytest.raises(ConfigError, match=r"n_steps=0 must be .*; gamma=2 must be"):
        load_suite("smoke", Selection(only=[name]))


def test_all_settings_of_all_variants_are_heeded():
    assert not [name for name in ALGORITHMS if suite_file.unheeded(name)]


def test_what_an_arm_is_named_for_no_group_changes(tmp_path):
    text = GOOD.replace('["q-a2c"]', '["q-a2c", "q-a2c-t0.1"]')
    text += 'set.temperature = { value = 0.5, source = "ours" }\n'
    runs = load_suite(written(tmp_path / "mine.toml", text))
    found = {run.variant: run.hyperparameters["temperature"] for run in runs}
    assert found == {"q-a2c": 0.5, "q-a2c-t0.1": 0.1}
