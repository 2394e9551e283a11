"""From data to the files of verdicts; and the registry of what was judged first."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.claims.build import (
    judged_claims,
    merge_registries,
    write_claims,
)
from analysis.claims.pages import evidence, terminal
from analysis.claims.reading import FOLDER, load_claims
from analysis.claims.registry import (
    COLUMNS,
    REGISTRY_FILE,
    amended,
    joined,
    read_registry,
    registered,
)
from analysis.claims.tables import AMENDED
from analysis.records.errors import RecordError
from tests.analysis.claims.test_judging import GAMES, planted

ARMS = {"a2c-naive": 0.0, "a2c-proper": 0.2, "q-a2c": 0.2}


@pytest.fixture
def claims(tmp_path):
    """A copy of the claims, to be changed."""
    return Path(shutil.copytree(FOLDER, tmp_path / "claims"))


@pytest.fixture
def results(tmp_path):
    planted(tmp_path / "results", ARMS, 6, 0.05)
    return tmp_path / "results"


def test_verdicts_are_written_with_their_evidence(results, claims):
    found = write_claims(results, claims)
    names = [path.name for path in found.paths]
    assert names == ["verdicts.csv", "questions.csv", "verdicts.md", REGISTRY_FILE.name]
    table = pd.read_csv(results / "claims/verdicts.csv").set_index(["claim", "tier"])
    assert table.loc[("C1", "minatar"), "verdict"] == "supported"
    rows = pd.read_csv(results / "claims/questions.csv")
    whole = rows[rows["game"] == "all"].set_index(["question", "study"])
    row = whole.loc[("C1.final", "minatar")]
    assert row["effect"] == pytest.approx(0.2, abs=0.1)
    assert row["low"] < row["one_sided_low"] < row["effect"] < row["high"]
    assert (row["n"], row["planned"]) == (6, 20)
    assert row["p"] <= row["p_holm"] <= 1
    games = rows[(rows["question"] == "C1.final") & (rows["game"] != "all")]
    assert list(games["game"]) == GAMES
    assert games["effect"].mean() == pytest.approx(row["effect"])
    page = (results / "claims/verdicts.md").read_text()
    assert "| C1 | Entropy in the returns does no harm |" in page
    for claim in found.judged.claims:
        assert claim.quotation in page


def test_the_same_data_give_the_same_bytes(results, claims):
    def files():
        return {p.name: p.read_bytes() for p in (results / "claims").iterdir()}

    write_claims(results, claims)
    first = files()
    assert [p.name for p in write_claims(results, claims).paths] == sorted(
        first, key=["verdicts.csv", "questions.csv", "verdicts.md"].index
    )
    assert files() == first


def test_a_line_of_evidence_has_all_that_a_verdict_rests_on(results, claims):
    found = judged_claims(results, claims)
    line = evidence(found.judged.answers["minatar", "C1.final"])
    for part in ("C1.final minatar: +", "anytime-valid 95 % [", ", 90 % [",
                 "margin 10 %", "n = 6 of 20", ": supported"):  # fmt: skip
        assert part in line
    lines = list(terminal(found.judged, found.verdicts))
    assert line in lines
    assert "no verdict: no runs yet, needs at least 4 more blocks" in lines[1]


def change(claims: Path, old: str, new: str):
    path = claims / "c01.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_intervals_have_the_level_that_the_question_asks_for(results, claims):
    change(claims, "level = 0.95", "level = 0.99")
    write_claims(results, claims)
    page = (results / "claims/verdicts.md").read_text()
    (row,) = [
        line
        for line in page.splitlines()
        if line.startswith("| C1.final **") and "minatar" in line
    ]
    assert "| 99 % [" in row and "], 98 % [" in row
    (row,) = [
        line
        for line in page.splitlines()
        if line.startswith("| C7.final **") and "minatar" in line
    ]
    assert "| 95 % [" in row and "], 90 % [" in row and "], 97.5 % [" in row


def test_a_claim_that_is_changed_after_its_data_says_so(results, claims):
    write_claims(results, claims)
    change(claims, "margin = 0.1", "margin = 0.3")
    for _ in range(2):
        found = write_claims(results, claims)
        late = found.verdicts[found.verdicts["amended"] == AMENDED]
        assert list(zip(late["claim"], late["tier"], strict=True)) == [
            ("C1", "minatar")
        ]
    assert f"({AMENDED})" in (results / "claims/verdicts.md").read_text()
    change(claims, "margin = 0.3", "margin = 0.1")
    assert not (write_claims(results, claims).verdicts["amended"] == AMENDED).any()


def test_a_claim_that_is_changed_before_its_data_is_as_good_as_new(results, claims):
    change(claims, "margin = 0.1", "margin = 0.3")
    assert not (write_claims(results, claims).verdicts["amended"] == AMENDED).any()


def test_the_registry_has_claims_with_data_alone(results, claims):
    write_claims(results, claims)
    rows = read_registry(results)
    assert set(rows["study"]) == {"minatar"}
    assert list(rows["claim"]) == ["C1", "C7", "C9"]
    assert set(rows["blocks"]) == {6}


def test_more_data_leave_the_registry_as_it_was(results, claims):
    write_claims(results, claims)
    before = (results / REGISTRY_FILE).read_bytes()
    planted(results, ARMS, 7)
    write_claims(results, claims)
    assert (results / REGISTRY_FILE).read_bytes() == before


def test_another_machines_registry_is_kept_in_a_merge(results, claims, tmp_path):
    """There the claim was judged with another margin: it shows here too."""
    other = Path(shutil.copytree(results, tmp_path / "other"))
    change(claims, "margin = 0.1", "margin = 0.3")
    write_claims(other, claims)
    change(claims, "margin = 0.3", "margin = 0.1")
    write_claims(results, claims)
    assert merge_registries(other, results) == 1
    assert merge_registries(other, results) == 0
    found = judged_claims(results, claims)
    assert (found.verdicts["amended"] == AMENDED).sum() == 1
    assert list(read_registry(results)["claim"]) == ["C1", "C1", "C7", "C9"]


def test_registries_of_claims_of_a_users_own_are_merged_too(results, claims, tmp_path):
    other = Path(shutil.copytree(results, tmp_path / "other"))
    mine = Path("claims/mine", REGISTRY_FILE.name)
    write_claims(other, claims, "theirs")
    write_claims(results, claims, "mine")
    ours = read_registry(results, mine)
    change(claims, "margin = 0.1", "margin = 0.3")
    write_claims(other, claims, "mine")
    assert merge_registries(other, results) == 4
    assert merge_registries(other, results) == 0
    both = read_registry(results, mine)
    assert both.equals(joined(ours, read_registry(other, mine)))
    assert list(both["claim"]) == ["C1", "C1", "C7", "C9"]
    theirs = Path("claims/theirs", REGISTRY_FILE.name)
    assert (results / theirs).read_bytes() == (other / theirs).read_bytes()
    assert not (results / REGISTRY_FILE).exists()


def test_a_mangled_registry_is_said(results):
    (results / REGISTRY_FILE).write_text("claim,study\n")
    with pytest.raises(RecordError, match=r"judged_claims\.csv: has columns"):
        judged_claims(results)


def test_registries_by_hand(results):
    judged = judged_claims(results).judged
    claim = next(c for c in load_claims() if c.id == "C1")
    empty = read_registry(results)
    rows = registered(empty, judged)
    assert registered(rows, judged).equals(rows)
    assert joined(empty, rows).equals(rows)
    assert amended(claim, rows) == []
    assert amended(replace(claim, digest="other"), rows) == ["minatar"]


def test_claims_are_in_the_order_of_their_numbers():
    rows = [
        {"claim": claim, "study": "x", "digest": "d", "blocks": 3, "data": "e"}
        for claim in ("C10", "C2", "C1")
    ]
    table = pd.DataFrame(rows)[list(COLUMNS)]
    assert joined(table[:1], table[1:])["claim"].to_list() == ["C1", "C2", "C10"]
