"""Claims of a user's own, with units that stand beside them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from analysis.claims.reading import given_scales, load_claims
from analysis.claims.scales import COLUMNS, read_scales
from analysis.records.errors import RecordError
from analysis.records.study import save_study
from tests.analysis.claims.planted import planted_study
from tests.analysis.claims.test_judging import write_scales

EXAMPLE = Path(__file__).parents[2] / "examples/zero_mean_entropy/zero-mean-claims"
GAME = "MinAtar/Breakout"


@pytest.fixture
def claims(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "mine"))


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Zero-mean A2C is 30 % of the unit above naive A2C."""
    folder = tmp_path / "results"
    finals = {"a2c-naive": 5.0, "a2c-zero-mean": 5.0 + 0.3 * 10.8}
    save_study(folder / "data", planted_study(finals, [GAME], 8, 0.1, name="zero-mean"))
    return folder


def test_a_claim_of_a_users_is_judged_in_its_own_unit(call, claims, results):
    status, out, err = call("claims", "--claims", claims, "--results", results)
    assert (status, err) == (0, "")
    assert "Z1.final zero-mean: +" in out
    rows = pd.read_csv(results / "claims/mine/questions.csv")
    row = rows[rows["game"] == "all"].iloc[0]
    assert (row["verdict"], row["n"]) == ("supported", 8)
    assert row["effect"] == pytest.approx(0.3, abs=0.02)
    assert not (results / "claims/verdicts.csv").exists()
    page = (results / "claims/mine/verdicts.md").read_text()
    assert "`studies.toml` beside them" in page and "scales.csv" not in page
    registry = pd.read_csv(results / "claims/mine/judged_claims.csv")
    assert list(registry["claim"]) == ["Z1"]


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [("z1.toml", "margin = 0.1", "margin = 0.2"), ("studies.toml", "10.8", "20.0")],
)
def test_a_claim_or_a_unit_that_changes_after_its_data_says_so(
    call, claims, results, file, before, after
):
    call("claims", "--claims", claims, "--results", results)
    path = claims / file
    path.write_text(path.read_text().replace(before, after))
    call("claims", "--claims", claims, "--results", results)
    table = pd.read_csv(results / "claims/mine/verdicts.csv").set_index("tier")
    assert table.loc["zero-mean", "amended"] == "amended after data"


def test_the_claims_of_the_paper_have_no_units_beside_them():
    assert given_scales() == []
    assert all('"scales"' not in claim.text for claim in load_claims())


def test_given_units_are_for_every_family_and_estimand(claims):
    rows = pd.DataFrame(given_scales(claims))
    assert set(COLUMNS) == set(rows)
    assert len(rows) == 4 and (rows["scale"] == 10.8).all()
    assert (rows["baseline"] == 0.416 + 10.8).all() and rows["usable"].all()


def test_a_unit_that_is_fixed_already_is_not_given_again(tmp_path, claims):
    write_scales(tmp_path)
    rows = [{**row, "study": "minatar"} for row in given_scales(claims)]
    with pytest.raises(RecordError, match="two scales for one game"):
        read_scales(tmp_path, rows)


BAD = {
    "another game": (f'"{GAME}" = {{', '"Pong" = {', "scales.Pong: no game of the st"),
    "no unit": ("scale = 10.8", "scale = 0", "scale: expected a number above 0"),
    "a word": ("random = 0.416", 'random = "x"', "random and scale: expected numbers"),
    "no source": (', source = "minatar-tuning, a2c-naive"', "", "expected { random ="),
}


@pytest.mark.parametrize(("before", "after", "said"), BAD.values(), ids=BAD)
def test_a_bad_unit_is_a_line(call, claims, results, before, after, said):
    path = claims / "studies.toml"
    path.write_text(path.read_text().replace(before, after))
    status, out, err = call("claims", "--claims", claims, "--results", results)
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert said in line
