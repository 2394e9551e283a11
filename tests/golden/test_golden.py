"""No change of code changes numbers unless the numerics version says so."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from benchmarks.suites.config import NUMERICS_VERSION
from tests.golden import store
from tests.golden.everywhere import PLAYED, UPDATED, games, updates
from tests.golden.runs import RUNS, Run, hashes


@pytest.fixture(autouse=True)
def _as_a_run_begins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("WANDB_MODE", "disabled")
    threads = torch.get_num_threads()
    yield
    torch.set_flush_denormal(False)  # a run sets both for its whole process
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def everywhere():
    found = store.read(store.EVERYWHERE)
    assert found["numerics"] == NUMERICS_VERSION, (
        f"{store.EVERYWHERE} is of numerics version {found['numerics']}: "
        f"{store.COMMAND} writes it anew, to be committed with the new version"
    )
    return found


@pytest.mark.parametrize("name", UPDATED)
def test_updates_in_float64_are_what_they_were(name, everywhere):
    wrong = store.other_numbers(everywhere["updates"][name], updates(name))
    assert not wrong, store.ADVICE


@pytest.mark.parametrize("name", PLAYED)
def test_games_are_what_they_were(name, everywhere):
    wrong = store.other_games(everywhere["games"][name], games(name))
    assert not wrong, store.ADVICE


@pytest.mark.parametrize("run", RUNS, ids=str)
def test_runs_are_what_they_were_to_the_last_bit(run: Run, tmp_path: Path):
    found = hashes(run, tmp_path)
    known = store.known_hashes(store.kind_file()).get(str(run))
    if known is None:
        _say_unknown(str(run), found)
    wrong = store.other_hashes(known, found)
    assert not wrong, store.ADVICE


def _say_unknown(name: str, found: str) -> None:
    said = (
        f"nothing is known of {store.conditions()} yet: `{store.COMMAND}` adds it, or "
        f'by hand, in {store.kind_file()}: "{name}": "{found}"'
    )
    warnings.warn(said, stacklevel=1)
    pytest.skip(said)


def test_some_kind_of_processor_is_known_at_this_numerics_version():
    """Who raises it adds the hashes of the machine at hand."""
    kept = [store.read(path) for path in store.kind_file().parent.glob("*.json")]
    versions = {entry["numerics"] for kind in kept for entry in kind["entries"]}
    assert NUMERICS_VERSION in versions
