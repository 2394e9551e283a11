"""A replay memory in checkpoints: exact, incremental, safe from damage and kills."""

import multiprocessing
import os
import random
import signal
import time
import tracemalloc

import numpy as np
import pytest
from gymnasium import spaces

from algorithms.replay import PathReplayBuffer
from benchmarks.errors import UsageError
from benchmarks.runs import checkpoint as checkpoints
from benchmarks.runs import frame_store
from benchmarks.runs.frame_store import FOLDERS, FrameStore

STACK, SIDE = 4, 6
ARRAYS = ("frames", "row_actions", "row_rewards", "acted", "ended", "row_terminated")
PLACES = ("head", "in_episode")


def make(size=400, n_envs=1, side=SIDE):
    space = spaces.Box(0, 255, (STACK, side, side), np.uint8)
    return PathReplayBuffer(
        size, space, spaces.Discrete(6), "cpu", n_envs, frame_stack=STACK, seed=0
    )


def play(memory, begin, end):
    """Add the steps from one to another, which depend on their number alone."""
    n_envs, side = memory.n_envs, memory.obs_shape[-1]
    for step in range(begin, end):
        rng = np.random.default_rng(step)
        seen = rng.integers(255, size=(2, n_envs, STACK, side, side), dtype=np.uint8)
        done = rng.random(n_envs) < 0.1
        action, reward = rng.integers(6, size=(n_envs, 1)), rng.normal(size=n_envs)
        memory.add(*seen, action, reward, done, [{}] * n_envs)


def played(end, *args):
    memory = make(*args)
    play(memory, 0, end)
    return memory


def assert_same(one, other):
    for name in (*ARRAYS, *PLACES):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


def save(folder, memory, step, store):
    state = {"step": step, "replay": memory.get_state()}
    checkpoints.save(folder, state, memory, store)


def restored(folder, *args):
    """What a new process has: the memory, its store, and the step it is at."""
    state = checkpoints.load(folder)
    memory = make(*args)
    memory.set_state(state["replay"])
    for env, first, frames in state["frames"]:
        memory.set_rows(env, first, frames)
    return memory, state["frames"], state["step"]


def files(folder):
    return {path for name in FOLDERS for path in (folder / name).iterdir()}


@pytest.mark.parametrize(("size", "n_envs"), [(400, 1), (403, 1), (1000, 3), (16, 1)])
def test_a_memory_comes_back_whatever_the_wrap(size, n_envs, tmp_path):
    rng = random.Random(0)
    memory, store, step = make(size, n_envs), FrameStore(tmp_path), 0
    while memory.head[0] < 4 * memory.rows:
        until = step + rng.choice([1, 7, 60, 150, 2 * size])
        for each in range(step, until):
            play(memory, each, each + 1)
            store.write_full(memory)
        step = until
        save(tmp_path, memory, step, store)
        memory, store, at = restored(tmp_path, size, n_envs)
        assert at == step
        assert_same(memory, played(step, size, n_envs))


