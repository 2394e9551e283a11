"""Verdicts as files: all effects with their margins; what was known by each block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from analysis.claims.judging import Judged
from analysis.claims.rates import rate_interval
from analysis.claims.sequences import MIN_BLOCKS, interval
from analysis.claims.tiers import Answer
from analysis.claims.verdicts import RATE
from analysis.claims.words import (
    interval_text,
    margin_text,
    name_of,
    per_cent,
    span_of,
    unit_of,
)
from analysis.figures.plot import Plot
from analysis.figures.sequence_plots import Look, sequence_plot
from analysis.figures.sheet import EDGE, LINE, Part, Sheet, document, sheet_svg, text
from analysis.figures.svg import strip

REACHES = (0.25, 0.5, 1.0, 2.0, 5.0)  # of the axis that effects share
SEQUENCES = (
    "Against the number of blocks. Band: 95 % anytime-valid t interval (of a rate, the "
    "interval of its bets), a whisker while there is one alone; dashed: that at 90 %; "
    "grey: the margin, on the side that the question is about. No 95 % interval is "
    "finite with fewer than five blocks, none at 90 % with fewer than four. Where "
    "several questions decide the claim, each contradicts it off an interval that is "
    "wider than these, or than the one of them that would do it alone."
)
FOREST = (
    "Dot: mean of the blocks. Of scores it is the first arm less the second, in per "
    "cent of the games' scales; of rates, the share of runs that "
    "diverged; of whole curves, how much further the arms are apart than each is from "
    "itself, in per cent of the mean squared distance between their curves. Thin: 95 % "
    "anytime-valid interval; thick: 90 %. Grey: the margin, on the side that the "
    "question is about. The axis goes from −{reach:g} to +{reach:g} %; lines without a "
    "cap go on."
)
ROW, STRIP = 26, 240
AT = (EDGE, 124, 420, 670, 736, 946)  # question, arms, strip, effect, interval, verdict
WIDTH = 1096


def claim_files(judged: Judged) -> dict[str, bytes]:
    """The files that the answers suffice for, by name: those with a finite interval."""
    found, shown = {}, [each for each in judged.answers.values() if _finite(each)]
    if shown:
        found["claims_effects.svg"] = forest_svg(shown)
    for claim in judged.claims:
        plots = [
            plot
            for each in judged.of(claim)
            if each.question.decides and _finite(each) and (plot := sequence_of(each))
        ]
        if plots:
            heading = f"{claim.id}: {claim.title}"
            sheet = Sheet([Part(heading, (), plots)], SEQUENCES)
            found[f"claims_{claim.id}.svg"] = sheet_svg(sheet)
    return found


def sequence_of(answer: Answer) -> Plot | None:
    """The intervals of an answer after each block; None with fewer than two looks."""
    looks, question = list(_looks(answer)), answer.question
    if len(looks) < 2:
        return None
    title = f"{question.id}, {name_of(answer.study)}"
    unit = f"effect, % {unit_of(answer)}"
    if question.kind == RATE:
        unit = "runs that diverged, %"
    return sequence_plot(title, looks, span_of(answer), 1 - question.level, unit)


def strip_of(answer: Answer, reach: float, place: str = "") -> str:
    """The effect of an answer with its intervals and margin; empty if there is none."""
    found = answer.judgement
    if found is None:
        return ""
    ends = (found.wide.low, found.wide.high), (found.narrow.low, found.narrow.high)
    return strip(found.mean, *ends, span_of(answer), reach, place)


def reach_of(answers: Iterable[Answer]) -> float:
    """Half of the axis: the least that holds all finite 95 % intervals."""
    ends = [0.0]
    for answer in answers:
        if answer.judgement is not None:
            wide = answer.judgement.wide
            ends += [abs(v) for v in (wide.low, wide.high) if np.isfinite(v)]
            ends += [abs(answer.judgement.mean), 1.5 * answer.question.margin]
    return next((reach for reach in REACHES if reach >= max(ends)), REACHES[-1])


def forest_svg(answers: Sequence[Answer]) -> bytes:
    """All effects on one axis, a row each."""
    reach, y = reach_of(answers), EDGE + LINE
    lines = text("All effects, with their margins", y, "heading")
    for answer in answers:
        y += ROW
        lines += _row(answer, reach, y)
    y += LINE + 4
    for share in (-1, 0, 1):
        middle = AT[2] + STRIP // 2 * (1 + share)
        lines += text(per_cent(share * reach, 0), y, "label mid", middle)
    lines += text(FOREST.format(reach=100 * reach), y + 2 * LINE, "caption", wide=WIDTH)
    return document(WIDTH, y + 7 * LINE, lines)


def _row(answer: Answer, reach: float, y: int) -> Iterator[str]:
    question, found = answer.question, answer.judgement
    if found is None:
        return
    arms = " less ".join(question.arms)
    cells = {
        AT[0]: question.id,
        AT[1]: f"{arms}, {name_of(answer.study)}",
        AT[3]: per_cent(found.mean),
        AT[4]: f"{interval_text(found.wide)}, n = {answer.n}",
        AT[5]: f"{answer.state} ({margin_text(answer)})",
    }
    for x, said in cells.items():
        yield from text(said, y, "label", x)
    yield strip_of(
        answer, reach, f'x="{AT[2]}" y="{y - 16}" width="{STRIP}" height="24"'
    )


def _finite(answer: Answer) -> bool:
    found = answer.judgement
    return found is not None and bool(
        np.isfinite([found.wide.low, found.wide.high]).all()
    )


def _looks(answer: Answer) -> Iterator[Look]:
    """The intervals after each block, as the verdict has the last of them."""
    if answer.blocks is None:
        return
    alpha = 1 - answer.question.level
    table = answer.blocks.effects.to_numpy(float)
    for n in range(MIN_BLOCKS, len(table) + 1):
        seen = table[:n]
        pooled = seen.mean(axis=1)
        if answer.question.kind == RATE:
            k, runs = int(seen.sum()), seen.size
            wide, narrow = (rate_interval(k, runs, share * alpha) for share in (1, 2))
        elif np.ptp(pooled) == 0:
            continue
        else:
            levels = (1 - share * alpha for share in (1, 2))
            wide, narrow = (interval(pooled, level) for level in levels)
        ends = (wide.low, wide.high), (narrow.low, narrow.high)
        yield Look(n, float(pooled.mean()), *ends)
