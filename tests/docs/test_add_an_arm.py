"""The page on adding an arm names what a claim can hold, and its numbers are right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analysis.claims.claim import ANSWERS, ESTIMANDS, KINDS
from analysis.claims.sequences import half_width

PAGE = (Path(__file__).parents[2] / "docs/add_an_arm.md").read_text()


@pytest.mark.parametrize("word", [*KINDS, *ESTIMANDS, *ANSWERS])
def test_every_word_of_a_claim_is_named(word: str) -> None:
    assert f"`{word}`" in PAGE


@pytest.mark.parametrize(
    ("alpha", "said"),
    [
        (0.10, r"half-width is (\S+) standard deviations .* five blocks, "
               r"(\S+) at ten and (\S+) at twenty"),
        (0.05, r"95 % interval's is (\S+), (\S+)\s+and (\S+)\. So five"),
    ],
)  # fmt: skip
def test_the_half_widths_are_those_of_the_rule(alpha: float, said: str) -> None:
    found = re.search(said, " ".join(PAGE.split()))
    assert found is not None
    widths = [f"{half_width(n, 1.0, alpha):.1f}" for n in (5, 10, 20)]
    assert list(found.groups()) == widths
