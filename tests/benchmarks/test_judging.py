"""The commands that judge, as their user meets them."""

from __future__ import annotations

import inspect
import shutil
from pathlib import Path

import pytest

from analysis.claims.build import read_calibration
from analysis.claims.calibration import STUDIES
from analysis.records.study import save_study
from benchmarks.claims import calibrate
from tests.analysis.claims.planted import SHAPE, run_of, study_with
from tests.analysis.claims.test_compare import arm
from tests.analysis.claims.test_judging import GAMES, planted

RESULTS = Path(__file__).parents[2] / "results"
REFERENCE = RESULTS / "reference"


def test_claims_prints_the_table_and_writes_it(call, tmp_path):
    planted(tmp_path, {"a2c-proper": -0.3}, 7)
    status, out, err = call("claims", "--results", tmp_path)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split() == ["claim", "Mathematics", "MinAtar", "Atari"]
    assert "contradicted" in lines[1]
    assert any(line.startswith("C1.final minatar: −") for line in lines)
    assert lines[-1] == str(tmp_path / "reference/judged_claims.csv")
    assert (tmp_path / "claims/verdicts.md").exists()


def test_claims_of_nothing_say_what_is_missing(call, tmp_path):
    status, out, _ = call("claims", "--results", tmp_path)
    assert status == 0
    assert "no verdict: no runs yet, needs at least 20 more blocks" in out
    assert not (tmp_path / "reference/judged_claims.csv").exists()


def test_scales_say_what_there_is_none_of(call, tmp_path):
    status, out, err = call("scales", "--results", tmp_path)
    assert (status, out) == (0, f"{tmp_path / 'reference/scales.csv'}\n")
    assert err == "no scales of minatar: there is no study 'minatar-tuning' yet\n"
    again = call("scales", "--results", tmp_path)
    assert again == (status, out, err)


def test_merge_brings_what_was_judged_elsewhere(call, tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    planted(there, {}, 3)
    call("claims", "--results", there)
    (here / "data").mkdir(parents=True)
    status, out, _ = call("merge", there, "--results", here)
    assert status == 0
    assert "claims that were judged there first: 2" in out
    name = "reference/judged_claims.csv"
    assert (here / name).read_bytes() == (there / name).read_bytes()


@pytest.mark.parametrize("side", ["here", "there"])
@pytest.mark.parametrize("place", ["reference", "claims/mine"])
def test_merge_reads_what_was_judged_before_it_writes(side, place, refused, tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    planted(there, {}, 3)
    registry = tmp_path / side / place / "judged_claims.csv"
    registry.parent.mkdir(parents=True, exist_ok=True)
    registry.write_text("claim,study\n")
    line = refused("merge", there, "--results", here)
    assert line.startswith(f"{registry}: has columns")
    assert not (here / "data").exists()


def test_merge_says_what_it_added_before_another_file_fails(
    call, tmp_path, monkeypatch
):
    def fails(*given: object) -> int:
        raise PermissionError(13, "Permission denied", "x")

    planted(tmp_path / "there", {}, 3)
    monkeypatch.setattr("analysis.claims.build.merge_registries", fails)
    status, out, _ = call("merge", tmp_path / "there", "--results", tmp_path / "here")
    assert status == 2 and out.startswith("minatar: runs added: ")


def test_calibrate_writes_its_table(call, tmp_path):
    status, out, _ = call("calibrate", "--studies", 20, "--results", tmp_path)
    assert status == 0
    names = ["calibration.csv", "calibration.md"]
    assert [Path(line).name for line in out.splitlines()] == names


def test_by_default_as_many_studies_are_simulated_as_for_the_committed_table():
    """Kept twice: a command's words are there without what it computes with."""
    words = inspect.signature(calibrate).parameters["studies"]
    assert words.default == STUDIES == int(read_calibration(RESULTS)["studies"].max())


def test_two_arms_of_anyones_are_judged(call, tmp_path):
    a = arm(tmp_path / "a", [10, 11, 12, 10, 11, 12, 10])
    b = arm(tmp_path / "b", [5, 6, 5, 6, 5, 6, 6])
    status, out, _ = call("compare", a, b, "--margin", 1, "--kind", "superiority")
    assert status == 0
    assert "superiority (higher than 0; against it: less than the margin): supp" in out
    assert "cross-checks" in out


def test_arms_of_a_study_are_judged(call, tmp_path):
    planted(tmp_path, {}, 7)
    scales = [f"{game}=10" for game in GAMES]
    arms = ("minatar:a2c-proper", "minatar:a2c-naive")
    words = (*arms, "--margin", 0.1, "--results", tmp_path)
    status, out, _ = call("compare", *words, "--scale", *scales)
    assert status == 0
    assert "equivalence (within the margin; against it: beyond it): supported" in out


def test_compare_counts_failed_runs_and_refuses_mixed_settings(call, tmp_path):
    game, better = GAMES[0], {"a2c-proper": 5.0, "a2c-naive": 0.0}
    runs = [
        run_of(arm, game, seed, SHAPE * (10 + more + seed % 3 / 10))
        for arm, more in better.items()
        for seed in range(8)
    ]
    failed = run_of("a2c-proper", game, 7, [1.0], "failed")
    whole = [run for run in runs if run.config["run_id"] != failed.config["run_id"]]
    save_study(tmp_path / "data", study_with([*whole, failed]))
    words = ("compare", "minatar:a2c-proper", "minatar:a2c-naive", "--margin", 1)
    words = (*words, "--results", tmp_path)
    status, out, _ = call(*words)
    assert status == 0
    assert "n = 8 blocks" in out and "left out" not in out
    odd = run_of("a2c-proper", game, 8, SHAPE, threads=2)
    save_study(tmp_path / "data", study_with([*runs, odd]))
    status, out, err = call(*words)
    assert (status, out) == (2, "")
    said = f"no verdict: minatar mixes settings of 'a2c-proper' on {game}"
    assert err.splitlines() == [said]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("compare A nowhere --margin 1", "nowhere: is no folder of runs"),
        ("compare A A --margin 0", "margin: expected a number above 0, not 0"),
        ("compare A A --margin 1", "no verdict: fewer than 3 blocks: 2"),
        ("compare A A --margin 1 --scale x", "--scale: expected GAME=NUMBER, not 'x'"),
        ("compare A A --margin 1 --scale g=inf", "GAME=NUMBER, not 'g=inf'"),
        ("compare A A --margin 1 --scale g=1 g=2", "--scale: g is there twice"),
        ("compare x:y A --margin 1", "no study in results/data yet"),
        ("calibrate --studies 0", "--studies: expected a whole number above 0, not 0"),
    ],
)
def test_bad_input_is_a_line(words, said, call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arm(tmp_path / "A", [1, 2])
    status, out, err = call(*words.split())
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert said in line


@pytest.mark.parametrize("name", ["scales.csv", "judged_claims.csv"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\x80\n"])
def test_files_that_are_no_tables_are_a_line(call, tmp_path, name, content):
    shutil.copytree(REFERENCE, tmp_path / "reference")
    (tmp_path / "reference" / name).write_bytes(content)
    status, out, err = call("claims", "--results", tmp_path)
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert line.startswith(f"{tmp_path / 'reference' / name}: is no table: ")


def test_edited_scales_are_refused(call, tmp_path):
    shutil.copytree(REFERENCE, tmp_path / "reference")
    (tmp_path / "reference/scales.csv").write_text("study\n")
    status, _, err = call("claims", "--results", tmp_path)
    assert status == 2
    assert "scales.csv: has columns" in err
