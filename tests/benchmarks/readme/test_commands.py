"""Every command of the documents, in its short form."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import cli
from benchmarks.options import read_value
from benchmarks.suites.schema import KEYS
from tests.benchmarks.readme.documents import (
    DOCUMENTS,
    README,
    ROOT,
    commands,
    inline,
)
from tests.benchmarks.readme.short_forms import ELSEWHERE, SHORT, Short
from tests.benchmarks.readme.typing_in import (
    filled,
    handed_on,
    reader,
    shortened,
)

TOLD = dict.fromkeys(c for path in DOCUMENTS for c in commands(path.read_text()))
ALL = [command for command in TOLD if not command.startswith(ELSEWHERE)]
OF_RAY = [command for command in ALL if "bin/ray " in command]
KNOWN = [command for command in ALL if command in SHORT and command not in OF_RAY]
READ = [c for c in KNOWN if SHORT[c].slow or SHORT[c].how == "read"]
RUN = [command for command in KNOWN if command not in READ]
SLOW = [command for command in KNOWN if SHORT[command].slow]
TESTS = "./run_all.sh test"


def test_every_command_has_its_short_form_and_none_is_left_over():
    assert set(ALL) - set(SHORT) == set(), "no short form (short_forms.py)"
    assert set(SHORT) - set(ALL) == set(), "in no document any more (short_forms.py)"


@pytest.mark.parametrize("command", RUN)
def test_it_does_what_it_should(command, type_in, request):
    needs_one = "RUN" in command.split() or "{run}" in SHORT[command].says
    run_id = request.getfixturevalue("run_id") if needs_one else ""
    said = type_in(command, run_id)
    pattern = SHORT[command].says.replace("{run}", run_id)
    assert re.search(pattern, said, re.MULTILINE), said


@pytest.mark.parametrize("command", [c for c in READ if c != TESTS])
@pytest.mark.parametrize("whole", [True, False])
def test_what_takes_long_is_read(command, whole, inside, call, monkeypatch):
    """The command line takes the document's words, and those of the short form."""
    words = shortened(inside, command, Short() if whole else SHORT[command], "")
    read: list[object] = []
    noted = reader(cli.COMMANDS[words[0]], read)
    monkeypatch.setitem(cli.COMMANDS, words[0], noted)
    assert call(*words)[0] == 0
    assert len(read) == 1


def test_the_tests_are_handed_to_linters_types_and_pytest(inside):
    words = handed_on(inside, filled(TESTS, SHORT[TESTS].more))
    assert [word for word in words if word in ("ruff", "mypy", "pytest")] == [
        "ruff", "mypy", "pytest", "pytest"
    ]  # fmt: skip
    assert words[-1] == SHORT[TESTS].more


@pytest.mark.parametrize("command", OF_RAY)
def test_ray_has_such_words(command):
    from ray.scripts.scripts import cli as ray

    name, *words = filled(command, "")[1:]
    ray.commands[name].make_context(name, words)  # raises where there is none such


def test_options_in_sentences_are_some_command_s(call):
    told = " ".join(call(name, "--help")[1] for name in cli.COMMANDS)
    options = {
        word
        for code in inline(README.read_text())
        if not code.startswith((".venv/bin/", "pip "))
        for word in code.split()
        if word.startswith("--")
    }
    assert len(options) > 8
    assert {each for each in options if f"{each} " not in told} == set()


SETTINGS = [
    pair
    for code in inline(README.read_text())
    if "--set " in code
    for pair in code.split("--set ")[1].split()
]


@pytest.mark.parametrize("pair", sorted(set(SETTINGS)))
def test_settings_in_sentences_can_be_set(pair):
    key, _, value = pair.partition("=")
    assert KEYS[key].problem(read_value(value)) is None


# ------------------------------------------------------------------- what takes minutes


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A copy of the whole, whose environment is that of these tests."""
    folder = tmp_path_factory.mktemp("checkout") / "suite"
    left = shutil.ignore_patterns(".*", "site", "__pycache__", "evaluations")
    shutil.copytree(ROOT, folder, ignore=left)
    shutil.rmtree(folder / "results/runs", ignore_errors=True)
    (folder / ".venv/bin").mkdir(parents=True)
    for name in ("python", "ruff", "mypy"):
        script = folder / ".venv/bin" / name
        script.write_text(
            f'#!/bin/sh\nexec {Path(sys.executable).parent / name} "$@"\n'
        )
        script.chmod(0o755)
    stamp = "cat pyproject.toml constraints.txt | cksum > .venv/.installed"
    subprocess.run(["bash", "-c", stamp], cwd=folder, check=True)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("command", SLOW)
def test_what_takes_long_is_done_whole(command, checkout):
    done = subprocess.run(
        filled(command, SHORT[command].more),
        cwd=checkout,
        capture_output=True,
        text=True,
        env=os.environ | {"WANDB_MODE": "disabled"},
        timeout=1800,
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    assert re.search(SHORT[command].says, said, re.MULTILINE), said
