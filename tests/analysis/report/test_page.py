"""The page: one file, verdicts first, everything escaped, only what stands."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from analysis.build import write_report
from analysis.claims import judging
from analysis.claims.build import write_claims
from analysis.claims.calibration_page import calibration_cells
from analysis.claims.reading import load_claims
from analysis.claims.tiers import Tier
from analysis.claims.words import signed
from analysis.records.csvs import csv_bytes
from analysis.records.exchange import export_study
from analysis.records.files import write_atomically
from analysis.records.gaps import gaps
from analysis.records.study import load_study
from analysis.report.contents import kept_studies
from analysis.report.theory import equations
from analysis.report.verdicts import missing_lines
from tests.analysis.records_on_disk import config_of, write_run
from tests.analysis.report.conftest import EVIL
from tests.analysis.test_committed import RESULTS


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.classes: list[str] = []
        self.text = ""
        self._in: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._in.append(tag)
        given = dict(attrs)
        self.links += [given[key] or "" for key in ("src", "href") if key in given]
        self.ids += [given["id"] or ""] if "id" in given else []
        self.classes += (given.get("class") or "").split()

    def handle_data(self, data: str) -> None:
        if self._in[-1:] not in (["script"], ["style"]):
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag in self._in:
            del self._in[len(self._in) - 1 - self._in[::-1].index(tag) :]


def report_of(results: Path, studies: list[str] | None = None) -> str:
    path, *findings = write_report(results, studies).paths
    assert [other.name for other in findings] in ([], ["FINDINGS.md"])
    return path.read_text()


@pytest.fixture(scope="module")
def judged(judged_results: Path) -> str:
    return report_of(judged_results)


def test_the_report_needs_no_other_file(small_study: Path, judged: str) -> None:
    for text in (report_of(small_study), judged):
        page = Page(text)
        assert "img" not in page.tags
        assert all(link.startswith("#") for link in page.links)
        assert {link[1:] for link in page.links} <= set(page.ids)
        assert "url(" not in text and "@import" not in text


def test_every_id_is_given_once(judged: str) -> None:
    ids = Page(judged).ids
    assert len(ids) == len(set(ids))


def test_a_run_called_script_is_shown_and_not_run(
    small_study: Path, runs_dir: Path
) -> None:
    before = Page(report_of(small_study)).tags.count("script")
    hostile = config_of(seed=5) | {"label": EVIL, "variant": EVIL, "game": EVIL}
    hostile["hyperparameters"]["optimiser"] = EVIL
    hostile["sources"]["optimiser"] = "ours"
    write_run(runs_dir, hostile, [(950, 1.0)])
    export_study(runs_dir, "atari", small_study / "data")
    text = report_of(small_study)
    assert EVIL not in text
    assert Page(text).tags.count("script") == before
    assert Page(text).text.count(EVIL) >= 3


def test_the_report_says_what_is_missing(small_study: Path) -> None:
    text = Page(report_of(small_study)).text
    words = ("not complete", "a2c-proper-breakout-s2-1000", "PPO paper", "no runs yet")
    for said in (*words, "./run_all.sh minatar", "the exact checks have not been made"):
        assert said in text


def test_what_is_missing_is_counted_in_lines_where_a_line_has_many_runs(
    small_study: Path,
) -> None:
    text = Page(report_of(small_study)).text
    lines = gaps(load_study(small_study / "data", "atari"))
    ending = "" if len(lines) == 1 else "s"
    assert f"missing, unfinished or failed, in {len(lines)} line{ending}" in text


@pytest.mark.parametrize(
    ("count", "end"), [(3, "why 2 (./run_all.sh atari)"), (5, "why 2; and 2 more (")]
)
def test_reasons_that_are_not_said_are_counted(count: int, end: str) -> None:
    tiers = {f"C{n}": [Tier("atari", "no verdict", f"why {n}")] for n in range(count)}
    (line,) = missing_lines(judging.Judged([], {}, tiers, ["atari"], {}))
    assert line.startswith("Atari: why 0; why 1; ") and end in line


def test_no_claim_is_judged_on_what_is_not_there(small_study: Path) -> None:
    found = Page(report_of(small_study))
    assert not {"supported", "contradicted", "strip"} & set(found.classes)
    assert "All effects" not in found.text


def test_verdicts_come_first_and_open_their_evidence(judged: str) -> None:
    assert judged.index('id="verdicts"') < judged.index('class="study"')
    claim = judged[judged.index('id="C1"') : judged.index('id="C2"')]
    summary = claim[: claim.index("</summary>")]
    assert "contradicted" in summary and "MinAtar" in summary
    evidence = Page(claim[claim.index("</summary>") :])
    for said in ("yields performance", "Section 6.1", "95 %: [", "90 %: [", "8 of 20"):
        assert said in evidence.text
    assert "strip" in evidence.classes and "plot" in evidence.classes


def test_what_is_drawn_is_the_last_of_what_is_judged(judged: str) -> None:
    """The sequence ends with the interval that the table has."""
    claim = judged[judged.index('id="C1"') : judged.index('id="C2"')]
    (plot,) = re.findall(r'<script type="application/json">(.*?)</script>', claim)
    drawn = json.loads(plot)
    ends = re.findall(r"95 %: \[(\S+), (\S+)\]", claim)[0]
    low, high = (float(end.replace("−", "-")) for end in ends)
    (band,) = drawn["bands"]
    assert (round(band["low"][-1], 1), round(band["high"][-1], 1)) == (low, high)
    assert drawn["x"] == [3, 4, 5, 6, 7, 8]
    assert band["low"][:2] == [None, None]  # no finite one below five blocks
    assert drawn["span"] == [-10, 0]  # it is about harm alone


def test_cross_checks_stand_beside_verdicts_and_are_called_so(
    judged: str, judged_results: Path
) -> None:
    claim = judged[judged.index('id="C1"') : judged.index('id="C2"')]
    said = Page(claim).text
    assert "never the verdict" in said
    rows = write_claims(judged_results).questions.set_index(
        ["question", "game", "study"]
    )
    row = rows.loc[("C1.final", "all", "minatar")]
    assert f"{row['improvement']:.2f}" in said
    assert f"{signed(row['iqm_low'])}, {signed(row['iqm_high'])}]" in said
    assert f"{row['p']:.2g}" in said and f"{row['p_holm']:.2g}" in said
    silent = judged[judged.index('id="C10"') :]
    assert "Cross-checks" not in silent[: silent.index("</details>")]


def test_the_page_says_how_often_rules_are_wrong(judged_results: Path) -> None:
    assert "How often are verdicts wrong" not in report_of(judged_results)
    table = pd.read_csv(RESULTS / "claims/calibration.csv")
    path = judged_results / "claims/calibration.csv"
    write_atomically({path: csv_bytes(table)})
    said = Page(report_of(judged_results)).text
    path.unlink()
    shown = calibration_cells(table)
    for cell in (*shown.columns, *shown.iloc[0], *shown.iloc[-1]):
        assert cell in said


def test_a_claim_that_was_amended_after_its_data_says_so(
    judged_results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_claims(judged_results)
    assert "after data" not in Page(report_of(judged_results)).text
    dated = (("2017-04-21", "The margin was doubled."),)
    changed = [
        replace(each, digest="other", amendments=dated) if each.id == "C1" else each
        for each in load_claims()
    ]
    monkeypatch.setattr(judging, "load_claims", lambda folder: changed)
    text = report_of(judged_results)
    claim = text[text.index('id="C1"') : text.index('id="C2"')]
    assert "amended after data" in claim[: claim.index("</summary>")]
    for said in ("another when MinAtar had", "Amended on 2017-04-21: The margin was"):
        assert said in Page(claim).text
    assert "amended after data" not in text.replace(claim, "")


def test_studies_that_judge_nothing_have_a_page_of_their_own(
    small_study: Path, runs_dir: Path
) -> None:
    write_run(runs_dir, config_of(study="smoke"), [(950, 1.0)])
    export_study(runs_dir, "smoke", small_study / "data")
    assert "smoke" not in Page(report_of(small_study)).text
    (path,) = write_report(small_study, ["smoke"]).paths
    assert path.name == "report-smoke.html"
    assert "judge none" in path.read_text()
    assert kept_studies(["smoke"]) == ["smoke"]


def test_theory_is_an_equation_a_row() -> None:
    checks = pd.read_csv(
        RESULTS / "data/theory/theory.csv", dtype=str, keep_default_na=False
    )
    found = equations(checks)
    assert sum(each.rows for each in found) == len(checks)
    assert len({(each.section, each.name) for each in found}) == len(found) < 100
    failing = checks.copy()
    failing.loc[0, "verdict"] = "FAIL"
    assert equations(failing)[0] == replace(
        equations(failing)[0], passed=found[0].passed - 1
    )


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> str:
    results = tmp_path_factory.mktemp("committed") / "results"
    for part in ("data", "reference"):
        shutil.copytree(RESULTS / part, results / part)
    return report_of(results)


def test_the_committed_data_fit_on_a_page(committed: str) -> None:
    assert len(committed.encode()) < 1_000_000
    page = Page(committed)
    for said in ("The paper’s equations, checked", "wrong as printed", "SHA-256"):
        assert said in page.text
    digests = json.loads((RESULTS / "data/theory/SHA256.json").read_text())["files"]
    assert all(digest in page.text for digest in digests.values())


def test_digests_of_games_are_one_line_a_study(committed: str) -> None:
    """A thousand runs have a thousand files: the page would be of digests."""
    said = Page(committed).text
    path = RESULTS / "data/minatar/SHA256.json"
    files = json.loads(path.read_text())["files"]
    assert f"data/minatar/SHA256.json, of {len(files)} files" in said
    assert hashlib.sha256(path.read_bytes()).hexdigest() in said
    assert files["runs.csv"] in said and "episodes/" not in said


def test_every_check_is_on_the_page(committed: str) -> None:
    checks = pd.read_csv(RESULTS / "data/theory/theory.csv", dtype=str)
    said = Page(committed).text
    assert all(name in said for name in set(checks["check"]))
