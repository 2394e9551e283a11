"""A run that is killed goes on as if nothing had been: the same bytes in its record."""

import functools
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
import torch

from analysis.records import read_run
from benchmarks import checkpoint as checkpoints
from benchmarks.errors import UsageError
from benchmarks.process import STOPPED
from benchmarks.provenance import exact_versions
from benchmarks.resume import resume_notes
from benchmarks.suite import Selection, load_suite
from benchmarks.train import POLICY_FILE, train, write_config

# The run's process, with checkpoints far more often than is of use.
CHILD = """
import sys, pathlib
from benchmarks import checkpoint, train
checkpoint.INTERVAL_S = float(sys.argv[2])
sys.exit(train.main(pathlib.Path(sys.argv[1])))
"""
A2C = {"n_envs": 4, "log_interval": 800}
DQN = {
    "log_interval": 800,
    "buffer_size": 700,
    "learning_starts": 200,
    "target_update_interval": 90,
}
CASES = [
    ("a2c-proper", "Breakout", 16_000, A2C),
    ("q-a2c", "Qbert", 16_000, A2C | {"engine": "native"}),
    ("dqn-soft-entropy-5step", "Qbert", 6_000, DQN),
    ("a2c-naive", "Breakout", 12_000, A2C | {"engine": "reference"}),
    ("q-a2c-c100", "Qbert", 16_000, A2C | {"engine": "reference"}),
]


def make_run(root, variant, game, frames, values):
    chosen = Selection([game], [variant], 1, frames, values)
    (config,) = load_suite("smoke", chosen)
    folder = root / config.run_id
    write_config(folder, config)
    return folder


def start(folder, interval=0.3):
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder), str(interval)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def record(folder):
    done = json.loads((folder / "done.json").read_text())
    policy = torch.load(folder / POLICY_FILE, weights_only=True)
    return (
        (folder / "episodes.csv").read_bytes(),
        (folder / "metrics.csv").read_bytes(),
        (done["frames"], done["episodes"]),
        [tensor.tolist() for tensor in policy.values()],
    )


def wait_for_checkpoint(folder, process, beyond=0.0):
    """Wait until there is a checkpoint younger than a moment, or the run has ended."""
    path = folder / checkpoints.CURRENT_FILE
    while process.poll() is None:
        if path.exists() and path.stat().st_mtime > beyond:
            return
        time.sleep(0.02)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The record of a case that nobody disturbs, made once."""

    @functools.cache
    def of(number):
        folder = make_run(tmp_path_factory.mktemp("undisturbed"), *CASES[number])
        assert start(folder, interval=1e9).wait() == 0
        return record(folder)

    return of


@pytest.mark.parametrize("case", range(len(CASES)), ids=lambda n: CASES[n][0])
def test_killed_again_and_again_it_leaves_the_same_record(case, undisturbed, tmp_path):
    rng = random.Random(0)
    disturbed = make_run(tmp_path, *CASES[case])
    signals = [signal.SIGKILL, signal.SIGTERM, signal.SIGKILL]
    for number in signals:
        process = start(disturbed)
        wait_for_checkpoint(disturbed, process, beyond=time.time())
        time.sleep(rng.uniform(0, 0.5))
        process.send_signal(number)
        assert process.wait() in (-number, STOPPED), "it was to be disturbed, not done"
        assert not (disturbed / "done.json").exists()
    assert start(disturbed).wait() == 0
    assert record(disturbed) == undisturbed(case)
    assert len(record(disturbed)[0].splitlines()) > 3  # games were finished


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    damage, undisturbed, tmp_path, caplog
):
    disturbed = make_run(tmp_path, *CASES[0])
    process = start(disturbed)
    while not (disturbed / checkpoints.PREVIOUS_FILE).exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.wait()
    spoil(disturbed / checkpoints.CURRENT_FILE, damage)
    assert train(disturbed) == 0
    assert "damaged" in caplog.text
    assert record(disturbed) == undisturbed(0)


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


@pytest.mark.parametrize("case", [0, 2], ids=lambda n: CASES[n][0])
def test_other_versions_are_refused_or_marked(case, tmp_path, monkeypatch):
    folder = make_run(tmp_path, *CASES[case])
    process = start(folder)
    wait_for_checkpoint(folder, process)
    process.terminate()
    assert process.wait() == STOPPED
    step = checkpoints.load(folder)["counters"]["num_timesteps"]
    real = exact_versions()
    monkeypatch.setattr(
        "benchmarks.resume.exact_versions", lambda: real | {"ale-py": "9"}
    )
    before = (folder / "config.json").read_bytes()
    with pytest.raises(UsageError, match=r"ale-py .* is now 9; --resume statistical"):
        train(folder)
    assert "is now 9" in json.loads((folder / "failed.json").read_text())["error"]
    assert (folder / "config.json").read_bytes() == before
    assert train(folder, "statistical") == 0
    (note,) = read_run(folder).config["resumes"]
    said = f"statistical resume at step {step}: ale-py {real['ale-py']} is now 9"
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

    monkeypatch.setattr("benchmarks.checkpoint.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        checkpoints.save(tmp_path, {"step": 2})
    monkeypatch.undo()
    assert checkpoints.load(tmp_path) == {"step": 1}
    assert [p.name for p in tmp_path.iterdir()] == [checkpoints.CURRENT_FILE]
