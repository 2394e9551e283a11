"""A command loads what it needs: words, refusals and status are there at once."""

from __future__ import annotations

import json
import subprocess
import sys

TRAINS = {"torch", "stable_baselines3", "gymnasium", "wandb", "ray"}
DRAWS = {"matplotlib", "seaborn", "scipy.stats"}
LOADED = """
import json, sys
from benchmarks import cli
if len(sys.argv) > 1:
    try:
        cli.main()
    except SystemExit:
        pass
print()
print(json.dumps(sorted(sys.modules)))
"""


def loaded(*words: object) -> set[str]:
    """Names of the modules that a command has loaded at its end."""
    command = [sys.executable, "-c", LOADED, *map(str, words)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_command_line_alone_loads_nothing_large():
    assert not loaded() & (TRAINS | DRAWS | {"pandas"})


def test_what_judges_loads_nothing_that_trains(tmp_path):
    names = loaded("claims", "--results", tmp_path)
    assert "analysis.claims.build" in names
    assert not names & TRAINS


def test_status_loads_nothing_that_draws(tmp_path):
    names = loaded("status", "smoke", "--results", tmp_path)
    assert "benchmarks.sweeps.status" in names
    assert not names & DRAWS


def test_a_run_loads_nothing_that_draws(tiny, run_folder):
    folder = run_folder(tiny("a2c-naive", frames=80))
    names = loaded("train", folder)
    assert (folder / "done.json").exists()
    assert not names & (DRAWS | {"pandas"})
