"""Two arms of anyone's: Stable-Baselines3's own files, read and judged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis import compare, load_study, sb3_scores, study_scores
from analysis.claims.blocks import NoVerdictError
from analysis.records.errors import RecordError
from analysis.records.study import save_study
from tests.analysis.claims.planted import SHAPE, run_of, study_with

GAME = "CartPole-v1"


def write_monitor(path: Path, returns, lengths=None, start=0.0, game=GAME):
    """As ``stable_baselines3.common.monitor.ResultsWriter`` does."""
    lengths = lengths or [10] * len(returns)
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f'#{{"t_start": {start}, "env_id": "{game}"}}', "r,l,t"]
    lines += [
        f"{r},{steps},{second}.5"
        for second, (r, steps) in enumerate(zip(returns, lengths, strict=True))
    ]
    path.write_text("\n".join(lines) + "\n")


def write_evaluations(folder: Path, returns):
    folder.mkdir(parents=True)
    steps = 100 * (1 + np.arange(len(returns)))
    results = np.array([[r - 1, r + 1] for r in returns], float)
    np.savez(folder / "evaluations.npz", timesteps=steps, results=results)


def arm(folder: Path, tops, game=GAME):
    for trial, top in enumerate(tops, 1):
        write_monitor(
            folder / f"{game}_{trial}/0.monitor.csv",
            np.arange(20) / 19 * top,
            game=game,
        )
    return folder


def test_the_writer_of_these_tests_writes_as_stable_baselines3(tmp_path):
    from stable_baselines3.common.monitor import ResultsWriter, load_results

    write_monitor(tmp_path / "ours.monitor.csv", [1.0, 2.0], game=GAME)
    writer = ResultsWriter(
        str(tmp_path / "theirs"), header={"t_start": 0.0, "env_id": GAME}
    )
    for second, value in enumerate((1.0, 2.0)):
        writer.write_row({"r": value, "l": 10, "t": f"{second}.5"})
    writer.close()
    ours, theirs = (tmp_path / f"{n}.monitor.csv" for n in ("ours", "theirs"))
    assert ours.read_text().split() == theirs.read_text().replace("\r", "").split()
    assert len(load_results(str(tmp_path))) == 4
    assert sb3_scores(tmp_path) == {GAME: [2.0]}


def test_a_runs_score_is_of_the_last_tenth_of_its_steps(tmp_path):
    """Of all environments together, in the order in which games ended."""
    run = tmp_path / "run"
    write_monitor(run / "0.monitor.csv", [0, 0, 0, 4], [30, 30, 30, 10], start=0)
    write_monitor(run / "1.monitor.csv", [0, 0, 0, 8], [30, 30, 30, 10], start=0.1)
    assert sb3_scores(tmp_path) == {GAME: [6.0]}


def test_a_row_that_was_being_written_is_not_read(tmp_path):
    path = tmp_path / "a/monitor.csv"
    write_monitor(path, [1.0] * 30)
    path.write_text(path.read_text() + "99,1")
    assert sb3_scores(tmp_path) == {GAME: [1.0]}


def test_runs_are_in_the_order_of_their_numbers(tmp_path):
    scores = sb3_scores(arm(tmp_path, range(1, 12)))[GAME]
    assert scores == sorted(scores)
    assert len(scores) == 11


def test_evaluations_are_read_by_the_names_of_their_folders(tmp_path):
    write_evaluations(tmp_path / "Pong-v5_1", [0.0] * 19 + [4.0])
    write_evaluations(tmp_path / "Pong-v5_2", [0.0] * 9 + [6.0])
    assert sb3_scores(tmp_path, "evaluations") == {"Pong-v5": [2.0, 6.0]}


def test_an_arm_of_a_recorded_study(tmp_path):
    runs = [run_of("q-a2c", "Pong", seed, SHAPE * (seed + 1)) for seed in range(3)]
    save_study(tmp_path, study_with(runs, "mine"))
    study = load_study(tmp_path, "mine")
    assert study_scores(study, "q-a2c") == {"Pong": [1, 2, 3]}
    with pytest.raises(RecordError, match="no arm 'q'; it has: q-a2c"):
        study_scores(study, "q")


def test_a_failed_run_has_random_plays_score_as_in_claims():
    """The last of its games was good; that it failed after it is a result."""
    runs = [run_of("q-a2c", "Pong", seed, SHAPE) for seed in range(2)]
    runs.append(run_of("q-a2c", "Pong", 2, [1.0, 2.0], "failed"))
    runs.append(run_of("q-a2c", "Pong", 3, [1.0, 2.0], "unfinished"))
    study = study_with(runs)
    assert study_scores(study, "q-a2c", {"Pong": -21}) == {"Pong": [1, 1, -21]}
    with pytest.raises(NoVerdictError, match="q-a2c-pong-s2 failed, and random play"):
        study_scores(study, "q-a2c")


def test_mixed_settings_are_refused_as_in_claims():
    runs = [run_of("q-a2c", "Pong", seed, SHAPE) for seed in range(2)]
    runs += [run_of("a2c", "Pong", 0, SHAPE, numerics=7)]
    odd = run_of("q-a2c", "Pong", 2, SHAPE, threads=2)
    with pytest.raises(NoVerdictError, match="mixes settings of 'q-a2c' on Pong"):
        study_scores(study_with([*runs, odd]), "q-a2c")
    study = study_with(runs)
    assert study_scores(study, "q-a2c") == {"Pong": [1, 1]}
    with pytest.raises(NoVerdictError, match="minatar mixes numerics versions: 1, 7"):
        study_scores(study, "q-a2c", against="a2c")


@pytest.mark.parametrize(
    ("better", "kind", "verdict"),
    [
        (0.0, "equivalence", "supported"),
        (20.0, "equivalence", "contradicted"),
        (20.0, "superiority", "supported"),
        (0.0, "superiority", "contradicted"),
    ],
)
def test_twice_the_margin_and_none_are_told_apart(better, kind, verdict):
    draw = np.random.default_rng(0)
    a, b = draw.normal(100, 2, (2, 10))
    found = compare({GAME: a + better}, {GAME: b}, margin=10.0, kind=kind)
    assert found.judgement.verdict == verdict
    text = "\n".join(found.lines())
    assert "95 % anytime-valid" in text and verdict in text


def test_games_are_averaged_in_units_of_their_scales():
    a, b = {"x": [3.0, 5, 7, 9], "y": [1.0] * 4}, {"x": [1.0] * 4, "y": [0.0, 1, 2, 3]}
    found = compare(a, b, margin=0.1, scales={"x": 2.0, "y": 10.0})
    assert found.blocks.pooled == pytest.approx([0.55, 1.0, 1.45, 1.9])
    assert found.blocks.notes == ()


def test_runs_without_counterparts_are_left_out_and_said():
    draw = np.random.default_rng(0).normal(size=(2, 7))
    found = compare({GAME: list(draw[0])}, {GAME: list(draw[1][:5])}, margin=1)
    assert found.judgement.n == 5
    assert found.blocks.notes == ("runs without counterparts, left out: 2",)


FIVE = [1.0, 2.0, 3.0, 4.0, 6.0]


@pytest.mark.parametrize(
    ("a", "b", "more", "said"),
    [
        ({"x": FIVE}, {"y": FIVE}, {}, "only one of the arms has runs on x, y"),
        ({}, {}, {}, "neither arm has a run"),
        ({"x": FIVE, "y": FIVE}, {"x": FIVE, "y": FIVE}, {}, "no scale for x, y"),
        ({"x": FIVE}, {"x": FIVE[::-1]}, {"scales": {"y": 1}}, "no scale for x"),
        ({"x": FIVE}, {"x": FIVE[::-1]}, {"scales": {"x": 0}}, "scale of x: expected"),
        ({"x": FIVE}, {"x": FIVE[::-1]}, {"scales": {"x": np.inf}}, "scale of x: exp"),
        (
            {"x": FIVE},
            {"x": FIVE[::-1]},
            {"scales": {"x": 1, "y": 1}},
            "scale of y: the arms play x",
        ),
        ({"x": FIVE[:2]}, {"x": [3, 4]}, {}, "fewer than 3 blocks: 2"),
        ({"x": FIVE}, {"x": FIVE}, {}, "constant scores"),
        ({"x": FIVE}, {"x": [np.inf, *FIVE[1:]]}, {}, "infinite"),
        ({"x": FIVE}, {"x": FIVE[::-1]}, {"margin": 0}, "margin: expected"),
    ],
)
def test_no_verdict_where_there_can_be_none(a, b, more, said):
    with pytest.raises(ValueError, match=said):
        compare(a, b, **{"margin": 1.0, **more})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is no monitor file"),
        ("#{}\nr,x,t\n1,2,3\n", "is no monitor file"),
        ("#{}\nr,l,t\nmuch,2,3\n", "is no monitor file"),
        ("#[]\nr,l,t\n1,2,3\n", "is no monitor file"),
        ("#{}\nr,l,t\n", "has no finished game"),
        ('#{"t_start": null}\nr,l,t\n1,2,3\n', "is no monitor file"),
        (f'#{{"t_start": 1{400 * "0"}}}\nr,l,t\n1,2,3\n', "is no monitor file"),
        (b"\xff\xfe\x00\n\x80", "is no monitor file"),
    ],
)
def test_mangled_files_are_named(tmp_path, content, said):
    (tmp_path / "a").mkdir()
    whole = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "a/monitor.csv").write_bytes(whole)
    with pytest.raises(RecordError, match=rf"a(/monitor\.csv)?: {said}"):
        sb3_scores(tmp_path)


def spoilt(path: Path, how: str) -> None:
    whole = path.read_bytes()
    if how == "no numbers":
        np.savez(path, timesteps=np.array(3), results=np.array(4.0))
    elif how == "a bit flipped":
        at = len(whole) // 2
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
    elif how == "an array alone":
        np.save(path.with_suffix(".npy"), np.ones(3))
        path.with_suffix(".npy").rename(path)
    else:
        path.write_bytes({"cut off": whole[: len(whole) // 2], "empty": b""}[how])


@pytest.mark.parametrize(
    "how", ["cut off", "empty", "a bit flipped", "no numbers", "an array alone"]
)
def test_mangled_evaluations_are_named(tmp_path, how):
    write_evaluations(tmp_path / "Pong_1", [1.0] * 300)
    spoilt(tmp_path / "Pong_1/evaluations.npz", how)
    with pytest.raises(RecordError, match=r"Pong_1/evaluations\.npz: (is no|has no)"):
        sb3_scores(tmp_path, "evaluations")


def test_folders_without_such_files_are_named(tmp_path):
    with pytest.raises(RecordError, match="is no folder of runs"):
        sb3_scores(tmp_path / "x")
    with pytest.raises(RecordError, match="holds no evaluations"):
        sb3_scores(arm(tmp_path, [1]), "evaluations")
    (tmp_path / "e").mkdir()
    (tmp_path / "e/evaluations.npz").write_text("no")
    with pytest.raises(RecordError, match="is no file of evaluations"):
        sb3_scores(tmp_path, "evaluations")
    write_monitor(tmp_path / "CartPole-v1_1/1.monitor.csv", [1.0], game="Acrobot-v1")
    with pytest.raises(RecordError, match="has several games: Acrobot-v1, CartPole"):
        sb3_scores(tmp_path)


def test_scores_are_in_the_order_of_seeds():
    made = [run_of("q-a2c", "Pong", seed, SHAPE * (seed + 1)) for seed in range(12)]
    assert study_scores(study_with(made), "q-a2c") == {"Pong": [*range(1, 13)]}
