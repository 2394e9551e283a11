"""Numbers of the command line are read exactly, and every key has a range."""

from __future__ import annotations

import re

import pytest

from benchmarks.errors import ConfigError
from benchmarks.options import Choice, whole_number
from benchmarks.runs.build import ENV_SEEDS_APART
from benchmarks.suites import schema
from benchmarks.suites.schema import KEYS
from benchmarks.suites.suite import Selection, load_suite
from tests.benchmarks.small_files import GOOD, written


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("60000", 60_000),
        ("60_000", 60_000),
        ("10M", 10_000_000),
        ("2.5M", 2_500_000),
        ("60k", 60_000),
        ("1e6", 1_000_000),
        ("1.5e3", 1_500),
        ("2.0", 2),
        ("-5", -5),
        ("1e18", 10**18),
        # Exactly, or not at all.
        ("1.5", None),
        ("0.0005k", None),
        ("1e-3", None),
        ("1e999999999", None),
        ("1e6k", None),
        ("10 M", None),
        ("10m", None),
        ("nan", None),
        ("inf", None),
        ("k", None),
        ("", None),
        ("ten", None),
        ("60,000", None),
    ],
)
def test_whole_numbers_are_read_exactly(text, number):
    assert whole_number(text) == number


@pytest.mark.parametrize("frames", ["10M", "1e7", "10_000_000", "10000k"])
def test_frames_in_any_of_these_ways_are_the_same_run(frames):
    (run,) = Choice("smoke", only=(("q-a2c",),), frames=frames).configs()
    assert run.frames == 10_000_000
    plain = Choice("smoke", only=(("q-a2c",),), frames="10000000").configs()
    assert run.run_id == plain[0].run_id


def test_settings_that_are_whole_are_read_so_too():
    words = ("buffer_size=1e5", "learning_starts=2k", "learning_rate=1e-3")
    (run,) = Choice("smoke", only=(("dqn-hard",),), set=(words,)).configs()
    found = run.hyperparameters
    assert (found["buffer_size"], found["learning_starts"]) == (100_000, 2_000)
    assert found["learning_rate"] == 1e-3


TOO_MUCH = {
    "--frames 1.5": "--frames: expected a whole number above 0, not '1.5'",
    "--frames ten": "--frames: expected a whole number above 0, not 'ten'",
    "--frames 1e13": "--frames: expected at most 1,000,000,000,000, not 10,0",
    "--seeds two": "--seeds: expected a whole number above 0, not 'two'",
    "--seeds 1001": "--seeds: expected at most 1,000, not 1,001",
    "--seeds 10M": "--seeds: expected at most 1,000, not 10,000,000",
    "--first-seed -1": "--first-seed: expected a whole number of at least 0, not -1",
    "--first-seed 0.5": "--first-seed: expected a whole number of at least 0, not '0",
    "--first-seed 10M": "--first-seed: expected at most 1,000,000, not 10,000,000",
    "--first-seed 1000": "--first-seed: smoke has no seed from 1,000 on: those are",
    "--first-seed 999 --seeds 2": "--first-seed: smoke has no seed from 1,000 on: th",
    "--set n_envs=1001": "--set n_envs: expected a whole number above 0 and at most 1",
}


@pytest.mark.parametrize(("words", "said"), TOO_MUCH.items())
def test_numbers_beyond_all_use_are_refused(words, said, refused, tmp_path):
    line = refused("plan", "smoke", "--results", tmp_path, *words.split())
    assert line.startswith(said)


def test_the_largest_numbers_of_seeds_and_games_share_no_game():
    # Seeds of a run's games are as far apart as a run can have games.

    assert schema.MOST_ENVS <= ENV_SEEDS_APART
    assert KEYS["n_envs"].problem(schema.MOST_ENVS) is None


def test_a_suites_file_is_bound_too(tmp_path):
    many = GOOD.replace("seeds = { value = 1,", "seeds = { value = 1001,")
    with pytest.raises(ConfigError, match=r"seeds: expected at most 1,000, not 1,001"):
        load_suite(written(tmp_path / "mine.toml", many))


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ("-1", "first_seed: expected a whole number of at least 0, not -1"),
        ("false", "first_seed: expected a whole number of at least 0, not False"),
        ("0.0", "first_seed: expected a whole number of at least 0, not 0.0"),
        ("999", "first_seed: 999 to 1,000 are seeds on both sides of 1,000"),
    ],
)
def test_the_seeds_of_a_file_are_for_a_study_or_for_tuning(first, said, tmp_path):
    text = GOOD.replace("seeds = { value = 1,", "seeds = { value = 2,")
    path = written(tmp_path / "mine.toml", f"{text}first_seed = {first}\n")
    with pytest.raises(ConfigError, match=re.escape(said)):
        load_suite(path)


