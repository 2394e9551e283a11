"""README's words on what is seen on Atari are what the committed runs say."""

from __future__ import annotations

import math

import pandas as pd

from analysis.figures.comparisons import BONUS
from analysis.records.study import load_study
from tests.quoting import RESULTS
from tests.test_readme_answer import FLAT


def test_q_learning_falls_back_once_on_pong() -> None:
    episodes = load_study(RESULTS / "data", "atari").episodes
    late = episodes[episodes["run_id"].str.startswith("q-a2c-pong-s0")]
    lost = late[(late["frames"] > 9_100_000) & (late["game_return"] < -10)]
    assert (
        "On Pong, between 9.1M and 9.2M, it loses 11 games by more than ten points, "
        "and none after"
    ) in FLAT
    assert len(lost) == 11
    assert lost["frames"].max() < 9_200_000


def test_who_scores_on_enduro() -> None:
    study = load_study(RESULTS / "data", "atari")
    assert (
        "On Enduro only proper A2C learns: it first scores after 3.8M frames, where "
        "naive A2C, at the uniform policy all along, and `q-a2c` finish no game with a "
        "score."
    ) in FLAT
    games = study.episodes[study.episodes["run_id"].str.contains("-enduro-s0")]
    scored = games[games["game_return"] > 0]
    arms = scored.groupby(scored["run_id"].str.partition("-enduro")[0])["frames"].min()
    assert (arms / 1e6).round(1).to_dict() == {"a2c-proper": 3.8}
    rows = study.metrics[study.metrics["run_id"].str.startswith("a2c-naive-enduro-s0")]
    late = rows.loc[rows["frames"] > 1e6, "entropy"]
    assert len(late) > 50 and late.min() > 0.99999 * math.log(9)


def test_games_on_seaquest_end_with_the_air() -> None:
    """As films show: of four lives, which is at most so many frames."""
    whole = 9_080
    episodes = load_study(RESULTS / "data", "atari").episodes
    late = episodes[episodes["frames"] > 9e6]
    assert "median game of each, late in training, lasts as long as the oxygen" in FLAT
    for arm in (*BONUS, "q-a2c"):
        games = late[late["run_id"].str.startswith(f"{arm}-seaquest-s0")]
        lengths = games["length_frames"]
        assert lengths.median() >= whole and lengths.max() < 1.02 * whole, arm


def breakout_means(arm: str) -> pd.Series:
    """The mean of the last 100 games, by the frame at which the last of them ended."""
    episodes = load_study(RESULTS / "data", "atari").episodes
    games = episodes[episodes["run_id"].str.startswith(f"{arm}-breakout-s0")]
    by_end = games.sort_values("frames").set_index("frames")["game_return"]
    return by_end.rolling(100).mean().dropna().groupby(level=0).last()


def test_all_fall_back_on_breakout_at_times() -> None:
    learnt = 20.0  # before it the best mean is not far above random play
    for arm in (*BONUS, "q-a2c"):
        means = breakout_means(arm)
        best = means.cummax()
        assert (means / best)[best > learnt].min() <= 0.5, arm
    assert "All three arms fall back at times on Breakout, to half of the best" in FLAT
    means = breakout_means("q-a2c")
    low = means.loc[8e6:8.5e6].idxmin()
    high = means.loc[:low].idxmax()
    back = means.loc[low:].gt(100.0).idxmax()
    assert "from 180 to 5.4 within 0.2M, and it takes 0.3M to be back at 100" in FLAT
    assert (round(means[high]), round(means[low], 1)) == (180, 5.4)
    assert (low - high) < 200_000 and round((back - low) / 1e6, 1) == 0.3
