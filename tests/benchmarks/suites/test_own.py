"""A user's own classes: their settings and their names."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from algorithms import NaiveA2C
from benchmarks.errors import ConfigError
from benchmarks.runs.build import make_model
from benchmarks.suites import suite_file
from benchmarks.suites.suite import Selection, load_suite
from benchmarks.suites.suite_file import Checker
from tests.benchmarks.own_suites import ARM, MINE, SUITE, _forgets, mine, suite_in

__all__ = ["_forgets"]
EVERY = "[[group]]\n"


def test_a_class_beside_a_suite_is_an_arm_of_it(tmp_path):
    run = mine(suite_in(tmp_path))
    assert run.hyperparameters["weight"] == 0.5
    assert run.sources["weight"] == run.sources["gamma"] == "user"
    assert run.sources["n_steps"] == "paper"
    assert run.own == {"algorithm": "arm_of_mine:Arm", "family": "a2c"}
    model = make_model(run)
    assert (type(model).__name__, model.weight, model.gamma) == ("Arm", 0.5, 0.8)


@pytest.mark.parametrize(
    ("added", "gamma"),
    [
        ({}, 0.8),  # the class's own signature, not the family's 0.99
        ({EVERY: EVERY + "set.gamma = { value = 0.7, source = 'user' }\n"}, 0.7),
        ({MINE: MINE + "gamma = 0.6\n"}, 0.6),
        ({MINE: MINE + "gamma = 1\n"}, 1.0),
    ],
)
def test_who_says_what_a_setting_is(tmp_path, added, gamma):
    suite = SUITE
    for before, after in added.items():
        suite = suite.replace(before, after)
    found = mine(suite_in(tmp_path, suite)).hyperparameters["gamma"]
    assert (found, type(found)) == (gamma, float)


def test_settings_classes_and_nothing_else_decide_the_id(tmp_path):
    suite = suite_in(tmp_path)
    plain = mine(suite).run_id
    assert mine(suite, weight=0.5).run_id == plain
    assert mine(suite, weight=0.25).label == "mine (weight=0.25)"
    changed = {mine(suite, weight=0.25).run_id, mine(suite, gamma=0.9).run_id}
    (tmp_path / "trial.toml").write_text(SUITE.replace(":Arm", ":Other"))
    (tmp_path / "arm_of_mine.py").write_text(ARM + "class Other(Arm): pass\n")
    assert len({plain, *changed}) == 3


def test_another_class_of_the_same_settings_is_another_run(tmp_path):
    text = ARM + "\nclass Other(Arm):\n    pass\n"
    first = mine(suite_in(tmp_path, arm=text)).run_id
    assert mine(suite_in(tmp_path, SUITE.replace(":Arm", ":Other"))).run_id != first


def test_arms_of_the_project_keep_their_ids_beside_a_users(tmp_path):
    suite = suite_in(tmp_path)
    naive = load_suite(suite, Selection(only=["a2c-naive"]))[0]
    plain = SUITE.replace(', "mine"', "").replace(MINE, "").replace("class", "#")
    (tmp_path / "trial.toml").write_text(plain)
    assert load_suite(suite)[0].run_id == naive.run_id
    assert "own" not in naive.record()


@pytest.mark.parametrize(
    ("added", "refused"), [("", set()), ("wieght = 1\n", {"mine"})]
)
def test_settings_of_a_users_class_are_held_to_what_its_runs_have(
    tmp_path, monkeypatch, added, refused
):
    """Those that its own table is not refused for; else all would be said twice."""
    asked = []
    monkeypatch.setattr(suite_file, "unheeded", lambda name: asked.append(name) or {})
    path = Path(suite_in(tmp_path, SUITE.replace(MINE, MINE + added)))
    checker = Checker(path)
    checker.suite("trial", tomllib.loads(path.read_text()))
    assert checker.refused == refused
    assert asked == [name for name in ("a2c-naive", "mine") if name not in refused]


REQUIRED = ARM.replace("weight: float = 0.5, g", "weight: float, g")
WRONG = {
    "misspelt": (
        {MINE: MINE + "wieght = 1.0\n"},
        "variant.mine.wieght: arm_of_mine:Arm has no such setting; nearest: weight",
    ),
    "of the family, misspelt": (
        {MINE: MINE + "n_step = 3\n"},
        "variant.mine.n_step: arm_of_mine:Arm has no such setting; nearest: n_steps",
    ),
    "of the other family": (
        {MINE: MINE + "double_q = true\n"},
        "variant.mine.double_q: arm_of_mine:Arm has no such setting",
    ),
    "of another type": (
        {MINE: MINE + "weight = 'much'\n"},
        "variant.mine.weight: expected a number, not 'much'",
    ),
    "a switch for a number": (
        {MINE: MINE + "weight = true\n"},
        "variant.mine.weight: expected a number, not True",
    ),
    "no number": (
        {MINE: MINE + "weight = nan\n"},
        "variant.mine.weight: expected a number, not nan",
    ),
    "out of the schema's range": (
        {MINE: MINE + "gamma = 2\n"},
        "variant.mine.gamma: expected a number above 0 and at most 1, not 2",
    ),
    "out of the class's range": (
        {MINE: MINE + "weight = 2\n"},
        "mine: weight=2.0 must be at most 1",
    ),
    "no module": (
        {"arm_of_mine:": "nowhere:"},
        "variant.mine.class: there is no ",
    ),
    "no class": (
        {":Arm": ":Amr"},
        "variant.mine.class: arm_of_mine.py has no Amr; nearest: Arm",
    ),
    "no reference": (
        {'"arm_of_mine:Arm"': "3"},
        'variant.mine.class: expected "module:Name", not 3',
    ),
    "a path": (
        {"arm_of_mine:Arm": "../x:Arm"},
        "variant.mine.class: expected \"module:Name\", not '../x:Arm'",
    ),
    "a name of the project's": (
        {MINE: "[variant.q-a2c]\n"},
        "variant.q-a2c: the project has a variant of that name; give it another",
    ),
    "no name": (
        {MINE: "[variant.Mine]\n"},
        "variant.Mine: expected the form",
    ),
    "no table": (
        {MINE: "[variant]\n"},
        "variant: expected [variant.NAME] tables with a class",
    ),
}


@pytest.mark.parametrize(("changed", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_variant_is_said_first(tmp_path, changed, said):
    suite = SUITE
    for before, after in changed.items():
        suite = suite.replace(before, after)
    with pytest.raises(ConfigError) as refused:
        load_suite(suite_in(tmp_path, suite))
    assert refused.value.problems[0].startswith(f"trial.toml: {said}")


def test_a_misspelt_setting_is_one_line(tmp_path):
    with pytest.raises(ConfigError) as refused:
        load_suite(suite_in(tmp_path, SUITE.replace(MINE, MINE + "wieght = 1.0\n")))
    assert len(refused.value.problems) == 1


CLASSES = {
    "of no family": ("class Arm: pass", "expected a subclass of algorithms.Regular"),
    "no class": ("Arm = 3", "expected a subclass of algorithms.Regularized"),
    "broken": ("class Arm(", "arm_of_mine.py can't be imported: SyntaxError"),
    "raising": ("1 / 0", "arm_of_mine.py can't be imported: ZeroDivisionError"),
    "leaving": ("exit('bye')", "arm_of_mine.py can't be imported: SystemExit: bye"),
    "leaving in silence": ("exit(0)", "can't be imported: SystemExit: 0"),
    "with a setting of every run": (
        ARM.replace("weight: float", "frames: float"),
        "Arm(frames=...) is a setting of every run",
    ),
    "with a setting of no type": (
        ARM.replace("weight: float = 0.5", "weight=None"),
        "Arm(weight=...): expected a type of bool, int, float, str",
    ),
}


@pytest.mark.parametrize(("arm", "said"), CLASSES.values(), ids=CLASSES)
def test_what_is_wrong_with_a_class_is_said_first(tmp_path, arm, said):
    with pytest.raises(ConfigError) as refused:
        load_suite(suite_in(tmp_path, arm=arm))
    first = refused.value.problems[0]
    assert first.startswith("trial.toml: variant.mine.class: ") and said in first


CHECKS = {
    "of an object": ("self", "TypeError: "),
    "of no setting": ("cls", "TypeError: "),
    "that fails": ("cls, *, weight=0, **o", "ZeroDivisionError: division by zero"),
}


@pytest.mark.parametrize(("takes", "said"), CHECKS.values(), ids=CHECKS)
def test_a_check_of_settings_that_can_not_be_called_is_a_line(
    tmp_path, refused, takes, said
):
    arm = ARM[: ARM.index("    @classmethod")]
    method = "" if "self" in takes else "    @classmethod\n"
    arm += f"{method}    def check_settings({takes}):\n        1 / 0\n"
    line = refused("plan", suite_in(tmp_path, arm=arm))
    expected = "a class method that takes every setting and raises ValueError"
    assert line.startswith(
        f"trial.toml: mine: check_settings: expected {expected}, not {said}"
    )


def test_a_fault_of_the_projects_own_check_is_no_line(monkeypatch):
    monkeypatch.setattr(NaiveA2C, "check_settings", lambda **given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        load_suite("smoke", Selection(only=["a2c-naive"]))


def test_a_setting_without_a_default_is_to_be_given(tmp_path):
    with pytest.raises(ConfigError, match=r"mine\.weight: .* has no default of it"):
        load_suite(suite_in(tmp_path, arm=REQUIRED))
    given = SUITE.replace(MINE, MINE + "weight = 0.75\n")
    assert mine(suite_in(tmp_path, given)).hyperparameters["weight"] == 0.75


def test_a_module_hides_no_other(tmp_path):
    suite = suite_in(tmp_path, SUITE.replace("arm_of_mine", "json"))
    (tmp_path / "json.py").write_text(ARM)
    with pytest.raises(ConfigError, match="another module is called json: rename"):
        load_suite(suite)


def test_set_reaches_a_users_setting_and_checks_it(tmp_path, refused):
    suite = suite_in(tmp_path)
    assert mine(suite, weight=1).hyperparameters["weight"] == 1.0
    line = refused("plan", suite, "--set", "weight=much")
    assert line == "--set weight: expected a number, not 'much'"
    line = refused("plan", suite, "--only", "a2c-naive", "--set", "weight=1")
    assert line == "--set weight: none of the chosen variants has it"
