"""Arms that do badly, with one setting changed: is it the algorithm, or the setting?

The runs of a study ``NAME-controls``, each beside the same arm and the baseline in the
study ``NAME``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analysis.claims.scales import BASELINES
from analysis.records.study import Study
from analysis.tables.scoring import final_scores

ENDING = "-controls"
AS_WELL = 0.9  # of the baseline's score


@dataclass(frozen=True)
class Mean:
    """The mean final score over ``n`` finished runs, of so many emulator frames."""

    score: float
    n: int
    frames: int


@dataclass(frozen=True)
class Changed:
    """An arm on a game, with a setting changed, and as it is.

    Attributes:
        arm: The arm.
        game: The game.
        setting: What is changed: "temperature=0.01", or "" if the frames alone are.
        changed: Its score so.
        plain: Its score in the study.
        baseline: The score of ``baseline_arm`` in the study.
        baseline_arm: The baseline of the arm's family.
    """

    arm: str
    game: str
    setting: str
    changed: Mean
    plain: Mean
    baseline: Mean
    baseline_arm: str


def changed(studies: Sequence[Study]) -> list[Changed]:
    """The runs of studies of controls, where the study itself has what they need."""
    by_name = {study.name: study for study in studies}
    return [
        each
        for name, study in by_name.items()
        if name.endswith(ENDING) and (main := by_name.get(name.removesuffix(ENDING)))
        for each in _of_study(study, main)
    ]


def told(rows: Sequence[Changed], soft_kl: Mapping[str, float]) -> bool:
    """Whether what the report says of the controls in words is what they show.

    A cooler soft entropy does as well as the baseline, and on Asterix loses most of
    what it is above it; more frames leave it below soft KL; a tenth of the learning
    rate leaves the value weight below Q-learning without it, and that below itself as
    it is, but for Seaquest.

    Args:
        rows: What :func:`changed` returned.
        soft_kl: The score of soft-KL targets, by game.
    """
    entropy = [each for each in rows if each.arm == "dqn-soft-entropy"]
    cooler = [each for each in entropy if each.setting]
    longer = [each for each in entropy if not each.setting]
    plain, weighted = (
        {each.game: each for each in rows if each.arm == arm}
        for arm in ("q-a2c", "q-a2c-c100")
    )
    if not (cooler and longer and weighted and plain.keys() == weighted.keys()):
        return False
    return (
        all(map(_as_well, cooler))
        and all(map(_loses_most, (each for each in cooler if _on(each, "Asterix"))))
        and all(each.changed.score < soft_kl.get(each.game, 0.0) for each in longer)
        and all(
            each.changed.score < plain[game].changed.score
            for game, each in weighted.items()
        )
        and all(
            (each.changed.score < each.plain.score) != _on(each, "Seaquest")
            for each in plain.values()
        )
    )


def steps_told(rows: Sequence[Changed]) -> bool:
    """Whether what the report says of targets of five steps is what they show.

    A lower learning rate brings hard targets of five steps to the score of one step but
    for Asterix, where it is more than theirs as they are and less than half of that; a
    smaller memory makes them worse; fewer random actions make them better, but for
    Seaquest, of which nothing is said, and nowhere by as much.
    """
    five = [each for each in rows if each.arm == "dqn-hard-5step"]
    rate, memory, random = (
        [each for each in five if each.setting.startswith(f"{key}=")]
        for key in ("learning_rate", "buffer_size", "exploration")
    )
    if not (rate and memory and random):
        return False
    at_the_rate = {each.game: each.changed.score for each in rate}
    return (
        all(_as_well(each) != _on(each, "Asterix") for each in rate)
        and all(
            each.plain.score < each.changed.score < each.baseline.score / 2
            for each in rate
            if _on(each, "Asterix")
        )
        and all(each.changed.score < each.plain.score for each in memory)
        and all(
            each.changed.score < at_the_rate.get(each.game, 0.0)
            and (_on(each, "Seaquest") or each.changed.score > each.plain.score)
            for each in random
        )
    )


def _as_well(row: Changed) -> bool:
    return row.changed.score >= AS_WELL * row.baseline.score


def _on(row: Changed, game: str) -> bool:
    return row.game.endswith(game)


def _loses_most(row: Changed) -> bool:
    """Whether it was above the baseline, and is so by less than half of it now."""
    before, now = (each.score - row.baseline.score for each in (row.plain, row.changed))
    return before > 0 and now < before / 2


def mean_scores(study: Study) -> dict[tuple[str, str], Mean]:
    """The mean score of each arm on each game, by label and game."""
    runs = study.runs[["run_id", "target_frames"]]
    table = final_scores(study).dropna(subset="score").merge(runs, on="run_id")
    means = table.groupby(["label", "game"], as_index=False).agg(
        score=("score", "mean"), n=("score", "size"), frames=("target_frames", "first")
    )
    return {
        (row["label"], row["game"]): Mean(row["score"], row["n"], row["frames"])
        for row in means.to_dict("records")
    }


def _of_study(study: Study, main: Study) -> Iterator[Changed]:
    there, usual = mean_scores(study), mean_scores(main)
    runs = study.runs.drop_duplicates(["label", "game"])
    for run in runs.sort_values(["variant", "label", "game"]).to_dict("records"):
        label, arm, game = run["label"], run["variant"], run["game"]
        baseline = BASELINES[run["family"]]
        if (label, game) in there and {(arm, game), (baseline, game)} <= set(usual):
            yield Changed(
                arm,
                game,
                label.removeprefix(arm).strip(" ()"),
                there[label, game],
                usual[arm, game],
                usual[baseline, game],
                baseline,
            )
