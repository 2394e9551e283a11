"""A card's command trains its run and no other, or the card says that there is none."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest

from analysis.records.evaluations import COLUMNS, Evaluation
from benchmarks import cli
from benchmarks.agents.card import card, command
from benchmarks.options import Choice
from benchmarks.suites.config import RunConfig
from benchmarks.suites.suite import Selection, load_suite, suite_names
from tests.benchmarks.own_suites import _forgets, suite_in

__all__ = ["_forgets"]
# One arm in several groups: what one of these varies, an option would change in all.
OF_SEVERAL_GROUPS = {
    "minatar-controls": {"dqn-soft-entropy", "dqn-hard-5step"},
    "minatar-tuning": {"a2c-naive"},
    "tuning": {"a2c-naive", "dqn-hard"},
}
PLAIN = """
games = ["MinAtar/Breakout"]
[[group]]
variants = ["a2c-naive"]
frames = 1_000
seeds = 1
"""


def recorded(run: RunConfig) -> dict[str, Any]:
    """A run's configuration, as a file has it."""
    return json.loads(json.dumps(run.record()))


def card_of(run: RunConfig) -> str:
    """The card of a run whose policy has played no game."""
    games = pd.DataFrame(columns=COLUMNS)
    return card(Evaluation(recorded(run), games, {}), "x.zip", "A2C", "bool[4]")


def firsts(suite: str) -> Iterator[RunConfig]:
    """A run of each label and length of a suite."""
    runs = load_suite(suite)
    return iter({(run.label, run.frames): run for run in reversed(runs)}.values())


@pytest.fixture
def asked(call, monkeypatch) -> Callable[[str], list[str]]:
    """Give a command as a user types it; returns the runs that it would make."""

    def ask(words: str) -> list[str]:
        found: list[str] = []

        def run(choice: Choice) -> int:
            found.extend(each.run_id for each in choice.configs())
            return 0

        monkeypatch.setitem(cli.COMMANDS, "run", run)
        script, *others = shlex.split(words)
        assert script == "./run_all.sh"
        status, _, err = call(*others)
        assert (status, err) == (0, "")
        return found

    return ask


@pytest.mark.parametrize("suite", suite_names())
def test_the_command_of_a_card_trains_that_run_and_no_other(suite, asked):
    several = OF_SEVERAL_GROUPS.get(suite, set())
    for run in firsts(suite):
        said = command(recorded(run))
        assert (said is None) == (run.variant in several), run.run_id
        if said is not None:
            assert asked(said) == [run.run_id]


@pytest.mark.parametrize(
    ("suite", "seed"),
    [("minatar-smoke", 999), ("minatar-tuning", 1000), ("minatar-tuning", 1234)],
)
def test_any_seed_is_trained_alone(suite, seed, asked):
    chosen = Selection(only=["dqn-hard"], first_seed=seed, seeds=1)
    run = load_suite(suite, chosen)[0]
    assert asked(command(recorded(run))) == [run.run_id]


def test_what_its_user_changed_is_in_the_command(asked):
    values = {"temperature": 0.25, "n_steps": 3}
    chosen = Selection(only=["q-a2c"], frames=400, seeds=3, values=values)
    run = load_suite("minatar-smoke", chosen)[-1]
    said = command(recorded(run))
    assert said == (
        "./run_all.sh run minatar-smoke --only q-a2c --games MinAtar/Breakout "
        "--first-seed 2 --seeds 1 --frames 400 --set temperature=0.25 n_steps=3"
    )
    assert asked(said) == [run.run_id] and f"```sh\n{said}\n```" in card_of(run)


def test_a_suite_that_the_project_lacks_is_said_to_be_that(tmp_path):
    (tmp_path / "mine.toml").write_text(PLAIN)
    plain = load_suite(str(tmp_path / "mine.toml"))[0]
    named = load_suite("minatar-smoke", Selection(study="other"))[0]
    with_classes = load_suite(suite_in(tmp_path / "own"))[1]
    for run in (plain, named, with_classes):
        assert command(recorded(run)) is None
        text = card_of(run)
        assert "./run_all.sh" not in text and "```sh" not in text
        assert f"The project has no suite `{run.study}`" in text
        assert f"| learning_rate | {run.hyperparameters['learning_rate']} |" in text


def test_no_file_is_read_for_a_card(tmp_path, monkeypatch):
    """A study may be called as a file is; a card is no reason to run what that has."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text(PLAIN)
    run = load_suite("mine.toml", Selection(study="mine.toml"))[0]
    assert command(recorded(run)) is None


def test_a_run_in_several_groups_is_said_to_be_that():
    for run in firsts("tuning"):
        said = f"No command trains this run alone: `{run.variant}` is in several groups"
        assert said in card_of(run)


def test_a_suite_that_has_changed_since_has_no_command(tmp_path):
    """A run of a setting that the group no longer has, or of older numerics."""
    run = load_suite("minatar-smoke", Selection(only=["a2c-naive"]))[0]
    record = recorded(run) | {"run_id": f"{run.run_id[:-10]}0123456789"}
    assert command(recorded(run)) and command(record) is None
