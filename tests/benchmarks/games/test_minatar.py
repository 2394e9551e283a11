"""MinAtar games side by side are `minatar`'s own, step for step, and can be saved."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from minatar.gym import BaseEnv

from benchmarks.games.families import families, family_of
from benchmarks.games.minatar_env import make_minatar_env
from benchmarks.games.minatar_game import GAMES, MinAtarGame
from tests.benchmarks.games.test_atari_exact import _assert_same_step
from tests.benchmarks.games.test_atari_state import play

ROOT = Path(__file__).parents[3]
ENGINES = ("exact", "reference")
CHANNELS = {"Asterix": 4, "Breakout": 4, "Freeway": 7, "Seaquest": 10}
ACTIONS = {"Asterix": 5, "Breakout": 3, "Freeway": 3, "Seaquest": 6}
FREEWAY_FRAMES = 2_501  # its clock is asked after it has passed 0


def _same_random_state(ours, theirs):
    (kind, keys, *position), (its_kind, its_keys, *its) = (
        random.get_state(legacy=True) for random in (ours, theirs)
    )
    return kind == its_kind and position == its and (keys == its_keys).all()


def _assert_equals_minatar(game: str, steps: int) -> int:
    """Play the same actions on `minatar`'s own; return how many games ended."""
    env = make_minatar_env(game, 2, seed=7)
    theirs = [BaseEnv(GAMES[game], use_minimal_action_set=True) for _ in range(2)]
    observations = env.reset()
    grids = [each.reset(seed=7 + i)[0] for i, each in enumerate(theirs)]
    np.testing.assert_array_equal(observations, np.moveaxis(grids, -1, 1))
    rng, returns, lengths, games = np.random.default_rng(0), [0, 0], [0, 0], 0
    assert env.action_space.n == theirs[0].action_space.n
    for _ in range(steps):
        actions = rng.integers(env.action_space.n, size=2)
        observations, rewards, dones, infos = env.step(actions)
        for i, its in enumerate(theirs):
            grid, reward, done, *_ = its.step(actions[i])
            returns[i], lengths[i] = returns[i] + reward, lengths[i] + 1
            assert (rewards[i], dones[i]) == (reward, done)
            assert infos[i]["TimeLimit.truncated"] is False
            if done:
                last = infos[i]["terminal_observation"]
                np.testing.assert_array_equal(last, np.moveaxis(grid, -1, 0))
                episode = infos[i]["episode"]
                assert (episode["r"], episode["l"]) == (returns[i], lengths[i])
                grid, returns[i], lengths[i] = its.reset()[0], 0, 0
                games += 1
            np.testing.assert_array_equal(observations[i], np.moveaxis(grid, -1, 0))
            assert _same_random_state(env.venv.games[i].env.random, its.game.random)
    return games


@pytest.mark.parametrize("game", GAMES)
def test_equals_minatar(game):
    games = _assert_equals_minatar(game, steps=400)
    assert games or game == "MinAtar/Freeway"


@pytest.mark.slow
@pytest.mark.parametrize("game", GAMES)
def test_equals_minatar_for_long(game):
    assert _assert_equals_minatar(game, steps=50_000) >= 30


@pytest.mark.parametrize("game", ["MinAtar/Breakout", "MinAtar/Seaquest"])
@pytest.mark.parametrize("max_frames", [None, 13])
def test_equals_the_reference_engine(game, max_frames):
    exact, reference = (
        make_minatar_env(game, 2, seed=3, engine=engine, max_frames=max_frames)
        for engine in ENGINES
    )
    assert exact.observation_space == reference.observation_space
    assert exact.action_space == reference.action_space
    np.testing.assert_array_equal(exact.reset(), reference.reset())
    rng, cut = np.random.default_rng(0), 0
    for _ in range(150):
        actions = rng.integers(exact.action_space.n, size=2)
        ours = exact.step(actions)
        _assert_same_step(ours, reference.step(actions))
        cut += sum(info["TimeLimit.truncated"] for info in ours[3])
    assert bool(cut) == bool(max_frames)


def _assert_goes_on(game, engine, path, cut, steps):
    env = make_minatar_env(game, 2, seed=3, engine=engine)
    env.reset()
    play(env, cut, seed=0)
    torch.save(env.get_state(), path)
    command = [sys.executable, __file__, game, engine, str(path), str(steps)]
    here = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=here)
    assert done.stdout.split() == play(env, steps, seed=1)


def _resume(game: str, engine: str, path: str, steps: str) -> None:
    env = make_minatar_env(game, 2, seed=99, engine=engine)
    env.set_state(torch.load(path, weights_only=True))
    print("\n".join(play(env, int(steps), seed=1)))


@pytest.mark.slow
@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("engine", ENGINES)
def test_goes_on_for_long_from_anywhere(game, engine, tmp_path):
    for cut in np.random.default_rng(0).integers(1, 5_000, size=3):
        _assert_goes_on(game, engine, tmp_path / "state.pt", int(cut), steps=3_000)


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("engine", ENGINES)
def test_goes_on_from_a_state_that_is_plain_data(game, engine, tmp_path):
    """Whatever a game holds, its state passes through a checkpoint and back."""
    env, other = (make_minatar_env(game, 2, s, engine=engine) for s in (3, 99))
    env.reset()
    play(env, 150, seed=0)
    torch.save(env.get_state(), tmp_path / "state.pt")
    other.set_state(torch.load(tmp_path / "state.pt", weights_only=True))
    assert play(other, 150, seed=1) == play(env, 150, seed=1)


