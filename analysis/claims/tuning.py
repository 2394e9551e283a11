"""Where scales come from: ``results/reference/scales.csv``, made before the studies.

MinAtar's are of the study ``minatar-tuning``, as :mod:`.scales` says; its learning rate
is chosen there by the rule that its suite has. No tuning run of Atari has a second
seed, so that a baseline's scale would have no spread to be held against, and a game on
which it learned next to nothing could not be told. Atari's unit is therefore a
published human's score less random play's, which nobody who wrote these claims could
choose. It is a large unit for runs of a few million frames: a margin of a tenth of it
is more than such runs learn on some games, and their effects look small.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from analysis.claims.choice import choice
from analysis.claims.scales import (
    BASELINES,
    COLUMNS,
    SCALES_FILE,
    read_scales,
    scales_of,
)
from analysis.records.errors import RecordError
from analysis.records.gaps import gaps
from analysis.records.labels import with_distinct_labels
from analysis.records.published import (
    FOLDER,
    human_scores,
    random_scores,
    read_all_published,
)
from analysis.records.study import Study, load_study, study_names

MEASURED = {"minatar": "minatar-tuning"}  # studies, and what their scales are made of
HUMAN = ("atari",)  # studies whose scales are a human's
LEAST_SEEDS = 2
_KEY = ["study", "family", "game", "estimand"]


def make_scales(
    results: Path, studies: dict[str, tuple[str, ...]]
) -> tuple[pd.DataFrame, list[str]]:
    """The scales of every study that judges claims, as far as they can be made.

    Args:
        results: The folder of all results.
        studies: The games of each study.

    Returns:
        Columns :data:`analysis.claims.scales.COLUMNS`, and what is to be said.

    Raises:
        RecordError: Tuning runs are missing, or scales that were fixed before would be
            others.
    """
    published, notes, tables = read_all_published(results / FOLDER), [], []
    for study, games in studies.items():
        source = MEASURED.get(study)
        if study in HUMAN:
            tables.append(_of_humans(study, games, published))
        elif source not in study_names(results / "data"):
            notes.append(f"no scales of {study}: there is no study {source!r} yet")
        else:
            tuning = load_study(results / "data", str(source))
            made, said = _measured(tuning, study, games, random_scores(published))
            tables.append(made)
            notes += said
    empty = pd.DataFrame(columns=list(COLUMNS)).astype(COLUMNS)
    made = pd.concat(tables, ignore_index=True) if tables else empty
    _check_fixed(results, made)
    return made, notes


def _measured(
    tuning: Study, study: str, games: Sequence[str], random: pd.Series
) -> tuple[pd.DataFrame, list[str]]:
    where = Path("data", tuning.name)
    if lacks := gaps(tuning):
        raise RecordError(where, f"is not complete: {lacks[0]}")
    tuning = with_distinct_labels(tuning)
    order = choice(tuning, dict(random)).order
    chosen = order[order["chosen"]].drop_duplicates("family")
    labels = dict(zip(chosen["family"], chosen["label"], strict=True))
    made = scales_of(tuning, study, dict(random), labels)
    if lost := set(games) - set(made["game"]):
        raise RecordError(where, f"has no runs on {', '.join(sorted(lost))}")
    if (few := made["runs"].min()) < LEAST_SEEDS:
        raise RecordError(where, f"a scale has {few} run(s), not {LEAST_SEEDS}")
    tried = (
        f"{row['label']} {row['share']:.3f}"
        for row in order.sort_values("share", ascending=False).to_dict("records")
    )
    return made, [
        f"{study}: share of the best, by settings: {'; '.join(tried)}",
        *(
            f"no scales of {study} for {family}: "
            f"{tuning.name} {_nothing(order, family)}"
            for family in BASELINES
            if family not in labels
        ),
    ]


def _nothing(order: pd.DataFrame, family: str) -> str:
    """Why a family has no settings that are chosen."""
    if family in set(order["family"]):
        return "has no settings that were run on every game and beat random play"
    return f"has no runs of {BASELINES[family]!r}"


def _of_humans(
    study: str, games: Sequence[str], published: pd.DataFrame
) -> pd.DataFrame:
    random, human = random_scores(published), human_scores(published)
    origin = published[published["algorithm"] == "human"].set_index("game")["source"]
    if lost := [game for game in games if game not in human or game not in random]:
        raise RecordError(FOLDER, f"no human's score of {', '.join(lost)}")
    rows = [
        {
            "study": study,
            "family": family,
            "game": game,
            "estimand": estimand,
            "scale": human[game] - random[game],
            "random": random[game],
            "baseline": human[game],
            "sd": float("nan"),
            "runs": 0,
            "frames": 0,
            "usable": bool(human[game] > random[game]),
            "label": "human",
            "source": f"published: {origin[game]}",
        }
        for family in BASELINES
        for game in games
        for estimand in ("final", "area")
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _check_fixed(results: Path, made: pd.DataFrame) -> None:
    """Scales that were fixed stay, since studies may have been judged by them.

    New ones may join them, of a family or a game that had none.
    """
    before = read_scales(results)
    now = made.set_index(_KEY).reindex(pd.MultiIndex.from_frame(before[_KEY]))
    then = before.set_index(_KEY)
    same = ((now == then) | (now.isna() & then.isna())).all(axis=1)
    if not same.all():
        study, family, game, estimand = same.index[~same.to_numpy()][0]
        raise RecordError(
            results / SCALES_FILE,
            f"is fixed, and the {estimand} scale of {family} on {game} in {study} "
            "would be another; delete the file if nothing was judged by it",
        )
