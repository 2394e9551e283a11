"""What can't come to anything is said before it is tried, and nothing else is."""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gymnasium import spaces

from algorithms.replay import PathReplayBuffer
from benchmarks.games import game_lengths
from benchmarks.games.families import families, family_of
from benchmarks.games.families.minatar import FAMILY as MINATAR
from benchmarks.suites.suite import Selection, load_suite
from benchmarks.sweeps import capacity
from benchmarks.sweeps.feasibility import doubts

LARGE = 10**15
ROW_BYTES = 84 * 84 + capacity.ROW_BYTES
STORED_ROW_BYTES = 2 * (550 + capacity.ROW_BYTES)


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    """A machine with all the memory and disk of the world, until a test says other."""

    def has(memory: int = LARGE, disk: int = LARGE) -> None:
        monkeypatch.setattr(capacity, "memory_here", lambda: memory)
        monkeypatch.setattr(capacity, "disk_free", lambda folder: disk)

    has()
    return has


def run(variant: str, frames: int, game: str = "Pong", **values):
    chosen = Selection([game], [variant], seeds=1, frames=frames, values=values)
    return load_suite("paper", chosen)[0]


def said(*runs, at_once: int = 1) -> list[str]:
    return doubts(runs, at_once, Path("results"))


def test_the_papers_own_budgets_are_not_doubted():
    assert said(*load_suite("paper")) == []


# ------------------------------------------------------------------- DQN's schedules

FITS = {"learning_starts": 1_000, "exploration": "0:1 4000:1 8000:0.1"}


@pytest.mark.parametrize(("frames", "doubted"), [(200_000, True), (200_004, False)])
def test_no_update_comes_before_learning_starts(frames, doubted):
    lines = said(run("dqn-hard", frames, learning_starts=50_000))
    never = "dqn-hard: 50,000 agent steps, and learning_starts=50,000: no update"
    assert (never in lines) == doubted


@pytest.mark.parametrize(
    ("exploration", "epsilon"),
    [
        ("0:1 0.02:0.1 0.2:0.01", "0.085"),  # 2017's, at a fiftieth of 2017's budget
        ("0:1 200_000:0.89 300_000:0.1", "0.89"),
        ("0:1 200_000:0.901 300_000:0.1", None),
        ("0:1 0.06:1 0.2:0.01", None),
    ],
)
def test_epsilon_is_near_one_at_the_first_update(exploration, epsilon):
    values = {"exploration": exploration, "target_update_interval": 1_000}
    lines = said(run("dqn-hard", 4_000_000, learning_starts=50_000, **values))
    if epsilon is None:
        assert lines == []
    else:
        (line,) = lines
        at = "at the first update, agent step 50,000 of 1,000,000"
        assert f"epsilon is down to {epsilon} {at}" in line


@pytest.mark.parametrize(("last", "doubted"), [("0.51", True), ("0.5", False)])
def test_epsilon_falls_within_training(last, doubted):
    values = {"exploration": f"0:1 0.06:1 0.2:{last}", "target_update_interval": 1_000}
    lines = said(run("dqn-hard", 4_000_000, learning_starts=50_000, **values))
    assert [f"epsilon is still {last} at the end" in line for line in lines] == (
        [True] if doubted else []
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"target_update_interval": 10_000}, "95 copies, 61.5%"),
        ({"target_update_interval": 3_250}, "292 copies, 94.7%"),
        ({"target_update_interval": 3_000}, None),
        # Five steps a target: as far with a fifth of the copies.
        ({"target_update_interval": 10_000, "n_steps": 5}, None),
        ({"target_update_interval": 10_000, "gamma": 0.9}, None),
        ({"target_update_interval": 3_000, "gamma": 1.0}, "317 copies, 0.0%"),
        # A vector of games copies as often in agent steps.
        ({"target_update_interval": 10_000, "n_envs": 8}, "95 copies, 61.5%"),
    ],
)
def test_a_constant_reaches_its_fixed_point(changes, expected):
    exploration = "0:1 200_000:1 400_000:0.1"
    values = {"exploration": exploration, "learning_starts": 50_000, **changes}
    lines = said(run("dqn-soft-kl", 4_000_000, **values))
    if expected is None:
        assert lines == []
    else:
        copies, reached = expected.split(", ")
        (line,) = lines
        period = f"target_update_interval={changes['target_update_interval']:,}"
        assert line.startswith(f"dqn-soft-kl: {period}: {copies} to the target network")
        assert f"can reach {reached} of its fixed point" in line


