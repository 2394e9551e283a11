"""A run that is killed goes on as if nothing had been: the same bytes in its record."""

import functools
import hashlib
import io
import json
import os
import random
import signal
import time
from importlib.metadata import version

import pytest
import torch

from analysis.records.record import read_run
from benchmarks.errors import UsageError
from benchmarks.runs import checkpoint as checkpoints
from benchmarks.runs.frame_store import Chunk
from benchmarks.runs.process import STOPPED
from benchmarks.runs.resume import resume_notes
from benchmarks.runs.train import POLICY_FILE, train, write_config
from benchmarks.suites.suite import Selection, load_suite
from tests.benchmarks.runs.child_run import NEW, STEPS_FILE, begun_at, has_got_on, start

A2C = {"n_envs": 4, "log_interval": 800}
DQN = {
    "log_interval": 800,
    "buffer_size": 400,
    "learning_starts": 200,
    "target_update_interval": 90,
}
# Without frames skipped, a thousand steps or more a second.
GRID_A2C = {"n_envs": 8, "log_interval": 2_000}
GRID_DQN = DQN | {"n_envs": 4, "buffer_size": 2_000}
NATIVE, REFERENCE = {"engine": "native"}, {"engine": "reference"}
SOFT = "dqn-soft-entropy-5step"
CASES = [
    ("a2c-proper", "Breakout", 16_000, A2C),
    ("q-a2c", "Qbert", 16_000, A2C | NATIVE),
    (SOFT, "Qbert", 6_000, DQN),
    ("a2c-naive", "Breakout", 12_000, A2C | REFERENCE),
    ("q-a2c-c100", "Qbert", 16_000, A2C | REFERENCE),
    ("a2c-proper", "MinAtar/Breakout", 24_000, GRID_A2C),
    (SOFT, "MinAtar/Asterix", 4_000, GRID_DQN),
]
MORE_CASES = [
    ("a2c-proper", "Qbert", 16_000, A2C),
    ("a2c-proper", "Breakout", 16_000, A2C | NATIVE),
    ("q-a2c", "Breakout", 16_000, A2C),
    (SOFT, "Breakout", 6_000, DQN),
    (SOFT, "Qbert", 6_000, DQN | NATIVE),
]
KILL, TERM = signal.SIGKILL, signal.SIGTERM


def slow(values):
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]


def name(case):
    variant, game, _, values = CASES_AND_MORE[case]
    engine = values.get("engine", "exact")
    return f"{variant}-{game.replace('/', '-')}-{engine}"


CASES_AND_MORE = CASES + MORE_CASES
SOME = range(len(CASES))
ALL = range(len(CASES_AND_MORE))
ON_MINATAR = [n for n, case in enumerate(CASES_AND_MORE) if "/" in case[1]]


def make_run(root, variant, game, frames, values):
    chosen = Selection([game], [variant], seeds=1, frames=frames, values=values)
    (config,) = load_suite("minatar-smoke" if "/" in game else "smoke", chosen)
    folder = root / config.run_id
    write_config(folder, config)
    return folder


