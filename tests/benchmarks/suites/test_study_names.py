"""``--study``: a suite run under another name is another study."""

from __future__ import annotations

import pytest

from analysis.records.configs import RESERVED
from benchmarks.errors import ConfigError, UsageError
from benchmarks.runs.train import write_config
from benchmarks.suites.strangers import check_one_suite
from benchmarks.suites.suite import Selection, load_suite, read_suite
from tests.benchmarks.small_files import GOOD, files_in, write_record, written


def test_runs_of_another_study_are_other_runs_and_the_same_otherwise():
    ours, theirs = load_suite("smoke"), load_suite("smoke", Selection(study="trial"))
    assert {run.study for run in theirs} == {"trial"}
    assert {run.run_id for run in ours}.isdisjoint(run.run_id for run in theirs)
    for one, other in zip(ours, theirs, strict=True):
        told = {"study", "run_id"}
        assert {k: v for k, v in one.record().items() if k not in told} == {
            k: v for k, v in other.record().items() if k not in told
        }


def test_a_suite_may_be_called_by_its_own_name():
    named = load_suite("smoke", Selection(study="smoke"))
    assert [run.run_id for run in named] == [run.run_id for run in load_suite("smoke")]


REFUSED = {
    **{name: f"results of `{name}` have that name" for name in RESERVED},
    "atari": "the project has a suite 'atari', and one study would hold both",
    "My Study": "its name must match",
    "../x": "its name must match",
    "": "its name must match",
    "-x": "its name must match",
}


@pytest.mark.parametrize(("name", "said"), REFUSED.items())
def test_a_name_that_can_be_no_studys_is_refused_in_a_line(
    name, said, refused, tmp_path
):
    line = refused("status", "smoke", f"--study={name}", "--results", tmp_path / "x")
    assert line.startswith(f"--study {name}: ") and said in line
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("name", ["theory", "My Suite", "atari"])
def test_a_file_whose_own_name_would_not_do_runs_as_another_study(name, tmp_path):
    suite = written(tmp_path / f"{name}.toml")
    with pytest.raises(ConfigError):
        load_suite(suite)
    (run,) = load_suite(suite, Selection(study="mine"))
    assert run.study == read_suite(suite, "mine").study == "mine"


def test_two_suites_of_one_study_are_refused_by_any_name(tmp_path):
    results, suite = tmp_path / "results", written(tmp_path / "a.toml")
    config = load_suite(suite, Selection(study="mine"))[0]
    folder = results / "runs" / config.run_id
    write_config(folder, config)
    write_record(folder)
    other = written(tmp_path / "b.toml", GOOD.replace("1_000", "2_000"))
    check_one_suite(results, suite, "mine")
    check_one_suite(results, other)
    with pytest.raises(UsageError, match="holds 1 run of a study 'mine'"):
        check_one_suite(results, other, "mine")


def test_plan_shows_the_runs_of_the_study(call, tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.sweeps.estimate.measure", lambda config: 1000.0)
    words = ("smoke", "--only", "q-a2c", "--study", "trial", "--results", tmp_path)
    status, out, _ = call("plan", *words, "--runs")
    (config,) = load_suite("smoke", Selection(only=["q-a2c"], study="trial"))
    assert status == 0 and config.run_id in out
