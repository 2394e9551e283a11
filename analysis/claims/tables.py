"""What was judged, as tables: a row a claim, and a row a question and game."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields

import numpy as np
import pandas as pd

from analysis.claims.crosschecks import CrossCheck, cross_check, holm
from analysis.claims.judging import Judged
from analysis.claims.registry import amended
from analysis.claims.sequences import MIN_BLOCKS, interval
from analysis.claims.tiers import Answer, Tier
from analysis.claims.words import SAID, missing_text, without_text
from analysis.records.once import once

AMENDED = "amended after data"
ALL_GAMES = "all"
VERDICTS = ["claim", "title", "tier", "verdict", "missing", "says", "amended"]
_CHECKS = [field.name for field in fields(CrossCheck)]
QUESTIONS = [
    "question",
    "study",
    "game",
    "asks",
    "decides",
    "arm",
    "against",
    "kind",
    "estimand",
    "level",
    "margin",
    "planned",
    "n",
    "effect",
    "sd",
    "low",
    "high",
    "one_sided_low",
    "one_sided_high",
    "contradicts_level",
    "contradicts_low",
    "contradicts_high",
    "relation",
    "verdict",
    "missing",
    "smallest_margin",
    *_CHECKS,
    "p_holm",
    "without_a_game",
    "notes",
]


def verdicts(judged: Judged, registry: pd.DataFrame) -> pd.DataFrame:
    """A row a claim and tier, columns :data:`VERDICTS`.

    Args:
        judged: All claims.
        registry: What :func:`analysis.claims.registry.read_registry` returned.
    """
    rows = [
        {
            "claim": claim.id,
            "title": claim.title,
            "tier": tier.name,
            "verdict": tier.verdict,
            "missing": tier.missing,
            "says": tier.says,
            "amended": AMENDED if tier.name in amended(claim, registry) else "",
        }
        for claim in judged.claims
        for tier in judged.tiers[claim.id]
    ]
    return pd.DataFrame(rows, columns=VERDICTS).astype({"missing": "Int64"})


@once
def questions(judged: Judged) -> pd.DataFrame:
    """A row a question and study, and one for each of its games; :data:`QUESTIONS`.

    Effects, intervals and margins are in units of the games' scales, and rates as they
    are. Games have no verdict of their own. ``p_holm`` is adjusted over the questions
    that decide claims in the study.
    """
    answers = [each for claim in judged.claims for each in judged.of(claim)]
    checks = {id(each): check for each in answers if (check := _checked(each))}
    adjusted: dict[int, float] = {}
    for study in judged.studies:
        deciding = {
            str(id(each)): checks[id(each)].p
            for each in answers
            if each.study == study and each.question.decides and id(each) in checks
        }
        adjusted |= {int(name): p for name, p in holm(deciding).items()}
    rows = [
        row
        for each in answers
        for row in _question_rows(
            each, checks.get(id(each)), adjusted.get(id(each), np.nan)
        )
    ]
    return pd.DataFrame(rows, columns=QUESTIONS).astype({"missing": "Int64"})


def tier_text(tier: Tier) -> str:
    """A verdict in a few words."""
    if tier.verdict == "no verdict":
        more = missing_text(tier.missing, bare=True)
        return f"no verdict: {tier.says}{more and ', ' + more}"
    if tier.verdict == "undecided":
        return f"undecided, {missing_text(tier.missing)}"
    more = f" {tier.says}" if tier.verdict == "contradicted" and tier.says else ""
    return SAID.get(tier.verdict, tier.verdict) + more


def _checked(each: Answer) -> CrossCheck | None:
    if each.blocks is None or each.judgement is None:
        return None
    return cross_check(each.blocks)


def _question_rows(
    each: Answer, check: CrossCheck | None, p_holm: float
) -> Iterator[dict[str, object]]:
    question, found = each.question, each.judgement
    row: dict[str, object] = {
        "question": question.id,
        "study": each.study,
        "game": ALL_GAMES,
        "asks": question.asks,
        "decides": question.decides,
        "arm": question.arms[0],
        "against": "".join(question.arms[1:]),
        "kind": question.kind,
        "estimand": question.estimand,
        "level": question.level,
        "margin": question.margin,
        "planned": question.blocks[each.study],
    }
    whole = row | {
        "n": each.n,
        "verdict": each.state,
        "missing": each.missing,
        "without_a_game": without_text(each),
        "notes": "; ".join(_notes(each)),
    }
    if found is not None:
        whole |= {
            "effect": found.mean,
            "sd": found.sd,
            "low": found.wide.low,
            "high": found.wide.high,
            "one_sided_low": found.narrow.low,
            "one_sided_high": found.narrow.high,
            "contradicts_level": found.contradicts.level,
            "contradicts_low": found.contradicts.low,
            "contradicts_high": found.contradicts.high,
            "relation": found.relation,
            "smallest_margin": found.smallest_margin,
        }
    if check is not None:
        whole |= asdict(check) | {"p_holm": p_holm}
    yield whole
    yield from (row | more for more in _game_rows(each))


def _notes(each: Answer) -> Sequence[str]:
    said = () if each.blocks is None else each.blocks.notes
    return (each.why, *said) if each.why else said


def _game_rows(each: Answer) -> Iterator[dict[str, object]]:
    """Effects on each game; rates have no interval of one."""
    if each.blocks is None or not each.n:
        return
    for game, values in each.blocks.effects.items():
        effects = values.to_numpy(float)
        row = {"game": game, "n": len(effects), "effect": effects.mean()}
        if len(effects) >= MIN_BLOCKS and np.ptp(effects) > 0:
            row["sd"] = effects.std(ddof=1)
            if each.question.estimand != "divergence":
                found = interval(effects, each.question.level)
                row |= {"low": found.low, "high": found.high}
        yield row
