"""What FINDINGS says that the open questions would take."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd

from analysis.claims.judging import judge_all
from analysis.records.study import load_study
from analysis.report.findings import _lacking, _open, _times


def test_a_block_takes_the_time_of_all_its_games(judged_results: Path) -> None:
    """Those too that the arm has not played yet."""
    study = load_study(judged_results / "data", "minatar")
    seconds = study.runs["seed"].map({0: 1800.0}).fillna(3600.0)
    runs = study.runs.assign(seconds=seconds).query("game != 'MinAtar/Seaquest'")
    times = {study.name: _times(replace(study, runs=runs))}
    lines = "\n".join(_open(judge_all(judged_results), times))
    found = re.search(r"C9, .*: MinAtar: (\d+) blocks of q-a2c, ([\d.]+) hours", lines)
    assert found and float(found[2]) == 5 * int(found[1])


def test_a_claim_that_is_contradicted_lacks_the_question_that_is_open(
    judged_results: Path,
) -> None:
    """By its own name, since it is not the claim that is."""
    judged = judge_all(judged_results)

    def said(verdict: str) -> str:
        tiers = [
            replace(tier, verdict=verdict) if tier.name == "minatar" else tier
            for tier in judged.tiers["C9"]
        ]
        changed = replace(judged, tiers={**judged.tiers, "C9": tiers})
        return "\n".join(_open(changed, {})).split("Atari")[0]

    assert re.search(r"C9 \d+ blocks of q-a2c", said("undecided"))
    assert re.search(r"C9\.rate \d+ blocks of q-a2c", said("contradicted"))
    assert "C1" not in said("undecided")  # contradicted, and no other is open


def test_a_block_of_whole_curves_takes_two_seeds(judged_results: Path) -> None:
    judged = judge_all(judged_results)
    times = {"minatar": pd.Series({"a2c-proper": 1800.0, "q-a2c": 1800.0})}
    rate, curves = (
        judged.answers["minatar", name] for name in ("C9.rate", "C7.curves")
    )
    assert curves.judgement is not None
    (_, one), (_, two) = (
        _lacking([replace(each, judgement=found)], times["minatar"])
        for each, found in (
            (rate, replace(rate.judgement, missing=4)),
            (curves, replace(curves.judgement, missing=4)),
        )
    )
    assert (one, two) == (", 10.0 hours.", ", 40.0 hours.")