@pytest.mark.parametrize("engine", ENGINES)
def test_saving_changes_nothing(engine):
    undisturbed, saved = (
        make_minatar_env("MinAtar/Freeway", 2, seed=3, engine=engine) for _ in range(2)
    )
    undisturbed.reset(), saved.reset()
    for seed in range(5):
        saved.get_state()
        assert play(saved, 20, seed) == play(undisturbed, 20, seed)


@pytest.mark.parametrize("engine", ENGINES)
def test_restores_observations_and_their_layout(engine):
    env = make_minatar_env("MinAtar/SpaceInvaders", 2, seed=3, engine=engine)
    env.reset()
    observations = env.step(np.array([3, 1]))[0]
    state = env.get_state()
    play(env, 50, seed=1)
    restored = env.set_state(state)
    np.testing.assert_array_equal(restored, observations)
    assert restored.strides == observations.strides


@pytest.mark.parametrize(
    "other",
    [
        {"game": "MinAtar/Asterix"},
        {"n_envs": 3},
        {"max_frames": 500},
        {"sticky_actions": 0.25},
        {"difficulty_ramping": False},
        {"engine": "reference"},
    ],
)
def test_refuses_the_state_of_another(other):
    settings = {"game": "MinAtar/Breakout", "n_envs": 2, "seed": 3}
    env = make_minatar_env(**settings)
    env.reset()
    state = env.get_state()
    with pytest.raises(ValueError, match="the state is of"):
        make_minatar_env(**{**settings, **other}).set_state(state)


def test_shapes_and_types():
    for game in GAMES:
        env = make_minatar_env(game, 2, seed=0)
        env.reset()
        observations, rewards, dones, infos = env.step(np.array([0, 1]))
        name = game.partition("/")[2]
        assert env.action_space.n == ACTIONS.get(name, 4)
        assert observations.shape == (2, CHANNELS.get(name, 6), 10, 10)
        assert observations.dtype == np.uint8
        assert observations.max() == 1
        assert (rewards.dtype, dones.dtype, len(infos)) == (np.float32, bool, 2)
        assert env.get_images()[0].shape == (160, 160, 3)


def test_observations_are_safe_to_keep():
    env = make_minatar_env("MinAtar/Breakout", 2, seed=0)
    kept = [env.reset()]
    copies = [kept[0].copy()]
    for _ in range(60):
        observations, _, _, infos = env.step(np.array([1, 2]))
        ends = [i["terminal_observation"] for i in infos if "terminal_observation" in i]
        for seen in [observations, *ends]:
            kept.append(seen)
            copies.append(seen.copy())
    assert len(kept) > 61, "no game ended"
    for seen, copy in zip(kept, copies, strict=True):
        np.testing.assert_array_equal(seen, copy)


def test_a_game_of_freeway_lasts_2500_frames():
    game = MinAtarGame("MinAtar/Freeway")
    game.reset(seed=0)
    for frame in range(1, 2_600):  # noqa: B007
        if game.step(0)[1]:
            break
    assert frame == game.game_frames == FREEWAY_FRAMES


def test_each_game_has_a_seed_of_its_own():
    env = make_minatar_env("MinAtar/Asterix", 3, seed=5)
    env.reset()
    streams = [str(game["rng"]) for game in env.get_state()["games"]]
    env.seed(6)
    env.reset()
    later = [str(game["rng"]) for game in env.get_state()["games"]]
    assert len({*streams}) == 3
    assert later[:2] == streams[1:]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"game": "MinAtar/Pong"}, "unknown game 'MinAtar/Pong': known are MinAtar/A"),
        ({"engine": "native"}, "unknown engine 'native': known are exact, reference"),
        ({"n_envs": 0}, "n_envs must be at least 1, not 0"),
        ({"max_frames": 0}, "max_frames must be at least 1, not 0"),
    ],
)
def test_refuses_wrong_settings(wrong, message):
    with pytest.raises(ValueError, match=message):
        make_minatar_env(**{"game": "MinAtar/Asterix", "n_envs": 1, "seed": 0, **wrong})


@pytest.mark.parametrize("actions", [[0, 3], [0, -1], [0], [0.0, 1.0], [True, False]])
def test_refuses_wrong_actions(actions):
    env = make_minatar_env("MinAtar/Breakout", 2, seed=0)
    env.reset()
    with pytest.raises(ValueError, match=r"actions must be 2 integers in \[0, 3\)"):
        env.step(np.array(actions))


def test_a_missing_package_is_said_in_one_line(monkeypatch):
    from benchmarks.games import minatar_game

    minatar_game._module.cache_clear()
    monkeypatch.setattr(minatar_game.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(minatar_game.MissingPackageError, match="pip install"):
        make_minatar_env("MinAtar/Asterix", 1, seed=0)
    minatar_game._module.cache_clear()


def test_a_run_does_not_load_what_draws():
    """`minatar` imports matplotlib and seaborn, a second that no run needs."""
    code = (
        "import sys; from benchmarks.games.minatar_env import make_minatar_env;"
        "make_minatar_env('MinAtar/Breakout', 1, 0);"
        "print({'matplotlib', 'seaborn', 'ale_py'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "set()", done.stderr


def test_a_name_says_its_family():
    assert family_of("Breakout").name == "Atari"
    assert family_of("MinAtar/Breakout").name == "MinAtar"
    assert [family.name for family in families()] == ["Atari", "MinAtar"]
    for family in families():
        assert set(family.games) <= set(family.all_games())
        assert all(family_of(game) is family for game in family.games)
    with pytest.raises(ValueError, match="the families are Atari, MinAtar"):
        family_of("Procgen/CoinRun")


if __name__ == "__main__":
    _resume(*sys.argv[1:])
