"""Which settings a tuning study chooses, and the table that shows it.

The rule stands in the suites of tuning studies, written before their runs: the settings
of the family's baseline whose score, as a share of the way from random play to the best
of the settings tried, is highest on average over the games.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from analysis.claims.scales import BASELINES
from analysis.claims.scores import curves, final
from analysis.records.configs import FIRST_TUNING_SEED
from analysis.records.study import Study
from analysis.tables.markdown import bold, markdown_table, ratio_text, score_text

NOTE = (
    "Runs of the baseline arms, with seeds that no study uses, to choose the settings "
    "of the studies. A cell: the mean final score over the runs and, in brackets, its "
    "share of the way from random play to the best of the settings that were tried on "
    "that game. Chosen are the settings whose share is highest on average, among those "
    "that were run on every game; the mean share of others is no comparison. Where one "
    "setting alone was tried on a game, its share there is 1 and says nothing."
)


class Choice(NamedTuple):
    """What was tried, and what came of it.

    Attributes:
        cells: A row for each ``family``, ``label`` and ``game``: ``runs`` that have a
            score, the mean of their final scores, ``score``, what ``random`` play
            scores, and the ``share``; NaN where no setting is better than that.
        order: A row for each ``family`` and ``label``, best first: how many ``games``
            it was run on, its mean ``share`` over them, and whether it is ``chosen``.
    """

    cells: pd.DataFrame
    order: pd.DataFrame


def is_tuning(study: Study) -> bool:
    """Whether all of a study's seeds are kept for tuning."""
    return bool((study.runs["seed"] >= FIRST_TUNING_SEED).all())


def choice(tuning: Study, random: Mapping[str, float]) -> Choice:
    """What a tuning study chooses.

    Args:
        tuning: Its runs; those of other arms than the baselines don't count.
        random: What random play scores, by game.
    """
    table = curves(tuning, random)
    table = table.assign(score=final(table))
    table = table[table["variant"] == table["family"].map(BASELINES)]
    by_cell = table.groupby(["family", "label", "game"])["score"]
    cells = by_cell.agg(runs="count", score="mean").reset_index()
    cells = cells[cells["runs"] > 0].reset_index(drop=True)
    cells["random"] = cells["game"].map(dict(random)).astype(float)
    gain = cells["score"] - cells["random"]
    best = gain.groupby([cells["family"], cells["game"]]).transform("max")
    cells["share"] = (gain / best).where(best > 0)
    return Choice(cells, _order(cells))


def choice_markdown(found: Choice, older: str = "") -> str:
    """The choice as a person reads it, with what is to be said of older numerics."""
    cells = found.cells.assign(
        text=[
            f"{score_text(score)} ({ratio_text(share)})"
            for score, share in found.cells[["score", "share"]].to_numpy(float)
        ]
    )
    parts = [f"# The choice of settings\n\n{NOTE}\n\n{bold(older)}".rstrip() + "\n"]
    for family, order in found.order.groupby("family"):
        own = cells[cells["family"] == family]
        wide = own.pivot(index="label", columns="game", values="text")
        wide = wide.reindex(order["label"]).fillna("–")
        wide = wide.rename_axis("settings").reset_index()
        wide["games"] = order["games"].to_numpy()
        wide["mean share"] = order["share"].map(ratio_text).to_numpy()
        chosen = "chosen" if len(order) > 1 else "nothing else was tried"
        wide["chosen"] = order["chosen"].map({True: chosen, False: ""}).to_numpy()
        parts.append(f"## {family}\n\n{markdown_table(wide)}")
    return "\n".join(parts)


def _order(cells: pd.DataFrame) -> pd.DataFrame:
    by_label = cells.groupby(["family", "label"])
    order = by_label.agg(games=("game", "size"), share=("share", "mean")).reset_index()
    every = order["family"].map(cells.groupby("family")["game"].nunique())
    whole = order["games"] == every
    top = order["share"].where(whole).groupby(order["family"]).transform("max")
    order["chosen"] = whole & (order["share"] == top)
    keys = ["family", "chosen", "games", "share"]
    up = [True, False, False, False]
    return order.sort_values(keys, ascending=up, kind="stable").reset_index(drop=True)
