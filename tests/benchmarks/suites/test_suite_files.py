"""What a suite's file, or a choice of its runs, may not hold: all told at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.records.configs import RUN_ID
from benchmarks.errors import ConfigError
from benchmarks.suites.base import USER
from benchmarks.suites.suite import Selection, load_suite, suite_names
from benchmarks.suites.suite_file import Checker
from tests.benchmarks import small_files
from tests.benchmarks.small_files import GOOD


def problems_of(suite: str, **chosen: Any) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load_suite(suite, Selection(**chosen))
    return caught.value.problems


def written(folder: Path, text: str, name: str = "mine") -> str:
    return small_files.written(folder / f"{name}.toml", text)


def test_a_bad_file_is_told_all_its_problems_at_once(tmp_path):
    suite = written(
        tmp_path,
        """
        gmaes = ["Pong"]
        games = ["Pongg", "Qbert", "Qbert"]
        [[group]]
        variants = ["q-a2cc"]
        frames = { value = 0, source = "ours" }
        seeds = [3]
        [[group]]
        variants = ["a2c-naive"]
        frames = { value = 10.5, source = "hearsay" }
        seeds = { value = true, source = "ours" }
        colour = "red"
        set.buffer_size = { value = 10, source = "ours" }
        set.gama = { value = 0.9, source = "ours" }
        set.gamma = { value = "0.9", source = "ours" }
        set.n_steps = { value = 5 }
        """,
    )
    expected = [
        "gmaes: unknown key; nearest: games",
        "games: unknown 'Pongg'; nearest: Pong",
        "games: 'Qbert' is there 2 times",
        "group[0].variants: unknown 'q-a2cc'; nearest: q-a2c",
        "group[0].frames: expected a whole number above 0, not 0",
        "group[0].seeds: expected a value or { value",
        "group[1].colour: unknown key",
        "group[1].frames: source: expected one of paper",
        "group[1].frames: expected a whole number above 0, not 10.5",
        "group[1].seeds: expected a whole number above 0, not True",
        "group[1].set.buffer_size: a2c-naive has no such key",
        "group[1].set.gama: unknown key; nearest: gamma",
        "group[1].set.gamma: expected a number, not '0.9'",
        "group[1].set.n_steps: expected a value or { value",
    ]
    problems = problems_of(suite)
    assert len(problems) == len(expected)
    for start in expected:
        assert any(p.startswith(f"mine.toml: {start}") for p in problems), start


def test_file_and_choice_are_checked_together(tmp_path):
    suite = written(tmp_path, GOOD.replace("Pong", "Pnog"))
    problems = problems_of(
        suite,
        games=["pongg"],
        only=["q-a2cc"],
        seeds=0,
        frames=-1,
        values={"lerning_rate": 1, "gamma": 2},
    )
    keys = [problem.split(":")[0] for problem in problems]
    expected = ["mine.toml", "--games", "--only", "--seeds", "--frames"]
    assert keys == [*expected, "--set lerning_rate", "--set gamma"]
    assert "nearest: Pong" in problems[1] and "learning_rate" in problems[5]


def test_a_value_alone_is_its_users(tmp_path):
    """Frames, seeds and settings of one line, as their tables with a source."""
    short = """
        games = ["Pong"]
        [[group]]
        variants = ["q-a2c"]
        frames = 60_000
        seeds = 2
        set.gamma = 0.9
        vary.regularizer = "kl"
        set.learning_rate = { value = 1e-3, source = "paper" }
        """
    runs = load_suite(written(tmp_path, short))
    assert [run.seed for run in runs] == [0, 1]
    (run, _) = runs
    assert run.frames == 60_000 and run.label == "q-a2c (regularizer=kl)"
    values = {key: run.hyperparameters[key] for key in ("gamma", "learning_rate")}
    assert values == {"gamma": 0.9, "learning_rate": 1e-3}
    keys = ("frames", "gamma", "regularizer", "learning_rate")
    assert [run.sources[key] for key in keys] == ["user"] * 3 + ["paper"]
    table = '{ value = 0.9, source = "ours" }'
    (other, _) = load_suite(written(tmp_path, short.replace("0.9", table)))
    assert other.run_id == run.run_id


def test_what_is_set_and_varied_is_refused(tmp_path):
    """One of the two would win in silence."""
    text = f"{GOOD}set.gamma = 0.9\nvary.gamma = 0.8\n"
    (problem,) = problems_of(written(tmp_path, text))
    assert problem == "mine.toml: group[0].vary.gamma: is in set, too: give it once"


@pytest.mark.parametrize("key", ["frames", "seeds", "set.gamma"])
@pytest.mark.parametrize("value", ['"many"', "-1", "[1]", "{ value = 1 }", "true"])
def test_a_value_alone_is_checked_as_any(key, value, tmp_path):
    text = "\n".join(line for line in GOOD.splitlines() if not line.startswith(key))
    (problem,) = problems_of(written(tmp_path, f"{text}\n{key} = {value}\n"))
    assert problem.startswith(f"mine.toml: group[0].{key}: expected ")


def test_the_projects_own_suites_say_where_each_value_is_from():
    for suite in suite_names():
        for run in load_suite(suite):
            assert USER not in run.sources.values(), (suite, run.run_id)


@pytest.mark.parametrize(
    "text",
    [
        "games = [",
        "\x00",
        "group = [1]",
        "group = 3",
        'games = "Pong"',
        "games = []",
        'description = "only"',
        GOOD.replace('["q-a2c"]', '[["q-a2c"]]'),
        GOOD + "set = 3",
        GOOD + "set.gamma = { value = [0.9], source = 'ours' }",
        GOOD + "set.gamma = { value = nan, source = 'ours' }",
        GOOD + "set.regularizer = { value = 1, source = 'ours' }",
        GOOD + "set.gamma = { value = 0.9, source = ['ours'] }",
        GOOD + GOOD[GOOD.index("[[") :],
    ],
)
def test_any_other_bad_file_is_refused_by_name(tmp_path, text):
    problems = problems_of(written(tmp_path, text))
    assert problems
    assert all(problem.startswith("mine.toml: ") for problem in problems)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe")
    assert "not TOML" in problems_of(str(path))[0]


TABLES = st.recursive(
    st.sampled_from(
        [None, True, 0, -1, 10**30, 0.5, float("nan"), "", "Pong", "q-a2c"]
    ),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["games", "group", "variants", "frames", "seeds", "set"])
            | st.sampled_from(["value", "source", "gamma", "class", "mine"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(
        st.sampled_from(["games", "group", "variant", "family"]), TABLES, max_size=3
    )
)
def test_no_content_of_a_file_is_a_crash(table):
    checker = Checker(Path("mine.toml"))
    checker.suite("mine", table)
    assert checker.problems  # nothing so small is a whole suite


@pytest.mark.parametrize(
    "name", ["../settings/common", "../../x", "a/b", "", "..", "\0"]
)
def test_a_suite_is_a_name_and_not_a_path(name):
    assert problems_of(name)[0].startswith(f"unknown suite {name!r}")


def test_a_file_that_is_not_there(tmp_path):
    assert "can't be read: No such file" in problems_of(str(tmp_path / "x.toml"))[0]


@pytest.mark.parametrize("name", ["My Suite", "..", "-x", "UPPER"])
def test_a_name_that_records_refuse_is_refused_before_training(tmp_path, name):
    assert RUN_ID.pattern in problems_of(written(tmp_path, GOOD, name))[0]


def test_unknown_suites_name_the_nearest():
    assert "nearest: atari" in problems_of("atarii")[0]


@pytest.mark.parametrize("game", ["pongg", "../../x", "Pong\0", "pong"])
def test_unknown_games_never_start(game):
    assert problems_of("smoke", games=[game])[0].startswith("--games: unknown")


BAD_VALUES = [
    ("gamma", 1.01),
    ("gamma", 0),
    ("gamma", True),
    ("gamma", float("nan")),
    ("gamma", "high"),
    ("n_steps", 2.5),
    ("n_steps", True),
    ("n_steps", -1),
    ("learning_rate", -1e-4),
    ("learning_rate", float("inf")),
    ("double_q", 1),
    ("double_q", "yes"),
    ("sticky_actions", False),
    ("sticky_actions", 0.25),
    ("regularizer", "KL"),
    ("frame_skip", 3),
    ("exploration", "0.1:1"),
    ("exploration", "0:2"),
    ("exploration", "0:1 0:0.5"),
    ("exploration", ""),
    ("exploration", 1),
]


@pytest.mark.parametrize(("key", "value"), BAD_VALUES)
def test_bad_values_are_refused_with_their_key(key, value):
    (problem,) = problems_of("smoke", values={key: value})
    assert problem.startswith(f"--set {key}: expected ")


def test_a_setting_that_no_chosen_variant_has():
    (problem,) = problems_of("smoke", only=["q-a2c"], values={"double_q": True})
    assert problem == "--set double_q: none of the chosen variants has it"


@pytest.mark.parametrize("variant", ["dqn-hard", "dqn-soft-kl-5step"])
def test_printed_targets_are_soft_and_of_one_step(variant):
    (problem,) = problems_of("smoke", only=[variant], values={"printed": True})
    assert problem.startswith(f"smoke.toml: {variant}: printed=True needs")
    chosen = Selection(only=["dqn-soft-kl"], values={"printed": True})
    assert load_suite("smoke", chosen)[0].hyperparameters["printed"] is True


def test_groups_whose_seeds_begin_elsewhere_stand_in_the_same_blocks(tmp_path):
    one, two = (f"[[group]]\n{text}" for text in GOOD.split("[[group]]\n")[1:] * 2)
    two = two.replace("q-a2c", "a2c-naive") + "first_seed = 1000\n"
    path = written(tmp_path, 'games = ["Pong"]\n' + (one + two).replace("= 1,", "= 2,"))
    assert [run.seed for run in load_suite(path)] == [0, 1000, 1, 1001]
