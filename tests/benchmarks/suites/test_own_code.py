"""When a user's own code runs, and the digests by which a change of it is noticed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks.errors import ConfigError, UsageError
from benchmarks.runs.code_digest import own_digests
from benchmarks.runs.train import train, write_config
from benchmarks.suites.config import RunConfig
from benchmarks.suites.strangers import check_one_suite
from benchmarks.suites.suite import load_suite
from tests.benchmarks.own_suites import ARM, MINE, SUITE, _forgets, mine, suite_in
from tests.benchmarks.small_files import write_record, written

__all__ = ["_forgets"]


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
