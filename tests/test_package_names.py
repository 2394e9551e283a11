"""``algorithms``, ``analysis``, ``benchmarks``: common names, which nobody else's take.

The suite is run from its clone, not installed beside other packages. A dependency that
brought a package of one of these names would be imported in place of ours somewhere.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("algorithms", "analysis", "benchmarks")


def taken(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """Which of our names are other distributions', of those that are installed."""
    ours = "soft-q-pg-benchmark"
    others = {
        name: {each for each in found.get(name, ()) if each != ours} for name in OURS
    }
    return {name: sorted(those) for name, those in others.items() if those}


def test_no_package_that_is_installed_has_one_of_our_names():
    assert taken(dict(packages_distributions())) == {}


def test_one_that_had_would_be_seen():
    found = {"benchmarks": ["soft-q-pg-benchmark", "other"], "numpy": ["numpy"]}
    assert taken(found) == {"benchmarks": ["other"]}


@pytest.mark.parametrize("name", OURS)
def test_in_a_clone_it_is_the_clones_that_is_imported(name):
    code = f"import {name}; print({name}.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(done.stdout.strip()) == ROOT / name / "__init__.py"
