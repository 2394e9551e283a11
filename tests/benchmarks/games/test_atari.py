"""What every Atari engine promises, and what it refuses."""

import multiprocessing
import os

import gymnasium as gym
import numpy as np
import pytest

from benchmarks.games.atari import (
    GAMES,
    all_games,
    check_game,
    default_max_frames,
    make_atari_env,
)

ENGINES = ("exact", "reference", "native")


@pytest.fixture(scope="module", params=ENGINES)
def engine(request):
    return request.param


@pytest.fixture(scope="module")
def env(engine):
    env = make_atari_env("Breakout", 2, seed=0, engine=engine)
    env.reset()
    return env


def test_shapes_and_types(env):
    observations, rewards, dones, infos = env.step(np.array([0, 1]))
    assert observations.shape == (2, 4, 84, 84)
    assert observations.dtype == np.uint8
    assert (rewards.shape, rewards.dtype) == ((2,), np.float32)
    assert (dones.shape, dones.dtype) == ((2,), bool)
    assert len(infos) == 2


def test_observations_are_safe_to_keep(env):
    kept = [env.reset()]
    copies = [kept[0].copy()]
    for _ in range(60):
        observations, _, _, infos = env.step(np.array([2, 3]))
        ends = [i["terminal_observation"] for i in infos if "terminal_observation" in i]
        for seen in [observations, *ends]:
            kept.append(seen)
            copies.append(seen.copy())
    assert len(kept) > 61, "no life was lost"
    for seen, copy in zip(kept, copies, strict=True):
        np.testing.assert_array_equal(seen, copy)


def test_an_episode_is_a_whole_game(engine):
    """A life ends an episode for the agent, five lives a game for the record."""
    env = make_atari_env("Breakout", 2, seed=0, engine=engine)
    env.reset()
    rng = np.random.default_rng(0)
    lives_lost, games = np.zeros(2, int), {}
    while len(games) < 2:
        _, rewards, dones, infos = env.step(rng.integers(4, size=2))
        assert set(np.unique(rewards)) <= {-1.0, 0.0, 1.0}
        for i, info in enumerate(infos):
            lives_lost[i] += dones[i]
            if "episode" in info and i not in games:
                games[i] = info["episode"]
                assert lives_lost[i] == 5
    assert all(game["l"] > 300 and game["r"] >= 0 for game in games.values())


def test_rewards_are_signs_and_returns_are_points(engine):
    """Skiing takes some seven points a step, of which the learner sees one."""
    env = make_atari_env("Skiing", 1, seed=0, engine=engine, max_frames=100)
    env.reset()
    ends = []
    while not ends:
        _, rewards, _, infos = env.step(np.array([0]))
        assert rewards.tolist() == [-1]
        ends = [info["episode"] for info in infos if "episode" in info]
    (game,) = ends
    assert -2 * game["l"] < game["r"] < -1.2 * game["l"]


def test_the_frame_limit_is_gyms_of_2017():
    limits = {game: default_max_frames(game) for game in GAMES}
    assert limits.pop("SpaceInvaders") == 300_000
    assert set(limits.values()) == {400_000}
    env = make_atari_env("Pong", 1, seed=0)
    limit = env.get_attr("ale")[0].getInt("max_num_frames_per_episode")
    assert limit == 400_000


@pytest.mark.parametrize(
    "actions",
    [[0, 4], [0, -1], [0], [0, 1, 2], [[0, 1]], [0.0, 1.0], [True, False], [0, None]],
)
def test_refuses_wrong_actions(env, actions):
    with pytest.raises(ValueError, match=r"actions must be 2 integers in \[0, 4\)"):
        env.step(np.array(actions))


def _step_in_child(env, answers):
    try:
        env.step(np.array([0, 0]))
    except RuntimeError as error:
        answers.put(str(error))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_refuses_to_step_in_a_fork(env):
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()
    child = context.Process(target=_step_in_child, args=(env, answers))
    child.start()
    child.join(timeout=30)
    assert child.exitcode == 0
    assert not answers.empty()
    assert "fork" in answers.get()


def test_the_same_seed_gives_the_same_play(engine):
    def play(seed):
        env = make_atari_env("Breakout", 2, seed, engine=engine)
        frames = [env.reset()]
        frames += [env.step(np.array([1, 2]))[0] for _ in range(20)]
        return np.stack(frames)

    first = play(5)
    np.testing.assert_array_equal(first, play(5))
    assert (first != play(6)).any()


def test_native_frames_are_near_to_exact_ones():
    """Both see the same game, preprocessed nearly alike."""
    frames = []
    for engine in ("exact", "native"):
        env = make_atari_env("Enduro", 1, seed=0, engine=engine)
        env.reset()
        frames.append(env.step(np.array([0]))[0][0, -1].astype(int))
    assert np.abs(frames[0] - frames[1]).mean() < 5


def test_native_keeps_the_whole_game():
    env = make_atari_env("Pong", 2, seed=0, engine="native", max_frames=1_000)
    env.reset()
    returns, ends = np.zeros(2), {}
    while not ends:
        _, rewards, _, infos = env.step(np.array([0, 0]))
        returns += rewards
        ends = {i: info for i, info in enumerate(infos) if "episode" in info}
    for i, end in ends.items():
        assert end["TimeLimit.truncated"]
        # Pong's rewards are -1, 0 and 1, which no clipping changes.
        assert end["episode"]["r"] == returns[i] < 0
        assert 1_000 <= end["episode"]["l"] <= 1_034
        assert end["terminal_observation"].shape == (4, 84, 84)


def test_refuses_to_step_before_the_first_reset(engine):
    env = make_atari_env("Pong", 1, seed=0, engine=engine)
    with pytest.raises(RuntimeError, match="reset an Atari environment before"):
        env.step(np.array([0]))


def test_paper_games():
    assert len(GAMES) == 7
    assert set(GAMES) < set(all_games())
    assert len(all_games()) > 100


def test_settings_are_those_of_no_frameskip_v4():
    """The engines name "ALE/<game>-v5": with their settings it is the older id."""
    for game in GAMES:
        kwargs = dict(gym.spec(f"{game}NoFrameskip-v4").kwargs)
        assert kwargs.pop("max_num_frames_per_episode") == 108_000
        assert kwargs.pop("game") == gym.spec(f"ALE/{game}-v5").kwargs["game"]
        assert kwargs == {
            "repeat_action_probability": 0.0,
            "full_action_space": False,
            "frameskip": 1,
        }


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("pongg", "Pong, "), ("space_invader", "SpaceInvaders, "), ("qbert", "Qbert")],
)
def test_unknown_game_names_the_nearest(name, nearest):
    with pytest.raises(
        ValueError, match=f"unknown game '{name}': nearest are {nearest}"
    ):
        check_game(name)


@pytest.mark.parametrize(
    "name", ["", "../../etc/passwd", "Pong\x00", "Pong/", "Combat"]
)
def test_only_known_names_pass(name):
    with pytest.raises(ValueError, match="unknown game") as caught:
        make_atari_env(name, 1, 0)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"engine": "fast"},
            "unknown engine 'fast': known are exact, reference, native",
        ),
        ({"n_envs": 0}, "n_envs must be at least 1, not 0"),
        ({"seed": -1}, "seed must not be negative, not -1"),
        ({"max_frames": 0}, "max_frames must be at least 1, not 0"),
    ],
)
def test_refuses_wrong_settings(wrong, message):
    with pytest.raises(ValueError, match=message):
        make_atari_env(**{"game": "Pong", "n_envs": 1, "seed": 0, **wrong})
