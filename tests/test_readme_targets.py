"""README's words on the targets of Figure 2 are what MinAtar's committed runs say."""

from __future__ import annotations

import pandas as pd

from analysis.records.study import load_study
from analysis.tables.scoring import final_scores
from tests.quoting import RESULTS
from tests.test_readme_answer import FLAT

SAYS = (
    "The game decides which of the three targets is best: soft entropy on Asterix, "
    "hard ones on Freeway, soft KL on the three others, in each of the ten seeds "
    "that all three have."
)
SEEDS = 10
TARGETS = "dqn-hard", "dqn-soft-entropy", "dqn-soft-kl"
BEST = {"MinAtar/Asterix": "dqn-soft-entropy", "MinAtar/Freeway": "dqn-hard"}
ON_OTHERS = "dqn-soft-kl"


def best_targets(scores: pd.DataFrame) -> pd.DataFrame:
    """The arm that scores most: a row a seed of which all have run, a column a game.

    Args:
        scores: A row a run: ``label``, ``game``, ``seed`` and ``score``.
    """
    table = scores[scores["label"].isin(TARGETS)]
    wide = table.pivot(index=["seed", "game"], columns="label", values="score")
    return wide.dropna().idxmax(axis=1).unstack().dropna()


def otherwise(best: pd.DataFrame) -> int:
    """How many seeds have another arm first on some game than README says."""
    return sum(
        any(arm != BEST.get(str(game), ON_OTHERS) for game, arm in seed.items())
        for seed in best.to_dict("records")
    )


def test_the_best_targets_of_each_seed_are_those_that_readme_names() -> None:
    study = load_study(RESULTS / "data", "minatar")
    seeds = study.runs[["run_id", "seed"]]
    best = best_targets(final_scores(study).merge(seeds, on="run_id"))
    assert SAYS in FLAT
    assert (len(best), otherwise(best)) == (SEEDS, 0)
    assert {*BEST} < {*best}


def test_a_seed_with_another_order_is_counted_and_an_unfinished_one_is_not() -> None:
    first = dict.fromkeys(TARGETS, 0.0)
    scores = pd.DataFrame(
        [
            {"label": arm, "game": "MinAtar/Asterix", "seed": seed, "score": score}
            for seed, high in enumerate(("dqn-soft-entropy", "dqn-hard"))
            for arm, score in (first | {high: 1.0}).items()
        ]
        + [{"label": "dqn-hard", "game": "MinAtar/Asterix", "seed": 2, "score": 9.0}]
    )
    best = best_targets(scores)
    assert len(best) == 2 and otherwise(best) == 1


def test_where_targets_of_five_steps_score_more_than_those_of_one() -> None:
    assert (
        "hard targets of five steps score more than those of one on Breakout and Space "
        "Invaders and less on the three others, in each of five seeds:"
    ) in FLAT
    study = load_study(RESULTS / "data", "minatar")
    scores = final_scores(study).merge(study.runs[["run_id", "seed"]], on="run_id")
    wide = scores.pivot(index=["game", "seed"], columns="label", values="score")
    both = wide[["dqn-hard", "dqn-hard-5step"]].dropna()
    more = (both["dqn-hard-5step"] > both["dqn-hard"]).groupby("game").agg(list)
    on = {"MinAtar/Breakout", "MinAtar/SpaceInvaders"}
    assert len(more) == 5
    assert {game: [game in on] * 5 for game in more.index} == dict(more)
