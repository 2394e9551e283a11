"""The verdicts as a person reads them: Markdown, and lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from analysis.claims.claim import Claim
from analysis.claims.judging import Judged
from analysis.claims.sequences import Interval
from analysis.claims.tables import ALL_GAMES, AMENDED, tier_text
from analysis.claims.tiers import Answer
from analysis.claims.verdicts import RATE
from analysis.claims.words import arms_of, missing_text, name_of, per_cent, signed
from analysis.tables.markdown import markdown_table

HOW_TO_READ = (
    "Each claim was written down with what judges it ({claims}) before its data; one "
    "that was changed after them says so. Effects are in per cent of a game's scale "
    "({scales}), averaged over games. Intervals are anytime-valid: they hold at every "
    "number of blocks at once, so that verdicts may be read after each new seed and "
    "the study may stop at any of them. {blocks} With normal blocks at most 5 % of "
    "studies ever state something false of a question ({calibration}: simulated, on "
    "other scores too). No 95 % interval is finite below five blocks, and there is no "
    "verdict below three. That an effect is other than 0, or beyond the margin, is "
    "read off the wide interval; that it is within the margin, or not beyond it on one "
    "side, off the narrow one, which leaves out twice as much; where several questions "
    "decide a claim, each contradicts it by its share of the chance of an error: off a "
    "wider interval, which is the third where it is none of these two. "
    "Blocks missing: how many more, if mean and deviation stay as they are. "
    "Mathematics says of a claim that it supports it, contradicts it, that it depends, "
    "or nothing, by checks that all pass."
)
BLOCKS = (
    "A block is one seed of both arms on all games of the question; of a rate, one "
    "seed of its arm. Of whole curves it is two seeds of each arm, and its value how "
    "much further the arms are apart than each is from itself, in per cent of the mean "
    "squared distance between their curves."
)
THE_PAPERS = {
    "claims": "`analysis/claims/*.toml`",
    "scales": "`reference/scales.csv`",
    "calibration": "`calibration.md`",
}
A_USERS = {
    "claims": "TOML files of one's own",
    "scales": "`studies.toml` beside them",
    "calibration": "`results/claims/calibration.md`",
}
CROSS_CHECKS = (
    "Cross-checks, for one look at the end alone, and never the verdict: the "
    "difference of interquartile means with a stratified bootstrap's 95 % interval, "
    "the probability that a run of A is better than one of B, and the exact "
    "permutation's p, with Holm's adjustment over the questions that decide; and what "
    "the verdict is on the same blocks if any one game is left out."
)


def verdicts_markdown(
    judged: Judged,
    verdicts: pd.DataFrame,
    questions: pd.DataFrame,
    sources: Mapping[str, str],
) -> str:
    """The page: the verdict table, then each claim with its evidence.

    Args:
        judged: All claims.
        verdicts: Their table.
        questions: Its evidence.
        sources: Where claims, scales and calibration are, in words.
    """
    how = HOW_TO_READ.format(blocks=BLOCKS, **sources)
    table = overview(judged, verdicts)
    parts = [f"# Verdicts\n\n{how}\n\n{markdown_table(table)}"]
    parts += [_section(claim, judged, questions) for claim in judged.claims]
    return "\n".join(parts)


def overview(judged: Judged, verdicts: pd.DataFrame) -> pd.DataFrame:
    """A row a claim, a column a tier, in words."""
    late = verdicts[verdicts["amended"] == AMENDED]
    marks = set(zip(late["claim"], late["tier"], strict=True))
    rows = []
    for claim in judged.claims:
        row = {"": claim.id, "claim": claim.title}
        for tier in judged.tiers[claim.id]:
            mark = f" ({AMENDED})" if (claim.id, tier.name) in marks else ""
            row[name_of(tier.name)] = tier_text(tier) + mark
        rows.append(row)
    return pd.DataFrame(rows)


def terminal(judged: Judged, verdicts: pd.DataFrame) -> Iterator[str]:
    """The verdict table, and the evidence of what decides, a line each."""
    table = overview(judged, verdicts)
    widths = [max(map(len, [name, *table[name]])) for name in table]
    widths[-1] = 0
    for row in [list(table), *table.to_numpy().tolist()]:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
    for claim in judged.claims:
        for each in judged.of(claim):
            if each.question.decides and each.judgement is not None:
                yield evidence(each)


def evidence(each: Answer) -> str:
    """What a question's verdict rests on, in a line."""
    found, question = each.judgement, each.question
    if found is None:
        return f"{question.id} {each.study}: no verdict: {each.why}"
    relation = "" if found.relation == "open" else f" ({found.relation})"
    return (
        f"{question.id} {each.study}: {per_cent(found.mean)}, anytime-valid "
        f"{', '.join(map(_span, found.intervals))}; margin "
        f"{100 * question.margin:g} %; n = {each.n} of {_planned(each)}: "
        f"{each.state}{relation}"
    )


