"""What is kept is compared as it should be, and never lost in passing."""

from __future__ import annotations

import json

import pytest

from benchmarks.suites.config import NUMERICS_VERSION
from tests.golden import __main__ as command
from tests.golden import store

LINE = "loss=0.25 moved=1e-05"


@pytest.mark.parametrize("off", [0.0, 2e-10, -2e-10])
def test_rounding_is_no_other_number(off):
    found = f"loss={0.25 * (1 + off)} moved=1e-05 new=3.0"
    assert store.other_numbers([LINE], [found]) == []


def test_beyond_rounding_is_another_number():
    found = f"loss={0.25 * (1 + 2e-9)} moved=1e-05"
    (wrong,) = store.other_numbers([LINE, LINE], [LINE, found])
    assert wrong.startswith("loss of update 2: 0.25")
    assert store.other_numbers([LINE], ["loss=0.25"]) == [
        "moved of update 1: None, not 1e-05"
    ]
    assert store.other_numbers([LINE], []) == ["the number of updates"]
    assert store.other_numbers([LINE], ["loss=nan moved=1e-05"])


def test_a_hash_has_no_rounding_and_a_new_column_is_none_that_was():
    assert store.other_hashes("games=ab loss=cd", "games=ab loss=cd new=ef") == []
    assert store.other_hashes("games=ab loss=cd", "games=ab") == ["loss"]
    assert store.other_hashes("games=ab loss=cd", "games=ac loss=cd") == ["games"]


def test_what_is_known_keeps_its_digits_and_what_is_new_comes_after_it():
    found = "loss=0.2500000000001 new=3.0 moved=1e-05"
    assert store.kept(LINE, found) == f"{LINE} new=3.0"


def test_pixels_may_round_and_nothing_else_of_a_game():
    known = "rewards=4 ended=ab pixels=583700691"
    assert store.other_games(known, "rewards=4 ended=ab pixels=583700692") == []
    assert store.other_games(known, "rewards=4 ended=ac pixels=583700691") == ["ended"]
    seen = store.other_games(known, "rewards=4 ended=ab pixels=583710691")
    assert seen == ["pixels"]


def test_hashes_are_of_a_kind_its_packages_and_a_numerics_version(
    tmp_path, monkeypatch
):
    path = tmp_path / "kind.json"
    assert store.known_hashes(path) == {}
    store.save_hashes(path, {"a": "games=1"})
    assert store.known_hashes(path) == {"a": "games=1"}
    real = store.versions()
    monkeypatch.setattr(store, "versions", lambda: real | {"torch": "9"})
    assert store.known_hashes(path) == {}
    store.save_hashes(path, {"a": "games=2"})
    assert len(json.loads(path.read_text())["entries"]) == 2
    monkeypatch.setattr(store, "versions", lambda: real)
    assert store.known_hashes(path) == {"a": "games=1"}
    monkeypatch.setattr(store, "NUMERICS_VERSION", store.NUMERICS_VERSION + 1)
    assert store.known_hashes(path) == {}
    store.save_hashes(path, {"a": "games=3"})
    (entry,) = json.loads(path.read_text())["entries"]
    assert entry["runs"] == {"a": "games=3"}


def test_the_command_adds_what_is_new_and_leaves_what_is_known(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "UPDATED", ["a2c"])
    monkeypatch.setattr(command, "PLAYED", ["Pong"])
    monkeypatch.setattr(command, "RUNS", [])
    monkeypatch.setattr(command, "updates", lambda name: ["loss=0.2500000000001"])
    monkeypatch.setattr(command, "games", lambda name: "ended=ab pixels=10000001")
    monkeypatch.setenv("WANDB_MODE", "disabled")
    path = tmp_path / "everywhere.json"
    known = {
        "numerics": NUMERICS_VERSION,
        "updates": {"a2c": ["loss=0.25"]},
        "games": {},
    }
    store.write(path, known)
    assert command.main(path, tmp_path / "kind.json") == 0
    games = {"Pong": "ended=ab pixels=10000001"}
    assert store.read(path) == known | {"games": games}
    monkeypatch.setattr(command, "games", lambda name: "ended=ab pixels=10000002")
    assert command.main(path, tmp_path / "kind.json") == 0
    assert store.read(path) == known | {"games": games}
