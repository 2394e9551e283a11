"""Two suites of one name never become one study."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.errors import ConfigError
from benchmarks.runs.train import write_config
from benchmarks.suites.strangers import check_one_suite
from benchmarks.suites.suite import SUITES, Selection, load_suite
from tests.benchmarks.small_files import GOOD, files_in, write_record, written


@pytest.mark.parametrize("name", ["theory", "speed", "cost", "faults"])
def test_a_name_of_other_results_is_no_suites(name, refused, tmp_path):
    suite = written(tmp_path / f"{name}.toml")
    for command in ("run", "plan", "status"):
        line = refused(command, suite, "--results", tmp_path / "results")
        assert line.startswith(f"{name}.toml: results of `{name}` have that name")


def test_a_suite_of_the_projects_name_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"my/atari\.toml: the project has a suite"):
        load_suite(written(tmp_path / "my" / "atari.toml"))


def test_the_projects_own_file_may_be_given_by_its_path():
    by_path = load_suite(str(SUITES / "smoke.toml"))
    assert [run.run_id for run in by_path] == [
        run.run_id for run in load_suite("smoke")
    ]


@pytest.fixture
def recorded(tmp_path):
    """Record the first run of a suite as begun; returns the results' folder."""

    def record(suite: str, place: str = "runs", **chosen: object) -> Path:
        config = load_suite(suite, Selection(**chosen))[0]  # type: ignore[arg-type]
        results = tmp_path / "results"
        folder = results / "runs" / config.run_id
        write_config(folder, config)
        write_record(folder)
        if place == "data":
            data = results / "data" / config.study
            data.mkdir(parents=True)
            configs = {config.run_id: json.loads((folder / "config.json").read_text())}
            (data / "configs.json").write_text(json.dumps(configs))
            for path in files_in(folder):
                path.unlink()
        return results

    return record


OTHER_FILES = {
    "another budget": (GOOD.replace("1_000", "2_000"), "frames=1000, not 2000"),
    "another setting": (
        GOOD + "set.gamma = { value = 0.9, source = 'ours' }",
        "gamma=0.99, not 0.9",
    ),
    "other variants": (GOOD.replace("q-a2c", "a2c-naive"), "the suite has no q-a2c"),
}


@pytest.mark.parametrize("place", ["runs", "data"])
@pytest.mark.parametrize(("other", "said"), OTHER_FILES.values(), ids=OTHER_FILES)
def test_two_suites_of_one_name_are_not_one_study(
    other, said, place, recorded, refused, tmp_path
):
    results = recorded(written(tmp_path / "a/mine.toml"), place)
    before = files_in(results)
    for command in ("run", "plan"):
        suite = written(tmp_path / "b/mine.toml", other)
        line = refused(command, suite, "--results", results)
        assert said in line and f"{results} holds 1 run of a study 'mine'" in line
    assert files_in(results) == before


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"games": ["Breakout"]},
        {"seeds": 5},
        {"frames": 4_000},
        {"values": {"gamma": 0.5, "n_envs": 3, "threads": 2}},
        {"values": {"engine": "native", "reseed_interval": 500}},
        {"frames": 4_000, "games": ["Qbert"], "values": {"regularizer": "kl"}},
    ],
)
def test_what_a_user_narrows_or_changes_is_the_same_suite(chosen, recorded, tmp_path):
    suite = written(tmp_path / "mine.toml")
    check_one_suite(recorded(suite, **chosen), suite)


def test_a_suite_may_grow(recorded, tmp_path):
    results = recorded(written(tmp_path / "mine.toml"))
    more = GOOD.replace('["q-a2c"]', '["q-a2c", "a2c-naive"]').replace(
        '["Pong"]', '["Pong", "Qbert"]'
    )
    second = more[more.index("[[") :].replace("1_000", "9_000")
    check_one_suite(results, written(tmp_path / "mine.toml", more + second))


def test_a_new_numerics_version_makes_no_other_suite(recorded, tmp_path):
    suite = written(tmp_path / "mine.toml")
    results = recorded(suite)
    (path,) = results.glob("runs/*/config.json")
    config = json.loads(path.read_text())
    config["numerics"] -= 1
    del config["environment"]["precision"]  # and a setting that it had not yet
    path.write_text(json.dumps(config))
    check_one_suite(results, suite)


def test_runs_that_have_not_begun_and_mangled_ones_are_passed_over(recorded, tmp_path):
    results = recorded(written(tmp_path / "a/mine.toml"))
    other = written(tmp_path / "b/mine.toml", OTHER_FILES["another budget"][0])
    (path,) = results.glob("runs/*/config.json")
    (path.parent / "episodes.csv").unlink()
    check_one_suite(results, other)
    write_record(path.parent)
    path.write_text("{")
    check_one_suite(results, other)
