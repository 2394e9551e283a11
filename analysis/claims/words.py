"""Numbers of verdicts as text."""

from __future__ import annotations

import math

from analysis.claims.sequences import Interval
from analysis.claims.tiers import Answer
from analysis.claims.verdicts import RATE, RULES

MARKS = {
    "supported": "✔",
    "supports": "✔",
    "contradicted": "✘",
    "contradicts": "✘",
    "undecided": "…",
    "depends": "≈",
}
SAID = {
    "supports": "supports it",
    "contradicts": "contradicts it",
    "depends": "it depends",
    "silent": "says nothing of it",
}
NAMES = {"minatar": "MinAtar", "atari": "Atari", "theory": "Mathematics"}
# On which side a margin is, by the kind of claim; the others' has both.
_SIGNS = {"non-inferiority": "−", "inferiority": "−", "superiority": "+"}


def signed(share: float, digits: int = 1) -> str:
    """A share in per cent, with its sign."""
    if math.isinf(share):
        return "−∞" if share < 0 else "+∞"
    rounded = round(100 * share, digits) + 0.0  # no minus before a nought
    return f"{rounded:+.{digits}f}".replace("-", "−")


def per_cent(share: float, digits: int = 1) -> str:
    """A share as per cent."""
    return f"{signed(share, digits)} %"


def interval_text(interval: Interval) -> str:
    """An interval with its level, or that it has no end."""
    level = f"{100 * interval.level:g} %"
    if not (math.isfinite(interval.low) and math.isfinite(interval.high)):
        return f"{level}: no finite one yet"
    return f"{level}: [{signed(interval.low)}, {signed(interval.high)}]"


def arms_of(answer: Answer) -> str:
    """The arms of a question, as code: the first less the second."""
    return f"`{'` less `'.join(answer.question.arms)}`"


def margin_text(answer: Answer) -> str:
    """The margin, with its sign where it is of one side."""
    margin = f"{100 * answer.question.margin:g} %"
    if answer.question.kind == RATE:
        return f"below {margin}"
    return _SIGNS.get(answer.question.kind, "±") + margin


def span_of(answer: Answer) -> tuple[float, float]:
    """From where to where the margin reaches: from 0, where it is of one side."""
    margin, kind = answer.question.margin, answer.question.kind
    sign = "+" if kind == RATE else _SIGNS.get(kind, "±")
    return (0.0 if sign == "+" else -margin, 0.0 if sign == "−" else margin)


def unit_of(answer: Answer) -> str:
    """What the effect is a share of."""
    if answer.question.kind == RATE:
        return "of the runs"
    if answer.question.estimand == "curves":
        return "of the squared distance between curves"
    return "of the scale"


def rule_of(answer: Answer) -> str:
    """What supports the question's claim and what contradicts it."""
    if answer.question.kind == RATE:
        return "the rate is below the margin; against it: above"
    return next(
        rule.words for kind, rule in RULES.items() if kind == answer.question.kind
    )


def without_text(answer: Answer) -> str:
    """Whether leaving a game out changes the verdict, and which; "" if it has none."""
    if not answer.without:
        return ""
    changed: dict[str, list[str]] = {}
    for game, state in answer.without.items():
        if state != answer.state:
            changed.setdefault(state, []).append(game)
    if not changed:
        return "the same whichever game is left out"
    said = (f"{state} without {' or '.join(games)}" for state, games in changed.items())
    return "; ".join(said)


def by_game_text(answer: Answer) -> str:
    """The mean effect on each game, in per cent; "" of rates and of one game alone."""
    if answer.blocks is None or answer.question.kind == RATE:
        return ""
    means = answer.blocks.effects.mean().to_dict()
    said = (
        f"{str(game).rpartition('/')[2]} {signed(mean)}" for game, mean in means.items()
    )
    return ", ".join(said) if len(means) > 1 else ""


def events_text(answer: Answer) -> str:
    """The games and seeds whose runs diverged; "" of means and of none."""
    if answer.blocks is None or answer.question.kind != RATE:
        return ""
    table = answer.blocks.effects
    return ", ".join(
        f"{game} (seed {seed})"
        for game in table
        for seed in table.index[table[game] > 0]
    )


def missing_text(missing: int | None, *, bare: bool = False) -> str:
    """How many blocks are missing, ``bare`` if there is no verdict yet."""
    if missing is None:
        return "over a thousand blocks missing as things stand"
    if missing == 0:
        return ""
    blocks = f"{missing} more block{'s' if missing != 1 else ''}"
    return f"needs at least {blocks}" if bare else f"about {blocks} as things stand"


def name_of(study: str) -> str:
    """How a tier is called."""
    return NAMES.get(study, study)