def test_what_is_on_disk_is_not_written_again(tmp_path):
    memory, store = played(700), FrameStore(tmp_path)
    save(tmp_path, memory, 700, store)
    before = {path.name: path.stat().st_ino for path in files(tmp_path)}
    play(memory, 700, 760)
    save(tmp_path, memory, 760, store)
    after = {path.name: path.stat().st_ino for path in files(tmp_path)}
    rows, size = 400, 100
    # A ring of four chunks lies over five; the new rows are in two.
    assert len(after.keys() - before.keys()) <= 60 // size + 2
    assert sum(after[name] == before[name] for name in after.keys() & before.keys()) > 2
    play(memory, 760, 2000)
    save(tmp_path, memory, 2000, store)
    play(memory, 2000, 2001)
    save(tmp_path, memory, 2001, store)
    assert len(files(tmp_path)) <= 2 * (rows // size + 4)  # both checkpoints', twice


@pytest.fixture
def two_checkpoints(tmp_path):
    """Checkpoints at steps 300 and 350, and the names of their files."""
    memory, store = played(300), FrameStore(tmp_path)
    save(tmp_path, memory, 300, store)
    shared = {chunk.name for chunk in store.chunks}
    play(memory, 300, 350)
    save(tmp_path, memory, 350, store)
    newest = {chunk.name for chunk in store.chunks}
    return shared & newest, newest - shared


DAMAGES = {
    "flip": lambda path: path.write_bytes(
        bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:]
    ),
    "truncate": lambda path: os.truncate(path, path.stat().st_size // 2),
    "empty": lambda path: path.write_bytes(b""),
    "delete": lambda path: path.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_to_any_one_file_is_survived(damage, two_checkpoints, tmp_path, caplog):
    current = tmp_path / checkpoints.CURRENT_FILE
    for victim in (*files(tmp_path), current):
        kept = {path: path.read_bytes() for path in (*files(tmp_path), current)}
        previous = (tmp_path / checkpoints.PREVIOUS_FILE).read_bytes()
        DAMAGES[damage](victim)
        caplog.clear()
        memory, store, step = restored(tmp_path)
        assert step == (300 if victim == current else 350)
        assert_same(memory, played(step))
        save(tmp_path, memory, step, store)  # writes again what has lost its copy
        referred = {chunk.name for chunk in store.chunks}
        assert all((tmp_path / name / n).stat().st_size for name in FOLDERS
                   for n in referred)  # fmt: skip
        for path, content in kept.items():
            path.write_bytes(content)
        (tmp_path / checkpoints.PREVIOUS_FILE).write_bytes(previous)


def spoil_chunks(folder, names):
    for path in [path for path in files(folder) if path.name in names]:
        DAMAGES["flip"](path)


def test_a_chunk_that_is_lost_with_its_copy_costs_one_checkpoint(
    two_checkpoints, tmp_path, caplog
):
    _, own = two_checkpoints
    assert own
    spoil_chunks(tmp_path, own)
    memory, store, step = restored(tmp_path)
    assert "damaged" in caplog.text
    assert step == 300
    assert_same(memory, played(300))
    # What was damaged doesn't become the previous checkpoint in place of the good one.
    play(memory, 300, 320)
    save(tmp_path, memory, 320, store)
    (tmp_path / checkpoints.CURRENT_FILE).unlink()
    memory, _, step = restored(tmp_path)
    assert step == 300
    assert_same(memory, played(300))


def test_a_chunk_that_both_need_and_both_copies_lost_is_told(two_checkpoints, tmp_path):
    shared, _ = two_checkpoints
    assert shared
    spoil_chunks(tmp_path, shared)
    with pytest.raises(UsageError, match="every checkpoint is damaged"):
        checkpoints.load(tmp_path)


def save_for_ever(folder):
    memory, store, step = make(), FrameStore(folder), 0
    if (folder / checkpoints.CURRENT_FILE).exists():
        memory, store, step = restored(folder)
    for until in range(step + 1, 10**9, 10):
        for each in range(step, until):
            play(memory, each, each + 1)
            store.write_full(memory)
        save(folder, memory, until, store)
        step = until


def written(path):
    """When a file was written; None while it is not there, as amid a save."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None


def test_killed_at_any_moment_of_a_save_it_leaves_a_checkpoint(tmp_path):
    rng = random.Random(0)
    current = tmp_path / checkpoints.CURRENT_FILE
    save(tmp_path, played(390), 390, FrameStore(tmp_path))
    reached, in_a_save = 390, 0
    for _ in range(30):
        before = current.stat().st_mtime_ns
        child = multiprocessing.get_context("fork").Process(
            target=save_for_ever, args=(tmp_path,)
        )
        child.start()
        while written(current) in (None, before):
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.1))
        assert child.is_alive()
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        in_a_save += any(path.suffix == ".tmp" for path in tmp_path.rglob("*"))
        memory, _, step = restored(tmp_path)
        assert step > reached
        reached = step
        assert_same(memory, played(step))
    assert in_a_save >= 3
    checkpoints.remove(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", range(9))
def test_a_save_that_fails_leaves_the_last_one(number, tmp_path, monkeypatch):
    memory, store = played(300), FrameStore(tmp_path)
    save(tmp_path, memory, 300, store)
    play(memory, 300, 420)
    calls, fsync = [], os.fsync

    def full(descriptor):
        calls.append(descriptor)
        if len(calls) > number:
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        save(tmp_path, memory, 420, store)
    monkeypatch.undo()
    assert not any(path.suffix == ".tmp" for path in tmp_path.rglob("*"))
    found, _, step = restored(tmp_path)
    assert step == 300
    assert_same(found, played(300))
    save(tmp_path, memory, 420, store)
    assert_same(restored(tmp_path)[0], played(420))


def test_saving_and_loading_take_the_memory_of_a_chunk(tmp_path, monkeypatch):
    monkeypatch.setattr(frame_store, "CHUNK_ROWS", 200)
    memory, chunk = played(4000, 4000, 1, 40), 200 * 40 * 40
    other = make(4000, 1, 40)
    tracemalloc.start()
    save(tmp_path, memory, 4000, FrameStore(tmp_path))
    saving = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    state = checkpoints.load(tmp_path)
    other.set_state(state["replay"])
    for env, first, frames in state["frames"]:
        other.set_rows(env, first, frames)
    loading = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert_same(other, memory)
    assert max(saving, loading) < 6 * chunk < memory.frames.nbytes / 3
