"""Claims as data: what stands in the files is usable, and mistakes are said."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from algorithms import ALGORITHMS
from analysis.claims.reading import (
    FOLDER,
    given_scales,
    load_claims,
    load_studies,
)
from analysis.records.errors import RecordError
from benchmarks.suites.suite import SUITES, load_suite

THEORY = Path(__file__).parents[3] / "results/data/theory/theory.csv"
CLAIMS = load_claims()
ARMS = ('arms = ["dqn-soft-entropy", "dqn-hard"]',)


@pytest.fixture
def folder(tmp_path):
    """The claims, to be spoilt."""
    for path in FOLDER.glob("*.toml"):
        shutil.copy(path, tmp_path)
    return tmp_path


def spoil(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))


def digests(folder: Path) -> dict[str, str]:
    return {claim.id: claim.digest for claim in load_claims(folder)}


def test_the_papers_eleven_claims_are_there():
    assert [claim.id for claim in CLAIMS] == [f"C{k}" for k in range(1, 12)]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_arms_are_variants_and_checks_are_rows(claim):
    arms = {arm for question in claim.questions for arm in question.arms}
    assert arms <= set(ALGORITHMS)
    rows = pd.read_csv(THEORY)
    shown = rows[rows["check"].isin(claim.theory.checks)]
    assert set(shown["check"]) == set(claim.theory.checks)
    assert (shown["verdict"] == "pass").all()
    decided = any(question.decides for question in claim.questions)
    assert decided or claim.theory.answer in ("supports", "contradicts")


def test_every_arm_of_the_figures_is_asked_about():
    asked = {a for claim in CLAIMS for each in claim.questions for a in each.arms}
    assert asked == set(ALGORITHMS)


@pytest.mark.parametrize("study", load_studies())
def test_studies_have_these_games_arms_and_blocks(study):
    if not (SUITES / f"{study}.toml").exists():
        pytest.skip(f"no suite {study} yet")
    runs = load_suite(study)
    games = {run.game for run in runs}
    assert games == set(load_studies()[study])
    for claim in CLAIMS:
        for question in claim.judged_in(study):
            for arm in question.arms:
                seeds = {run.seed for run in runs if run.variant == arm}
                assert len(seeds) >= question.blocks[study], (question.id, arm)


def test_words_of_an_amendment_do_not_change_the_digest(folder):
    before = digests(folder)
    with (folder / "c02.toml").open("a") as file:
        file.write('\n[[amendment]]\ndate = 2027-01-02\nwhat = "a comma"\n')
    assert digests(folder) == before
    claim = next(each for each in load_claims(folder) if each.id == "C2")
    assert claim.amendments[-1] == ("2027-01-02", "a comma")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("c02.toml", "margin = 0.1", "margin = 0.2"),
        ("c02.toml", "level = 0.95", "level = 0.9"),
        ("c02.toml", "minatar = 10", "minatar = 11"),
        ("c02.toml", '"dqn-hard"', '"dqn-hard-plus"'),
        ("c02.toml", "decides = true", "decides = false"),
        ("c02.toml", "a bit better than", "better than"),
        ("studies.toml", '"MinAtar/Asterix", ', ""),
    ],
)
def test_anything_else_does(folder, name, old, new):
    before = digests(folder)
    spoil(folder, name, old, new)
    assert digests(folder)["C2"] != before["C2"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "superiority"', 'kind = "better"', "C2.final: kind: expected one of"),
        ('estimand = "final"', 'estimand = "last"', "C2.final: estimand: expected"),
        ("margin = 0.1", "margin = 0.0", "C2.final: margin: expected a number above"),
        ("margin = 0.1", 'margin = "0.1"', "C2.final: margin is of the wrong type"),
        ("level = 0.95", "level = 95.0", "C2.final: level: expected a number between"),
        ("level = 0.95", "", "C2.final: level is missing"),
        ("minatar = 10", "minitar = 10", "C2.final: blocks: no study 'minitar'"),
        ("minatar = 10", "minatar = 0", "C2.final: blocks: expected a whole number"),
        ('"dqn-soft-entropy", ', "", "C2.final: arms: expected two"),
        ("decides = true", "decide = true", "C2.final: decide: no such key"),
        ('answer = "depends"', 'answer = "maybe"', "theory.answer: expected one of"),
        ("title = ", "titel = ", "title is missing; titel: no such key"),
        ("[theory]", "[theory", "is not TOML"),
        ("C2.area", "C3.area", "id used twice: C3.area"),
        (
            "blocks = {",
            'games = { minatar = ["Pong"] }\nblocks = {',
            "C2.final: games: minatar has no Pong",
        ),
        (
            "blocks = {",
            "games = { minatar = 5 }\nblocks = {",
            "C2.final: games: minatar: expected a list of names, each once",
        ),
        (
            "blocks = {",
            'games = { minatar = ["MinAtar/Asterix", "MinAtar/Asterix"] }\nblocks = {',
            "C2.final: games: minatar: expected a list of names, each once",
        ),
        (*ARMS, "arms = [1, 2]", "C2.final: arms: expected a list of names, each once"),
        (
            *ARMS,
            'arms = ["dqn-hard", "dqn-hard"]',
            "C2.final: arms: expected a list of names, each once",
        ),
        ("minatar = 10", "minatar = true", "C2.final: blocks: expected a whole number"),
        ("margin = 0.1", "margin = inf", "margin: expected a number above 0, not inf"),
        (
            "margin = 0.1",
            "margin = 1",
            "margin is of the wrong type: expected a number",
        ),
        ("checks = [", "checks = [1, ", "theory.checks: expected a list of names"),
        (
            "checks = [",
            "checks = []\nothers = [",
            "theory.checks: expected the checks by which it depends, or 'silent'",
        ),
        ('id = "C2"', 'id = ""', "id: expected a line of text, not ''"),
        ('title = "', 'title = "two\\nlines ', "title: expected a line of text"),
    ],
)
def test_a_mistake_is_a_line_with_its_key(folder, old, new, said):
    spoil(folder, "c02.toml", old, new)
    with pytest.raises(RecordError, match=said) as caught:
        load_claims(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("key", ["question", "amendment"])
@pytest.mark.parametrize("value", ["[1]", '["x"]', "[{}]"])
def test_what_is_no_table_is_a_line(folder, key, value):
    text = (folder / "c11.toml").read_text().partition("[theory]")
    rest = "[theory]" + text[2].partition("[[")[0]
    (folder / "c11.toml").write_text(f"{text[0]}{key} = {value}\n{rest}")
    with pytest.raises(RecordError, match=rf"c11\.toml: {key} 1: expected a table"):
        load_claims(folder)


def test_a_rate_of_one_or_more_is_no_margin(folder):
    name = next(
        path.name for path in folder.glob("c*.toml") if '"rate"' in path.read_text()
    )
    head, kind, tail = (folder / name).read_text().partition('kind = "rate"')
    tail = re.sub(r"margin = [\d.]+", "margin = 2.0", tail, count=1)
    (folder / name).write_text(head + kind + tail)
    with pytest.raises(RecordError, match=r"below 1 for a rate, not 2\.0"):
        load_claims(folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("minatar = 3", "minatar: expected a table with a list `games`"),
        ("[minatar]\ngame = 1", "minatar: expected a table with a list `games`"),
        ("[minatar]\ngames = [1]", "minatar.games: expected a list of names"),
        ('[minatar]\ngames = "Pong"', "minatar.games: expected a list of names"),
        ('[minatar]\ngames = ["Pong", "Pong"]', "minatar.games: expected a list of"),
        ('[minatar]\ngames = ["Pong"]\nscales = [1]', "minatar.scales: expected a tab"),
        ('[minatar]\ngames = ["Pong"]\nscale = 1', "minatar.scale: no such key"),
        ('[theory]\ngames = ["Pong"]', "theory: no study is called so"),
    ],
)
def test_a_mistake_in_the_file_of_studies_is_a_line(folder, text, said):
    (folder / "studies.toml").write_text(text)
    for read in (load_claims, load_studies, given_scales):
        with pytest.raises(RecordError, match=rf"studies\.toml: {said}") as caught:
            read(folder)
        assert "\n" not in str(caught.value)


def test_what_is_no_folder_of_claims_is_said(folder):
    for path in (folder / "c02.toml", folder / "nowhere"):
        with pytest.raises(RecordError, match=f"{path.name}: expected a folder of cla"):
            load_studies(path)
    (folder / "c99.toml").mkdir()
    with pytest.raises(RecordError, match=r"c99\.toml: is a folder: expected a file"):
        load_claims(folder)


def test_a_folder_without_claims_is_said(tmp_path):
    shutil.copy(FOLDER / "studies.toml", tmp_path)
    with pytest.raises(RecordError, match="holds no claims"):
        load_claims(tmp_path)
