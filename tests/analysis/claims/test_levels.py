"""A level that is asked for is that of all intervals of the answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.claims.blocks import scored
from analysis.claims.compare import compare
from analysis.claims.judging import answer, judge
from analysis.claims.sequences import interval
from analysis.claims.tables import questions
from tests.analysis.claims.planted import planted_study
from tests.analysis.claims.test_judging import CLAIMS, GAMES, planted, scales_of_ten


def test_a_rate_is_judged_at_the_level_of_its_question() -> None:
    asked = next(q for q in CLAIMS["C9"].questions if q.kind == "rate")
    study = planted_study({asked.arms[0]: 10.0}, GAMES, 6)
    table = scored(study, dict.fromkeys(GAMES, 0.0))
    found = answer(table, replace(asked, level=0.99), "minatar", scales_of_ten())
    assert found.judgement.wide.level == pytest.approx(0.99)
    assert found.judgement.narrow.level == pytest.approx(0.98)


def test_intervals_of_games_have_the_level_of_their_question(tmp_path: Path) -> None:
    planted(tmp_path, {"a2c-proper": 0.2}, 8)
    asked = tuple(replace(q, level=0.99) for q in CLAIMS["C1"].questions)
    judged = judge(tmp_path, [replace(CLAIMS["C1"], questions=asked)], ["minatar"])
    row = questions(judged).set_index(["question", "game"]).loc["C1.final", GAMES[0]]
    effects = judged.answers["minatar", "C1.final"].blocks.effects[GAMES[0]]
    wanted = interval(effects.to_numpy(), 0.99)
    assert (row["low"], row["high"]) == pytest.approx((wanted.low, wanted.high))


def test_two_arms_are_compared_at_the_level_that_is_asked_for() -> None:
    a, b = np.random.default_rng(0).normal(size=(2, 9))
    found = compare({"x": list(a)}, {"x": list(b)}, margin=1.0, alpha=0.01)
    assert found.judgement.wide.level == pytest.approx(0.99)
    assert found.judgement.narrow.level == pytest.approx(0.98)
