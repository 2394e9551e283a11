"""How margins and shares are written."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from analysis.claims.words import margin_text, signed, span_of


@pytest.mark.parametrize(
    ("kind", "said", "span"),
    [
        ("superiority", "+10 %", (0.0, 0.1)),
        ("inferiority", "−10 %", (-0.1, 0.0)),
        ("non-inferiority", "−10 %", (-0.1, 0.0)),
        ("equivalence", "±10 %", (-0.1, 0.1)),
        ("rate", "below 10 %", (0.0, 0.1)),
    ],
)
def test_a_margin_of_one_side_has_its_sign(
    kind: str, said: str, span: tuple[float, float]
) -> None:
    each = SimpleNamespace(question=SimpleNamespace(kind=kind, margin=0.1))
    assert (margin_text(each), span_of(each)) == (said, span)


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.1234, "+12.3"),
        (-0.005, "−0.5"),
        (-0.0003, "+0.0"),
        (float("inf"), "+∞"),
        (-float("inf"), "−∞"),
    ],
)
def test_a_share_is_written_in_per_cent_with_its_sign(share: float, said: str) -> None:
    assert signed(share) == said
