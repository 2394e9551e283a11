"""FINDINGS.md says what the data say, and has no number of its own."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.claims.registry import REGISTRY_FILE
from analysis.claims.scales import read_scales
from analysis.records.files import write_atomically
from analysis.records.study import Study, load_study
from analysis.report.contents import contents_of
from analysis.report.controls import STEPS
from analysis.report.findings import (
    TEMPLATE,
    TRAINED,
    _sum,
    findings,
)
from analysis.report.page import FOLDER
from tests.analysis.claims.planted import run_of, study_with
from tests.analysis.report.games import games_of

RESULTS = Path(__file__).parents[3] / "results"
# Names and formulas: the paper's year, a package, arms, a figure, a value weight.
Q_ARMS = "`q-a2c`", "`q-a2c-c100`", "`q-a2c-raw`"
ARMS = "`a2c-naive`", "`a2c-naive-plus`", "`a2c-proper-kl`", "A2C", *Q_ARMS
NAMES = (
    "2017",
    "1704.06440v4",
    "Stable-Baselines3",
    *ARMS,
    "(1 - gamma)",
    "c = 1/tau",
    "Figure 1",
    "Figure 2",
    "Figure 3",
)

ARMS_TOLD = "q-a2c", "q-a2c-raw"  # the first is an arm of Figure 3

OTHER = f"claim,study,digest,blocks,data\nC7,minatar,{'0' * 64},1,{'0' * 64}\n"


def with_theory(judged_results: Path, folder: Path) -> Path:
    """A copy of the judged results that has the exact checks too."""
    results = folder / "results"
    shutil.copytree(judged_results, results)
    shutil.copytree(RESULTS / "data/theory", results / "data/theory")
    return results


def report(
    results: Path, beside: Sequence[Study] = (), scales: pd.DataFrame | None = None
) -> str:
    """The findings of the judged results, and of other studies beside them."""
    scales = read_scales(results) if scales is None else scales
    study = load_study(results / "data", "minatar")
    contents = contents_of(results, [study], whole=True)
    return findings(contents, [study, *beside], scales)


@pytest.fixture(scope="module")
def text(judged_results: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    results = with_theory(judged_results, tmp_path_factory.mktemp("findings"))
    return report(results)


def section(text: str, heading: str) -> str:
    return text.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def test_every_number_is_filled_in() -> None:
    words = re.sub(
        r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", (FOLDER / TEMPLATE).read_text()
    )
    for name in NAMES:
        words = words.replace(name, "")
    assert not re.findall(r".*\d.*", words)


def test_what_was_done_is_summed(text: str) -> None:
    # Six arms, five games, eight seeds; each run is of a thousand frames in a second.
    done = section(text, "What was done")
    assert "| minatar | 240 | 0.24M | A2C 0.001M | 0.1 | 8 |" in done
    assert "98 exact checks of the equations were made, at 743 settings" in done


def test_the_frames_of_a_run_are_those_of_most_of_its_family(
    judged_results: Path,
) -> None:
    study = load_study(judged_results / "data", "minatar")
    family = study.runs["label"].map({"q-a2c": "dqn"}).fillna("a2c")
    frames = family.map({"a2c": 1_000_000, "dqn": 500_000})
    frames[study.runs["seed"] == 0] = 2_000_000
    runs = study.runs.assign(family=family, target_frames=frames)
    assert _sum(replace(study, runs=runs)).budgets == {"A2C": 10**6, "DQN": 500_000}


def test_a_contradicted_claim_is_said_to_be(text: str) -> None:
    found = section(text, "What contradicts the paper").strip().splitlines()
    assert re.match(
        r"- C1, Entropy in the returns does no harm: MinAtar: "
        r"`a2c-proper` less `a2c-naive`, −2\d\.\d % of the scale, margin −10 %\.$",
        found[0],
    )
    evidence = section(text, "What was found")
    assert re.search(
        r"- MinAtar, `a2c-proper` less `a2c-naive`: Is proper A2C's final score at "
        r"least naive A2C's\? −2\d\.\d % of the scale, "
        r"95 %: \[−\d+\.\d, −\d+\.\d\], 90 %: \[−\d+\.\d, −\d+\.\d\], "
        r"margin −10 %, 8 of 20 blocks: "
        r"\*\*contradicted\*\* \(different\); the same whichever game is left out\. "
        r"By game: Asterix −\d+\.\d, Breakout .*, SpaceInvaders −\d+\.\d\.\n",
        evidence,
    )


def test_effects_by_game_average_to_the_effect(text: str) -> None:
    pattern = r"\? ([+−][\d.]+) % of the scale.*By game: (.*)\.$"
    found = re.findall(pattern, section(text, "What was found"), re.MULTILINE)
    assert found
    for effect, games in found:
        values = [
            float(each.rpartition(" ")[2].replace("−", "-"))
            for each in games.split(", ")
        ]
        assert len(values) == 5
        mean = float(effect.replace("−", "-"))
        assert sum(values) / 5 == pytest.approx(mean, abs=0.11)


def test_a_question_beside_a_claim_is_said_with_its_answer(text: str) -> None:
    evidence = section(text, "What was found")
    assert re.search(
        r"- Also asked: MinAtar, `a2c-proper` less `a2c-naive`: Is it greater\? "
        r"−2\d\.\d % of the scale, .* margin \+10 %, 8 of 20 blocks: "
        r"\*\*contradicted\*\* \(different\); the same whichever game is left out\.",
        evidence,
    )
    against = section(text, "What contradicts the paper")
    assert "- C1.greater, `a2c-proper` less `a2c-naive`: MinAtar: Is it" in against
    # Nothing beside a claim that no data answer, and none that decides it.
    assert "Also asked: Atari" not in evidence
    assert "C1.final" not in against


def test_a_question_that_is_open_is_said_as_those_that_are_answered(text: str) -> None:
    evidence = section(text, "What was found")
    found = re.findall(r"- Also asked: MinAtar, .*: \*\*undecided\*\* .*", evidence)
    assert found
    for line in found:
        assert re.search(r"\(about \d+ more .*\); .* game is left out\.", line)


def test_a_plan_without_a_verdict_in_it_is_said(text: str) -> None:
    lines = section(text, "What can't be said yet, and what it would take")
    assert "The plans of Atari have fewer than that" in lines
    assert "C9 11 blocks of q-a2c" in lines


def test_a_rate_is_of_runs(text: str) -> None:
    line = re.search(r"diverges, at most\? \+0\.0 % of the runs.*", text)
    assert line and "By game" not in line[0]


def test_a_distance_of_curves_is_of_their_own_unit(text: str) -> None:
    line = re.search(r"further apart than each is from itself\? .*", text)
    assert line and " % of the squared distance between curves, " in line[0]


def test_what_is_open_says_what_it_would_take(text: str) -> None:
    lines = section(text, "What can't be said yet, and what it would take")
    assert re.search(
        r"- MinAtar, where not every arm has been timed: "
        r"C2 10 blocks of dqn-hard, dqn-soft-entropy; C3 10 blocks of ",
        lines,
    )
    assert re.search(r"C9, .*: MinAtar: \d+ blocks of q-a2c, 0\.0 hours\.", lines)
    assert "C1, Entropy in the returns does no harm: MinAtar" not in lines


def test_tables_have_as_many_cells_in_each_row(text: str) -> None:
    rows: list[int] = []
    for line in [*text.splitlines(), ""]:
        cells = re.sub(r"\\\|", "", line).count("|") if line.startswith("|") else 0
        assert not cells or not rows or cells == rows[-1], line
        rows = [*rows, cells] if cells else []


def test_a_control_stands_beside_what_it_changes(
    judged_results: Path, tmp_path: Path
) -> None:
    results = with_theory(judged_results, tmp_path)
    label, game = "a2c-proper (learning_rate=0.0002)", "MinAtar/Breakout"
    name = "minatar-controls"
    run = run_of("a2c-proper", game, 0, [0.1] * 10, study=name, label=label)
    text = report(results, [study_with([run], name)])
    row = rf"\| {game} \| a2c-proper \| learning_rate=0.0002 \| 0\.1 \(1\) \|"
    assert re.search(rf"{row} \d+\.\d \(8\) \| a2c-naive \| \d+\.\d \(8\) \|\n", text)
    # What is said in words is of controls that these data do not have.
    assert "as far as single seeds tell" not in text.lower()


def test_targets_of_one_step_stand_beside_those_of_five(
    judged_results: Path, tmp_path: Path
) -> None:
    """Of the seed that all have: it is no mean over more seeds of one arm."""
    game = "MinAtar/Breakout"
    runs = [run_of(arm, game, 0, [n] * 10) for n, arm in enumerate(STEPS)]
    more = run_of(STEPS[0], game, 1, [9.0] * 10)
    results = with_theory(judged_results, tmp_path)
    text = report(results, [study_with([*runs, more])])
    assert (
        "| game | dqn-hard | dqn-hard-5step | dqn-soft-entropy | "
        "dqn-soft-entropy-5step | dqn-soft-kl | dqn-soft-kl-5step |\n"
    ) in text
    row = " | ".join(f"{n}.0 (1)" for n in range(6))
    assert f"| {game} | {row} |\n" in text
    said = "What do targets of five steps change?"
    assert said in text and said not in report(results, [study_with(runs[:5])])


def test_a_fall_is_told_of_the_arms_that_are_followed(
    judged_results: Path, tmp_path: Path
) -> None:
    game = "MinAtar/Breakout"
    levels = [(300, 10.0), (200, 1.0), (300, 10.0)]
    fallen = [games_of(run_of(arm, game, 0, [1.0] * 10), levels) for arm in ARMS_TOLD]
    text = report(with_theory(judged_results, tmp_path), [study_with(fallen)])
    for arm in ARMS_TOLD:
        assert f"| minatar | {arm} | 1 | 1 | 1 (Breakout 1) | 1,890 | 0 |\n" in text
    told = re.findall(rf"^\| {game} \| (\S+) \| 0 \| (.*) \|$", text, re.MULTILINE)
    assert told == [("q-a2c", "10.0 | 1.0 | 0M | 1,890")]
    assert "last 100 games" in text


def test_scores_on_atari_stand_beside_random_play(
    judged_results: Path, tmp_path: Path
) -> None:
    results = with_theory(judged_results, tmp_path)
    arms = {"a2c-naive": 12.0, "a2c-proper": 11.0, "q-a2c": 10.0}
    runs = [run_of(a, "Pong", 0, [s] * 10, study="atari") for a, s in arms.items()]
    runs.append(run_of("a2c-naive", "Qbert", 0, [3.0] * 10, study="atari"))
    runs.append(run_of("a2c-naive", "Alien", 0, [9.0] * 10, study="atari"))  # no scale
    scales = read_scales(RESULTS)
    text = report(results, [study_with(runs, "atari")], scales)
    assert "| Alien | – | 9.0 (1) | – | – |\n" in text
    assert (
        "| Pong | -20.7 | 12.0 (1) | 11.0 (1) | 10.0 (1) |\n"
        "| Qbert | 163.9 | 3.0 (1) | – | – |\n\n"
    ) in text
    assert "random play" not in report(results, [], scales).partition("Appendix")[2]


def test_where_nothing_fell_there_is_no_table_of_falls(text: str) -> None:
    assert "The deepest fall" not in text


def test_errata_that_the_runs_rest_on_are_shown_the_others_counted(text: str) -> None:
    rows = section(text, "What the text got wrong")
    assert rows.startswith("\n24 places are wrong as printed")
    shown = re.findall(r"^\| (.*?) \|", rows, re.MULTILINE)[2:]
    assert shown == list(TRAINED)


def test_an_amendment_after_data_is_said_with_its_date(
    judged_results: Path, tmp_path: Path
) -> None:
    results = with_theory(judged_results, tmp_path)
    write_atomically({results / REGISTRY_FILE: OTHER.encode()})
    text = report(results)
    assert re.findall("Amended after data.*?:", text) == [
        "Amended after data, on 2026-11-29, C7:",
        "Amended after data, on 2026-11-30, C7:",
    ]
    others = "It was made to C1, C2, C3, C4, C5, C8, C9 as well, before they had a"
    assert text.count("as well, before they had a") == text.count(others) == 1


def test_there_are_none_without_checks(judged_results: Path) -> None:
    with pytest.raises(ValueError, match="need the claims and the checks"):
        report(judged_results)