def _span(interval: Interval) -> str:
    ends = f"[{signed(interval.low)}, {signed(interval.high)}]"
    return f"{100 * interval.level:g} % {ends}"


def _section(claim: Claim, judged: Judged, questions: pd.DataFrame) -> str:
    answers = judged.of(claim)
    checks = ", ".join(f"`{name}`" for name in claim.theory.checks) or "none"
    parts = [
        f"## {claim.id}: {claim.title}\n\n> {claim.quotation}\n\n{claim.place}. "
        f"Contradicted by: {claim.contradicted_by}.\n\nExact mathematics "
        f"({tier_text(judged.tiers[claim.id][0])}): {claim.theory.says} "
        f"Checks: {checks}.\n"
    ]
    for date, what in claim.amendments:
        parts.append(f"Amended {date}: {what}\n")
    if answers:
        table = pd.DataFrame([_question_cells(each) for each in answers])
        parts.append(markdown_table(table))
    rows = questions[questions["question"].isin([a.question.id for a in answers])]
    parts += [text for text in (_games(rows), _cross_checks(rows)) if text]
    parts += [f"- {line}\n" for line in _said(answers)]
    return "\n".join(parts)


def _question_cells(each: Answer) -> dict[str, str]:
    question, found = each.question, each.judgement
    decides = " **(decides)**" if question.decides else ""
    cells = {
        "question": f"{question.id}{decides}: {question.asks}",
        "A less B": ("rate of " if question.kind == RATE else "") + arms_of(each),
        "study": each.study,
        "effect, %": "–" if found is None else signed(found.mean),
        "intervals": "–",
        "margin, %": f"{100 * question.margin:g}",
        "n": f"{each.n} of {_planned(each)}",
        "verdict": each.state,
        "missing": missing_text(each.missing) if each.state != "no verdict" else "–",
        "smallest margin, %": "–",
    }
    if found is not None:
        cells["intervals"] = ", ".join(map(_span, found.intervals))
        cells["smallest margin, %"] = signed(found.smallest_margin).lstrip("+")
        if each.state in ("supported", "contradicted"):
            cells["missing"] = "none"
    return cells


def _planned(each: Answer) -> int:
    return each.question.blocks[each.study]


def _games(rows: pd.DataFrame) -> str:
    """Effects on each game, with intervals of their own."""
    games = rows[(rows["game"] != ALL_GAMES) & rows["effect"].notna()]
    if games.empty:
        return ""
    cells = games.assign(
        cell=[
            signed(row["effect"])
            + (
                ""
                if pd.isna(row["low"])
                else f" [{signed(row['low'])}, {signed(row['high'])}]"
            )
            for row in games.to_dict("records")
        ]
    )
    order = list(dict.fromkeys(cells["game"]))
    wide = cells.pivot(index=["question", "study"], columns="game", values="cell")
    wide = wide.reindex(columns=order).fillna("–").reset_index()
    said = "Per game, in per cent, with 95 % anytime-valid intervals:"
    return f"{said}\n\n{markdown_table(wide)}"


def _cross_checks(rows: pd.DataFrame) -> str:
    table = cross_check_cells(rows)
    return "" if table.empty else f"{CROSS_CHECKS}\n\n{markdown_table(table)}"


def cross_check_cells(rows: pd.DataFrame) -> pd.DataFrame:
    """The cross-checks of questions, text in every cell; of those that have any.

    Args:
        rows: Of :func:`analysis.claims.tables.questions`.
    """
    whole = rows[rows["iqm"].notna()]
    return pd.DataFrame(
        {
            "question": whole["question"],
            "study": whole["study"],
            "IQM difference, % [95 % bootstrap]": [
                f"{signed(a)} [{signed(low)}, {signed(high)}]"
                for a, low, high in whole[["iqm", "iqm_low", "iqm_high"]].to_numpy(
                    float
                )
            ],
            "P(A better)": whole["improvement"].map("{:.2f}".format),
            "p": whole["p"].map("{:.2g}".format),
            "p, Holm": [f"{p:.2g}" if pd.notna(p) else "–" for p in whole["p_holm"]],
            "without a game": whole["without_a_game"],
        }
    )


def _said(answers: Sequence[Answer]) -> Iterator[str]:
    """Why there are no verdicts, and what was left out; each line once."""
    lines: dict[str, list[str]] = {}
    for each in answers:
        notes = () if each.blocks is None else each.blocks.notes
        for line in (each.why, *notes):
            if line:
                lines.setdefault(f"{each.study}: {line}", []).append(each.question.id)
    for line, ids in lines.items():
        yield f"{', '.join(ids)}: {line}."