# --------------------------------------------------------------------- games that end


def played(frames: int, game: str = "Pong", **values) -> list[str]:
    return said(run("q-a2c", frames, game, **{"n_envs": 10} | values))


@pytest.mark.parametrize(
    ("frames", "doubted"),
    [
        (30_000, True),  # shorter than any game of Pong: 3,056 frames
        (31_000, False),
        (46_000, False),  # 4,140 to 4,600 frames of each
        (52_000, True),  # after the longest first and before the shortest second game
        (61_000, False),
        (10_000_000, False),
    ],
)
def test_a_game_can_end_in_the_last_tenth(frames, doubted, monkeypatch):
    table = {"Pong": game_lengths.Lengths(3056, 4638)}
    monkeypatch.setattr(game_lengths, "_table", lambda: table)
    lines = played(frames)
    assert [line.startswith("q-a2c: no game is likely to end") for line in lines] == (
        [True] * doubted
    )


def test_games_that_are_cut_end_there():
    assert played(30_000, max_frames=2_900) == []
    assert len(played(26_000, max_frames=2_900)) == 1


def test_of_a_game_whose_length_is_unknown_nothing_is_said():
    assert played(1_000, "Freeway") == []


def test_the_table_is_of_games_as_they_are_played():
    games = {game for family in families() for game in family.games}
    assert {*game_lengths._table()} == games
    shortest, longest = game_lengths.lengths("Breakout")
    found = game_lengths.measure("Breakout", 2)
    assert shortest <= found.shortest <= found.longest <= longest


def test_freeway_of_minatar_lasts_as_long_as_its_clock():
    assert game_lengths.lengths("MinAtar/Freeway") == (2_501, 2_501)
    assert played(20_000, "MinAtar/Freeway") != []
    assert played(26_000, "MinAtar/Freeway") == []


# ------------------------------------------------------------------- memory and disk


def test_a_row_takes_what_a_replay_memory_takes_for_it():
    box, actions = spaces.Box(0, 255, (4, 84, 84), np.uint8), spaces.Discrete(6)
    memory = PathReplayBuffer(400, box, actions, "cpu", frame_stack=4)
    arrays = [memory.frames, *(getattr(memory, name) for name in memory.ARRAYS)]
    sizes = {id(array): array.nbytes for array in arrays if array.ndim > 1}
    assert sum(sizes.values()) == 400 * ROW_BYTES


def random_frames(game: str, steps: int) -> np.ndarray:
    env, rng = family_of(game).make_env(game, 1, 0), np.random.default_rng(0)
    env.reset()
    n_actions = env.action_space.n
    return np.stack(
        [env.step(rng.integers(n_actions, size=1))[0] for _ in range(steps)]
    )


def test_a_row_of_minatar_takes_what_its_largest_game_takes_for_it():
    rows = [random_frames(game, 1_000) for game in MINATAR.games]
    assert max(frames[0].nbytes for frames in rows) == MINATAR.frame_bytes
    stored = [len(zlib.compress(frames.tobytes(), level=1)) / 1_000 for frames in rows]
    assert 0.5 * MINATAR.stored_frame_bytes < max(stored) <= MINATAR.stored_frame_bytes


def test_a_run_of_minatar_needs_little(machine):
    (dqn, *_) = load_suite("minatar", Selection(only=["dqn-hard"]))
    assert dqn.hyperparameters["buffer_size"] == 100_000
    assert capacity.memory_of(dqn) == capacity.PROCESS_BYTES + 100_000 * 1_015
    assert capacity.disk_of(dqn) == capacity.CHECKPOINTS_BYTES + 100_000 * 2 * 55


def test_minatars_own_budgets_are_not_doubted():
    assert said(*load_suite("minatar", Selection(seeds=1))) == []


FULL = 1_000_000 * ROW_BYTES + capacity.PROCESS_BYTES


def full(*variants: str):
    return [run(variant, 200_000_000) for variant in variants]


