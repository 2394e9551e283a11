"""A user's own classes: their settings, their names, and when their code runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks.errors import ConfigError, UsageError
from benchmarks.runs.build import make_model
from benchmarks.runs.code_digest import own_digests
from benchmarks.runs.train import train, write_config
from benchmarks.suites.config import RunConfig
from benchmarks.suites.strangers import check_one_suite
from benchmarks.suites.suite import Selection, load_suite
from tests.benchmarks.own_suites import ARM, SUITE, _forgets, suite_in
from tests.benchmarks.small_files import write_record, written

__all__ = ["_forgets"]
MINE = "[variant.mine]\n"
EVERY = "[[group]]\n"


def mine(suite: str, **values: object) -> RunConfig:
    return load_suite(suite, Selection(only=["mine"], values=values))[0]


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


# ------------------------------------------------------------------ when code runs


def marked(folder: Path) -> str:
    """A suite whose module leaves a file wherever it runs."""
    mark = f"import pathlib\npathlib.Path({str(folder / 'ran')!r}).touch()\n"
    return suite_in(folder, arm=mark + ARM)


def test_no_record_makes_its_code_run(tmp_path):
    run = mine(marked(tmp_path))
    folder = tmp_path / "runs" / run.run_id
    write_config(folder, run)
    load_suite("smoke")  # what another suite names is known no more
    (tmp_path / "ran").unlink()
    assert str(tmp_path) in sys.path  # so that it could be imported
    del sys.modules["arm_of_mine"]
    with pytest.raises(UsageError, match=r"arm_of_mine:Arm: a user's own code runs"):
        train(folder)
    assert not (tmp_path / "ran").exists()


def test_a_record_of_another_class_is_no_run_of_a_suite(tmp_path):
    suite = marked(tmp_path)
    run = mine(suite)
    record = run.record() | {"own": {**run.own, "algorithm": "arm_of_mine:Other"}}
    other = RunConfig.from_record(record)
    folder = tmp_path / "runs" / other.run_id
    write_config(folder, other)
    with pytest.raises(UsageError, match="arm_of_mine:Other: a user's own code"):
        train(folder)


def test_variants_of_one_suite_are_none_of_anothers(tmp_path):
    load_suite(suite_in(tmp_path))
    bare = SUITE.replace(MINE, "").replace("class", "#")
    (tmp_path / "bare.toml").write_text(bare)
    with pytest.raises(ConfigError, match="unknown 'mine'"):
        load_suite(str(tmp_path / "bare.toml"))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (":Arm", ":Other", "algorithm=arm_of_mine:Arm, not arm_of_mine:Other"),
        (MINE, MINE + "weight = 0.1\n", "weight=0.5, not 0.1"),
        (MINE, MINE + "gamma = 0.1\n", "gamma=0.8, not 0.1"),
    ],
)
def test_runs_of_a_changed_arm_are_strangers(tmp_path, before, after, said):
    text = ARM + "\nclass Other(Arm):\n    pass\n"
    suite = suite_in(tmp_path / "suite", arm=text)
    run = mine(suite)
    folder = tmp_path / "results/runs" / run.run_id
    write_config(folder, run)
    write_record(folder)
    check_one_suite(tmp_path / "results", suite)
    Path(suite).write_text(SUITE.replace(before, after))
    with pytest.raises(UsageError, match=said):
        check_one_suite(tmp_path / "results", suite)
    assert json.loads((folder / "config.json").read_text())["own"] == run.own


def test_what_a_module_imports_from_beside_it_is_digested_too(tmp_path):
    main, helper = tmp_path / "main.py", tmp_path / "helper.py"
    main.write_text("import math\n\ndef f():\n    from helper import g\n    return g\n")
    helper.write_text("g = 1\n")
    first = own_digests([main])
    assert set(first) == {"main", "helper"}
    helper.write_text('"""Words."""\ng = 1  # more\n')
    assert own_digests([main]) == first
    helper.write_text("g = 2\n")
    assert {k for k, v in own_digests([main]).items() if v != first[k]} == {"helper"}


PACKAGE = {
    "main.py": "from helpers import core\nimport plain.deep\n",
    "helpers/__init__.py": "from .early import x\n",
    "helpers/early.py": "x = 1\n",
    "helpers/core.py": "from . import sub\nfrom .sub.leaf import z\nimport torch\n",
    "helpers/sub/__init__.py": "from ..late import y\n",
    "helpers/sub/leaf.py": "z = 1\n",
    "helpers/late.py": "import main\ny = 1\n",
    "helpers/unused.py": "u = 1\n",
    "plain/deep.py": "d = 1\n",  # a folder without __init__.py is a package, too
}


def test_a_package_beside_a_module_is_digested_where_it_is_imported(tmp_path):
    for name, text in PACKAGE.items():
        written(tmp_path / name, text)
    main = tmp_path / "main.py"
    first = own_digests([main])
    modules = {name: name[:-3].replace("/", ".") for name in PACKAGE}
    modules = {name: text.removesuffix(".__init__") for name, text in modules.items()}
    assert set(first) == {*modules.values()} - {"helpers.unused"}
    for name, module in modules.items():
        written(tmp_path / name, PACKAGE[name] + "more = 2\n")
        changed = {k for k, v in own_digests([main]).items() if v != first[k]}
        assert changed == {module} - {"helpers.unused"}
        written(tmp_path / name, PACKAGE[name])