def test_seeds_for_tuning_stay_for_tuning():
    with pytest.raises(ConfigError, match=r"tuning has no seed below 1,000: those"):
        load_suite("tuning", Selection(first_seed=999))
    chosen = Selection(first_seed=1001, seeds=1)
    assert {run.seed for run in load_suite("tuning", chosen)} == {1001}


# ------------------------------------------------------------------ every key's range

NO_NUMBER: list[object] = ["x", None, True, [1], float("nan"), float("inf")]
NO_SHARE = [0, -0.1, 1.001, *NO_NUMBER]
NO_COUNT = [0, -1, 1.5, 10**13, *NO_NUMBER]
NO_SWITCH: list[object] = [1, 0, "yes", None]
NO_WORD: list[object] = ["other", "", 1, None, True]
OUT_OF_RANGE: dict[str, list[object]] = {
    "temperature": [0, -0.01, 1e-7, 1e7, *NO_NUMBER],
    "regularizer": NO_WORD,
    "value_coef": [0, -1, 1e7, *NO_NUMBER],
    "scaled": NO_SWITCH,
    "n_steps": [*NO_COUNT, 1_001],
    "gamma": [*NO_SHARE, 2],
    "learning_rate": [*NO_SHARE, -1e-4, 7],
    "learning_rate_schedule": NO_WORD,
    "max_grad_norm": [0, -0.5, 1e31, *NO_NUMBER],
    "rms_prop_decay": [*NO_SHARE, 1],
    "rms_prop_eps": [*NO_SHARE, 1e-46],
    "intermediate": NO_WORD,
    "double_q": NO_SWITCH,
    "difficulty_ramping": NO_SWITCH,
    "printed": NO_SWITCH,
    "adam_eps": [*NO_SHARE, 1e-46],
    "batch_size": [*NO_COUNT, 100_001],
    "train_freq": NO_COUNT,
    "buffer_size": NO_COUNT,
    "learning_starts": NO_COUNT,
    "target_update_interval": NO_COUNT,
    "exploration": [
        *["0:1.01", "0:-0.1", "0:nan", "0.1:1", "0:1 0:0.5", "0:1 0.5", "0:1:2"],
        *["0:1 0.5:0.1 0.2:0", "0:1 inf:0", "0:1 nan:0", "", "x", 1, 0.5, None],
    ],
    "n_envs": [*NO_COUNT, 1_001],
    "engine": NO_WORD,
    "max_frames": [*NO_COUNT, 38],
    "frame_skip": [3, 0, "4", True],
    "frame_stack": [3, 0, "4", True],
    "sticky_actions": [0.25, -1, False],
    "threads": [*NO_COUNT, 1_025],
    "precision": NO_WORD,
    "reseed_interval": NO_COUNT,
    "device": [*NO_WORD, "gpu"],
    "log_interval": NO_COUNT,
}


def test_every_key_has_values_out_of_its_range():
    assert {*OUT_OF_RANGE} == {*KEYS}


@pytest.mark.parametrize("key", OUT_OF_RANGE)
def test_values_out_of_range_are_refused_with_what_was_expected(key):
    for value in OUT_OF_RANGE[key]:
        problem = KEYS[key].problem(value)
        assert problem is not None and problem.startswith("expected "), value
        assert "\n" not in problem


@pytest.mark.parametrize("key", ["learning_rate", "gamma", "max_grad_norm"])
def test_the_command_line_refuses_them(key, refused, tmp_path):
    words = ("--only", "dqn-hard", "--results", tmp_path, "--set", f"{key}=0")
    line = refused("plan", "smoke", *words)
    assert line.startswith(f"--set {key}: expected a number above 0")
    assert line.endswith(", not 0")


@pytest.mark.parametrize("values", [{"buffer_size": 9}, {"n_envs": 8, "n_steps": 900}])
def test_a_replay_memory_holds_a_path_of_every_game(values):
    chosen = Selection(only=["dqn-hard"], values=values)
    with pytest.raises(ConfigError, match=r"dqn-hard: buffer_size=\d+ is too small"):
        load_suite("smoke", chosen)
