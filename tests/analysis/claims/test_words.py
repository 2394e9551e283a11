"""How margins and shares are written."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from analysis.claims.words import events_text, margin_text, signed, span_of


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
    ("kind", "said"),
    [("rate", "Pong (seed 3), Pong (seed 4), Qbert (seed 3)"), ("equivalence", "")],
)
def test_runs_that_diverged_are_named_by_game_and_seed(kind: str, said: str) -> None:
    effects = pd.DataFrame({"Pong": [0.0, 1.0, 1.0], "Qbert": [0.0, 1.0, 0.0]})
    blocks = SimpleNamespace(effects=effects.set_axis([2, 3, 4]))
    each = SimpleNamespace(question=SimpleNamespace(kind=kind), blocks=blocks)
    assert events_text(each) == said


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
