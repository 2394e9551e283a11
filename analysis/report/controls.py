"""Figure 1's controls: is it looking ahead that helps or harms, or being paid to live?

With entropy in the returns an agent looks ahead to it, and is paid for every step that
it lives. Two arms have one of these each: ``a2c-naive-plus`` the pay alone, and
``a2c-proper-kl``, whose divergence charges for living, the looking ahead (Section 6.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis.figures.comparisons import CONTROLS
from analysis.records.study import Study
from analysis.tables.scoring import final_scores


@dataclass(frozen=True)
class Control:
    """A game's final scores under the arms of Figure 1 and its controls.

    Attributes:
        game: The game.
        scores: Of each of :data:`CONTROLS`, in their order: the mean over its finished
            runs, and how many those are.
    """

    game: str
    scores: tuple[tuple[float, int], ...]


def controls(studies: Sequence[Study]) -> list[Control]:
    """The games on which every one of the arms has a score."""
    return [each for study in studies for each in _of_study(study)]


def _of_study(study: Study) -> Iterator[Control]:
    rows = final_scores(study).dropna(subset="score")
    table = rows.groupby(["game", "label"])["score"].agg(["mean", "count"])
    for game in sorted(rows["game"].unique()):
        found = table.loc[game]
        if {*CONTROLS} <= {*found.index}:
            cells = found.loc[[*CONTROLS]].itertuples(index=False)
            yield Control(game, tuple((float(mean), int(n)) for mean, n in cells))
