"""A user's own games: side by side, saved exactly if they can be, refused if not."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium import spaces

from benchmarks.errors import ConfigError
from benchmarks.games import own
from benchmarks.games.own import OwnGames
from benchmarks.suites.suite import load_suite
from tests.benchmarks.own_suites import _forgets, examples_in

__all__ = ["_forgets"]
CARTPOLE, ACROBOT = "ClassicControl/CartPole", "ClassicControl/Acrobot"


@pytest.fixture
def classic(tmp_path):
    """The family of the example, as a suite that names it has it."""
    load_suite(examples_in(tmp_path))
    return own.family_of(CARTPOLE)


def played(env: Any, seed: int, steps: int) -> list[Any]:
    """What random actions lead to, less the wall time of games."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(steps):
        actions = rng.integers(env.action_space.n, size=env.num_envs)
        obs, rewards, dones, infos = env.step(actions)
        games = [
            (i["episode"]["r"], i["episode"]["l"]) for i in infos if "episode" in i
        ]
        found.append((obs.tobytes(), rewards.tolist(), dones.tolist(), games))
    return found


@pytest.mark.parametrize("limit", [{}, {"max_frames": 25}])
@pytest.mark.parametrize("game", [CARTPOLE, ACROBOT])
def test_a_game_that_was_saved_goes_on_as_if_nothing_had_been(
    classic, game, limit, tmp_path
):
    env = classic.make_env(game, 3, 7, **limit)
    env.reset()
    played(env, 0, 33)
    torch.save(env.get_state(), tmp_path / "state.pt")
    going_on = played(env, 1, 60)
    assert any(games for *_, games in going_on) or (game == ACROBOT and not limit)
    other = classic.make_env(game, 3, 99, **limit)
    other.reset()
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    assert other.set_state(state).shape == (3, *env.observation_space.shape)
    assert played(other, 1, 60) == going_on


def test_the_observations_of_then_come_back(classic):
    env = classic.make_env(CARTPOLE, 2, 0)
    env.reset()
    seen = env.step(np.array([0, 1]))[0]
    state = env.get_state()
    played(env, 0, 5)
    assert np.array_equal(env.set_state(state), seen)


def test_a_state_of_another_game_is_refused(classic):
    env, other = classic.make_env(CARTPOLE, 2, 0), classic.make_env(ACROBOT, 2, 0)
    for each in (env, other):
        each.reset()
    with pytest.raises(ValueError, match="the state is of"):
        other.set_state(env.get_state())


def test_environments_have_seeds_of_their_own(classic):
    first, again = (classic.make_env(CARTPOLE, 3, 5).reset() for _ in range(2))
    assert np.array_equal(first, again)
    assert len({row.tobytes() for row in first}) == 3


class Walk(gym.Env):
    """Ends after as many steps as it is told to take."""

    observation_space = spaces.Box(-1, 1, (2,), np.float32)
    action_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.left = 5
        return np.zeros(2, np.float32), {}

    def step(self, action):
        self.left -= 1
        return np.full(2, self.left / 5, np.float32), 2.0, self.left == 0, False, {}


class Walks(OwnGames):
    name, games = "Walks", ("Short",)

    def make(self, game):
        return Walk()


def test_a_family_that_saves_nothing_begins_anew_and_says_so():
    own.register(Walks)
    assert not own.is_exact("Walks/Short") and own.is_exact("Pong")
    env = own.family_of("Walks/Short").make_env("Walks/Short", 2, 0)
    env.reset()
    played(env, 0, 3)
    assert env.set_state(env.get_state()).tolist() == [[0, 0], [0, 0]]
    (*_, games) = played(env, 0, 5)[-1]
    assert games == [(10.0, 5), (10.0, 5)]


class Keeps(Walks):
    def get_state(self, env):
        return {"left": [env.unwrapped.left, object()]}

    def set_state(self, env, state):
        env.unwrapped.left = state["left"][0]


def test_what_no_checkpoint_can_hold_is_named():
    own.register(Keeps)
    env = own.family_of("Walks/Short").make_env("Walks/Short", 1, 0)
    env.reset()
    with pytest.raises(TypeError, match=r"get_state\['left'\]\[1\]: expected plain"):
        env.get_state()


class Steers(Walk):
    action_space = spaces.Box(-1, 1, (1,), np.float32)


def of(**attributes: Any) -> type[OwnGames]:
    return type("Mine", (Walks,), attributes)


BAD = {
    "no name": (of(name="a/b"), "Mine: name: expected a text of the form"),
    "taken": (of(name="minatar"), "name: the project has games of that name"),
    "no games": (of(games=()), "games: expected names of the form"),
    "half a state": (of(get_state=lambda *_: {}), "get_state and set_state: expected"),
    "a package": (of(packages=("no-such-thing",)), "packages: no-such-thing is not"),
    "no discrete actions": (
        of(make=lambda *_: Steers()),
        "Walks/Short won't do: ValueError: Walks/Short needs a Discrete action space",
    ),
    "none made": (of(make=lambda *_: 1 / 0), "Walks/Short won't do: ZeroDivisionErr"),
}


@pytest.mark.parametrize(("kind", "said"), BAD.values(), ids=BAD)
def test_games_that_no_run_can_play_are_refused(kind, said):
    with pytest.raises(ValueError) as refused:
        own.register(kind)
    assert said in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (":ClassicControl", ":Classics", "classic_control.py has no Classics; nearest"),
        (":ClassicControl", ":np", "expected a subclass of OwnGames, not <module"),
        ("classic_control:", "nowhere:", "family: there is no "),
    ],
)
def test_a_suite_of_games_that_are_not_there(tmp_path, before, after, said):
    suite = examples_in(tmp_path)
    text = (tmp_path / "together.toml").read_text().replace(before, after, 1)
    (tmp_path / "together.toml").write_text(text)
    with pytest.raises(ConfigError) as refused:
        load_suite(suite)
    assert said in refused.value.problems[0]


def test_settings_of_games_stand_in_place_of_base_settings(tmp_path):
    suite = examples_in(tmp_path)
    run = load_suite(suite)[0]
    assert run.game == CARTPOLE and run.environment["n_envs"] == 8
    assert run.sources["n_envs"] == run.sources["frame_skip"] == "user"
    module = tmp_path / "classic_control.py"
    module.write_text(module.read_text().replace('"n_envs": 8', '"n_env": 8'))
    own_module = __import__("sys").modules.pop("classic_control")
    assert own_module.ClassicControl.name == "ClassicControl"
    with pytest.raises(ConfigError, match="settings: n_env: unknown key; nearest: n_e"):
        load_suite(suite)
