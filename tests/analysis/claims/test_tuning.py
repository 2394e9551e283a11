"""Scales of every study, from tuning and from the literature."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from analysis.claims.scales import SCALES_FILE, read_scales
from analysis.claims.tuning import make_scales
from analysis.records.csvs import csv_bytes
from analysis.records.errors import RecordError
from analysis.records.files import write_atomically
from analysis.records.study import save_study
from tests.analysis.claims.planted_tuning import FAST, GAMES, SLOW, TOPS, tuning

REFERENCE = Path(__file__).parents[3] / "results/reference"
STUDIES = {"minatar": GAMES, "atari": ("Pong", "Qbert")}


@pytest.fixture
def results(tmp_path):
    (tmp_path / "reference").mkdir()
    for path in REFERENCE.glob("*_scores.csv"):
        shutil.copy(path, tmp_path / "reference")
    return tmp_path


def test_minatar_is_measured_and_atari_a_humans(results):
    save_study(results / "data", tuning())
    made, (said,) = make_scales(results, STUDIES)
    rows = made.set_index(["study", "family", "game", "estimand"])
    ours = rows.loc["minatar", "a2c", GAMES[0], "final"]
    assert ours["scale"] == pytest.approx(9.5 - 0.416)
    assert (ours["label"], ours["runs"]) == (SLOW, 2)
    pong = rows.loc["atari", "dqn", "Pong", "area"]
    assert pong["scale"] == pytest.approx(9.3 + 20.7)
    assert pong["source"] == "published: Mnih et al. 2015"
    assert said.startswith(
        f"minatar: share of the best, by settings: dqn-hard 1.000; {SLOW}"
    )
    write_atomically({results / SCALES_FILE: csv_bytes(made)})
    pd.testing.assert_frame_equal(read_scales(results), made)
    assert make_scales(results, STUDIES)[0].equals(made)


def test_settings_that_share_a_label_are_told_apart(results):
    """Of an edited suite: scales are of the settings that did better, and no others."""
    study = tuning(seeds=4)
    for config in study.configs.values():
        if config["variant"] == "dqn-hard" and config["seed"] % 2:
            config["hyperparameters"]["gamma"] = 0.5  # these score 1 more
    save_study(results / "data", study)
    made, (said,) = make_scales(results, STUDIES)
    rows = made.set_index(["study", "family", "game", "estimand"])
    ours = rows.loc["minatar", "dqn", GAMES[0], "final"]
    assert (ours["baseline"], ours["runs"]) == (6, 2)
    assert re.fullmatch(r"dqn-hard \[[0-9a-f]{6}\]", ours["label"])
    assert f"by settings: {ours['label']} 1.000" in said


def test_scales_that_are_fixed_stay(results):
    save_study(results / "data", tuning())
    made, _ = make_scales(results, STUDIES)
    write_atomically({results / SCALES_FILE: csv_bytes(made)})
    save_study(results / "data", tuning(seeds=4))
    with pytest.raises(RecordError, match="the final scale of a2c on MinAtar/Asteri"):
        make_scales(results, STUDIES)
    save_study(results / "data", tuning(tops={("dqn-hard", game): 5 for game in GAMES}))
    with pytest.raises(RecordError, match="is fixed, and the final scale of a2c"):
        make_scales(results, STUDIES)


def test_a_family_that_had_no_scales_gets_them_later(results):
    a2c = {key: top for key, top in TOPS.items() if key[0] != "dqn-hard"}
    save_study(results / "data", tuning(tops=a2c))
    made, notes = make_scales(results, STUDIES)
    assert "no scales of minatar for dqn: minatar-tuning has no runs of" in notes[1]
    write_atomically({results / SCALES_FILE: csv_bytes(made)})
    save_study(results / "data", tuning())
    more, notes = make_scales(results, STUDIES)
    assert len(more) == len(made) + 4
    assert len(notes) == 1


def test_what_is_not_there_yet_is_said(results):
    made, notes = make_scales(results, STUDIES)
    assert set(made["study"]) == {"atari"}
    assert notes == ["no scales of minatar: there is no study 'minatar-tuning' yet"]


@pytest.mark.parametrize(
    ("study", "said"),
    [
        (tuning(seeds=1), "a scale has 1 run"),
        (tuning(first=0), "a seed below 1000"),
        (tuning(tops={k: v for k, v in TOPS.items() if k[1] == GAMES[0]}),
         "has no runs on MinAtar/Asterix"),
        (tuning(tops={k: v for k, v in TOPS.items() if k != (FAST, GAMES[1])}),
         "is not complete: minatar-tuning: a2c-naive"),
    ],
)  # fmt: skip
def test_what_no_scale_can_be_made_of_is_said(results, study, said):
    save_study(results / "data", study)
    with pytest.raises(RecordError, match=said):
        make_scales(results, STUDIES)


def test_a_family_that_never_beats_random_play_is_said_to(results):
    # Random play has 0.416 on Breakout and 0.503 on Asterix.
    tops = {key: -9 if key[0] == "dqn-hard" else top for key, top in TOPS.items()}
    save_study(results / "data", tuning(tops=tops))
    made, notes = make_scales(results, STUDIES)
    assert "dqn" not in set(made.loc[made["study"] == "minatar", "family"])
    assert notes[1] == (
        "no scales of minatar for dqn: minatar-tuning has no settings that were run on "
        "every game and beat random play"
    )