def record(folder):
    done = json.loads((folder / "done.json").read_text())
    policy = torch.load(folder / POLICY_FILE, weights_only=True)
    return (
        (folder / "episodes.csv").read_bytes(),
        (folder / "metrics.csv").read_bytes(),
        (done["frames"], done["episodes"]),
        {key: value.numpy().tobytes() for key, value in policy.items()},
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The record of a case that nobody disturbs, and its seconds; made once."""

    @functools.cache
    def of(case):
        folder = make_run(tmp_path_factory.mktemp("undisturbed"), *CASES_AND_MORE[case])
        assert finish(start(folder, 1e9)) == 0
        return record(folder), json.loads((folder / "done.json").read_text())["seconds"]

    return of


def finish(process):
    process.join()
    return process.exitcode


def disturb(folder, number, interval, delay, got_on):
    """Start the run; send it a signal some time after it trains, or has got on."""
    before = len(begun_at(folder))
    process = start(folder, interval)

    def ready():
        begun = len(begun_at(folder)) > before
        return begun and (has_got_on(folder) or not got_on)

    while not ready():
        assert process.is_alive(), "it was to be disturbed, not done"
        time.sleep(0.005)
    time.sleep(delay)
    os.kill(process.pid, number)
    # Else it had ended before.
    assert finish(process) == (STOPPED if number == TERM else -number)
    assert not (folder / "done.json").exists()


def disturb_at_random(folder, signals, seconds, seed):
    """Strike a run of so many seconds with signals, at moments well before its end."""
    rng = random.Random(seed)
    (folder / STEPS_FILE).touch()
    longest = seconds / max(10, 2 * len(signals))
    for count, number in enumerate(signals):
        got_on = count < 2 or rng.random() < 0.5
        delay = rng.uniform(0, longest)
        disturb(folder, number, seconds / 40, delay, got_on)


def assert_resumed(folder, signals):
    """Every process but the first went on from a checkpoint, and they got on."""
    steps = begun_at(folder)
    first, *resumed = steps
    assert (first, len(resumed)) == (NEW, len(signals))
    assert 0 < min(resumed) < max(resumed)
    assert resumed == sorted(resumed)
    names = " ".join(signal.Signals(number).name for number in signals)
    print(f"{folder.name}: {names} struck in training; resumed at steps {resumed}")


def check_disturbed(case, signals, undisturbed, tmp_path):
    expected, seconds = undisturbed(case)
    disturbed = make_run(tmp_path, *CASES_AND_MORE[case])
    disturb_at_random(disturbed, signals, seconds, seed=case)
    assert finish(start(disturbed, 1e9)) == 0
    assert_resumed(disturbed, signals)
    assert record(disturbed) == expected
    assert len(expected[0].splitlines()) > 3  # games were finished
    assert not list(disturbed.glob("checkpoint*"))


@pytest.mark.parametrize("case", [0, *slow([1]), 2, *slow(SOME[3:])], ids=name)
def test_killed_again_and_again_it_leaves_the_same_record(case, undisturbed, tmp_path):
    check_disturbed(case, [KILL, TERM, KILL], undisturbed, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("case", ALL, ids=name)
def test_killed_at_many_moments_it_leaves_the_same_record(case, undisturbed, tmp_path):
    # Over all cases 40 kills and 10 requests to stop.
    check_disturbed(case, [KILL, KILL, TERM, KILL, KILL], undisturbed, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("case", ON_MINATAR, ids=name)
def test_killed_at_ten_moments_minatar_leaves_the_same_record(
    case, undisturbed, tmp_path
):
    check_disturbed(case, [KILL] * 10, undisturbed, tmp_path)


def killed_with_two_checkpoints(root, case):
    folder = make_run(root, *CASES[case])
    process = start(folder)
    while not (folder / checkpoints.PREVIOUS_FILE).exists():
        assert process.is_alive()
        time.sleep(0.02)
    process.kill()
    process.join()
    return folder


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty"])
@pytest.mark.parametrize("case", [0, *slow([1, 2])], ids=name)
def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    case, damage, undisturbed, tmp_path, caplog
):
    disturbed = killed_with_two_checkpoints(tmp_path, case)
    spoil(disturbed / checkpoints.CURRENT_FILE, damage)
    assert train(disturbed) == 0
    assert "damaged" in caplog.text
    assert record(disturbed) == undisturbed(case)[0]


@pytest.mark.slow
def test_a_damaged_replay_memory_gives_way_to_the_one_before(
    undisturbed, tmp_path, caplog
):
    disturbed = killed_with_two_checkpoints(tmp_path, 2)
    previous = frames_of(disturbed / checkpoints.PREVIOUS_FILE)
    for path in disturbed.glob("checkpoint.frames*/*"):
        if path.name not in previous:
            spoil(path, "flip")
    assert train(disturbed) == 0
    assert "damaged" in caplog.text
    assert record(disturbed) == undisturbed(2)[0]


def frames_of(path):
    """Names of the files that a checkpoint refers to."""
    payload = io.BytesIO(path.read_bytes()[checkpoints.DIGEST_BYTES :])
    state = torch.load(payload, weights_only=True)
    return {Chunk(*chunk).name for chunk in state["frames"]}


def spoil(path, damage):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    spoilt = {"flip": content, "truncate": content[: len(content) // 3], "empty": b""}
    path.write_bytes(spoilt[damage])


def test_when_every_checkpoint_is_damaged_it_says_so(tmp_path):
    folder = make_run(tmp_path, *CASES[0])
    for name in (checkpoints.CURRENT_FILE, checkpoints.PREVIOUS_FILE):
        (folder / name).write_bytes(b"not a checkpoint")
    with pytest.raises(UsageError, match="every checkpoint is damaged; delete"):
        train(folder)


@pytest.mark.parametrize("case", [0, 2], ids=name)
def test_other_versions_are_refused_or_marked(case, tmp_path, monkeypatch):
    variant, game, _, values = CASES[case]
    folder = make_run(tmp_path, variant, game, 4_000, values)
    disturb_at_random(folder, [TERM], seconds=1, seed=0)
    step = checkpoints.load(folder)["counters"]["num_timesteps"]
    monkeypatch.setattr(
        "benchmarks.runs.resume.package_versions", lambda names: dict.fromkeys(names, 9)
    )
    before = (folder / "config.json").read_bytes()
    with pytest.raises(UsageError, match=r"ale-py .* is now 9; --resume statistical"):
        train(folder)
    assert "is now 9" in json.loads((folder / "failed.json").read_text())["error"]
    assert (folder / "config.json").read_bytes() == before
    assert train(folder, "statistical") == 0
    (note,) = read_run(folder).config["resumes"]
    said = f"statistical resume at step {step}: ale-py {version('ale-py')} is now 9"
    assert note == said


def test_a_gpu_run_is_always_marked(tmp_path):
    now = {"torch": "2", "device": "cuda"}
    was = {"conditions": now, "resumes": ["statistical resume at step 4: on a GPU"]}
    checkpoint = {"record": was, "counters": {"num_timesteps": 8}}
    notes = resume_notes(tmp_path, checkpoint, now, "strict")
    assert notes == [f"statistical resume at step {n}: on a GPU" for n in (4, 8)]
    with pytest.raises(UsageError, match="device cuda is now cpu"):
        resume_notes(tmp_path, checkpoint, now | {"device": "cpu"}, "strict")


def test_a_checkpoint_can_not_run_code(tmp_path, caplog):
    class Evil:
        def __reduce__(self):
            return (os.system, (f"touch {tmp_path / 'ran'}",))

    checkpoints.save(tmp_path, {"evil": [1]})
    torch.save({"evil": Evil()}, tmp_path / "evil.pt")
    payload = (tmp_path / "evil.pt").read_bytes()
    digest = hashlib.sha256(payload).digest()
    (tmp_path / checkpoints.CURRENT_FILE).write_bytes(digest + payload)
    with pytest.raises(UsageError, match="every checkpoint is damaged"):
        checkpoints.load(tmp_path)
    assert "refused: it holds more than plain data" in caplog.text
    assert not (tmp_path / "ran").exists()


def test_a_save_that_fails_leaves_the_last_one(tmp_path, monkeypatch):
    checkpoints.save(tmp_path, {"step": 1})

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("benchmarks.runs.checkpoint.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        checkpoints.save(tmp_path, {"step": 2})
    monkeypatch.undo()
    assert checkpoints.load(tmp_path) == {"step": 1}
    assert [p.name for p in tmp_path.iterdir()] == [checkpoints.CURRENT_FILE]