def test_memories_of_the_runs_at_once_fit_in_the_machines(machine):
    runs = [*full("dqn-hard", "dqn-soft-kl", "dqn-hard-plus"), *full("q-a2c")]
    machine(memory=2 * FULL)
    assert said(*runs, at_once=2) == []
    (line,) = said(*runs, at_once=3)
    assert line.startswith("3 runs at once take 22.7 GB of memory")
    assert line.endswith("there are 15.1 GB: --jobs 2 fits")
    machine(memory=FULL - 1)
    (line,) = said(*runs)
    assert line.startswith("1 run at once") and "a smaller buffer_size" in line


def test_what_a_short_run_does_not_fill_is_not_counted(machine):
    machine(memory=FULL)
    short = [replace(each, frames=400_000) for each in full("dqn-hard", "dqn-soft-kl")]
    lines = said(*short, at_once=2)
    assert not [line for line in lines if "memory" in line]
    machine(memory=1_000_000 * ROW_BYTES - 1)  # but it must be had at once
    lines = said(*short, at_once=2)
    assert "a replay memory of 7.1 GB, and there are 7.1 GB of memory" in lines


def test_checkpoints_fit_on_the_disk(machine):
    needed = 1_000_000 * STORED_ROW_BYTES + capacity.CHECKPOINTS_BYTES
    runs = full("dqn-hard", "dqn-soft-kl")
    machine(disk=2 * needed)
    assert said(*runs, at_once=2) == []
    machine(disk=2 * needed - 1)
    (line,) = said(*runs, at_once=2)
    assert line.startswith("checkpoints of 2 runs at once take about 2.4 GB of disk")
    assert said(*runs, at_once=1) == []  # those of a run that is done are deleted


def test_of_runs_elsewhere_this_machine_says_nothing(machine):
    machine(memory=1, disk=1)
    assert said(*full("dqn-hard", "q-a2c"), at_once=0) == []


def test_a_machines_memory_is_what_its_group_may_have(tmp_path, monkeypatch):
    monkeypatch.undo()
    physical = capacity.memory_here()
    assert 10**8 < physical < 10**14
    (tmp_path / "job/step").mkdir(parents=True)
    (tmp_path / "job/memory.max").write_text("1000000\n")
    (tmp_path / "job/step/memory.max").write_text("max\n")
    groups = [(tmp_path / "job/step", "memory.max")]
    monkeypatch.setattr(capacity, "_groups", lambda: iter(groups))
    assert capacity.memory_here() == 1_000_000


def test_free_space_is_that_of_where_a_folder_will_be(tmp_path, monkeypatch):
    monkeypatch.undo()
    assert capacity.disk_free(tmp_path / "not/there/yet") > 0


# ------------------------------------------------------------------------- the lines


def test_a_line_names_the_runs_that_have_the_problem():
    chosen = Selection(games=["Pong", "Enduro"], seeds=2, frames=32_000)
    lines = [
        line for line in said(*load_suite("paper", chosen)) if "last tenth" in line
    ]
    begins = [line.partition(": ")[0] for line in lines]
    assert len(lines) == len({*lines})
    assert begins[0] == "a2c-naive, a2c-proper, q-a2c and 7 more on Pong"
    # Sixteen games at once play 2,000 frames each; one alone ends its tenth of Pong.
    assert "dqn-hard, dqn-soft-entropy, dqn-soft-kl and 5 more on Enduro" in begins
    assert not [who for who in begins if who.startswith("dqn") and "Pong" in who]


def test_plan_and_run_print_them_once(call, tmp_path, monkeypatch):
    from benchmarks.sweeps import engines
    from benchmarks.sweeps import estimate as speed

    monkeypatch.setattr(speed, "measure", lambda config: 1000.0)
    monkeypatch.setattr(engines.Local, "run", lambda *given: engines.Outcome())
    monkeypatch.setattr("benchmarks.show.show_study", lambda *given: 0)
    words = ["smoke", "--results", tmp_path, "--only", "dqn-hard", "--frames", "4000"]
    for command in ("plan", "run"):
        status, _, err = call(command, *words)
        lines = err.splitlines()
        assert status == 0 and len(lines) == len({*lines})
        assert all(line.startswith("warning: dqn-hard: ") for line in lines)
        assert any("learning_starts=1,000: no update" in line for line in lines)
