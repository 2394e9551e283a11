"""``run_all.sh``: what it says, refuses and hands on; nothing is installed here."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def way_in(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(folder / "run_all.sh"), *words],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PYTHON": "/nonexistent/python"},
    )


@pytest.fixture
def clone(tmp_path):
    """A copy whose python only says what it was asked, and fails on ``tables``."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in ("run_all.sh", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("python", "ruff", "mypy"):
        stub = tmp_path / ".venv" / "bin" / name
        stub.write_text(f'#!/bin/sh\necho {name} "$@"\ntest "$3" != tables\n')
        stub.chmod(0o755)
    return tmp_path


@pytest.fixture
def installed(clone):
    wanted = "cat pyproject.toml constraints.txt | cksum > .venv/.installed"
    subprocess.run(["bash", "-c", wanted], cwd=clone, check=True)
    return clone


@pytest.mark.parametrize("word", ["-h", "--help", "help"])
def test_the_way_in_explains_itself_without_an_environment(word, clone):
    done = way_in(clone, word)
    assert done.returncode == 0
    for command in ("smoke", "atari", "paper", "figures, tables", "test", "plan"):
        assert command in done.stdout


@pytest.mark.parametrize("words", [[], ["smok"], ["../x"]])
def test_the_way_in_refuses_before_it_installs(words, clone):
    done = way_in(clone, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert ("unknown command" if words else "usage") in done.stderr


def test_the_way_in_says_that_python_is_missing(clone):
    done = way_in(clone, "smoke")
    assert done.returncode == 2
    assert "Python 3.11 or newer is needed" in done.stderr


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("smoke --seeds 1", ["python -m benchmarks run smoke --seeds 1"]),
        ("plan atari", ["python -m benchmarks plan atari"]),
        ("figures smoke", ["python -m benchmarks figures smoke"]),
        (
            "figures report atari --results x",
            ["python -m benchmarks figures report atari --results x"],
        ),
    ],
)
def test_the_way_in_hands_its_words_on(words, asked, installed):
    done = way_in(installed, *words.split())
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if not line.startswith("==")]
    assert lines == asked


def test_the_way_in_fails_with_what_it_hands_on(installed):
    assert way_in(installed, "tables").returncode == 1


def test_a_signal_to_the_way_in_reaches_what_it_started(installed):
    python = installed / ".venv/bin/python"
    python.write_text("#!/bin/sh\ntrap 'echo stopped; exit 7' TERM\necho up\n"
                      "while :; do sleep 0.05; done\n")  # fmt: skip
    words = [str(installed / "run_all.sh"), "smoke"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        assert [started.stdout.readline() for _ in range(2)] == ["== smoke \n", "up\n"]
        started.terminate()
        assert started.communicate(timeout=30)[0] == "stopped\n"
        assert started.returncode == 7


@pytest.mark.parametrize("broken", ["ruff", "mypy"])
def test_the_tests_fail_where_a_linter_does(broken, installed):
    assert way_in(installed, "test").returncode == 0
    (installed / ".venv" / "bin" / broken).write_text("#!/bin/sh\nexit 1\n")
    done = way_in(installed, "test")
    assert done.returncode == 1
    assert "pytest" not in done.stdout
