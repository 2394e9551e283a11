"""Weights & Biases may be missing, unreachable, broken or killed: the run goes on."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import wandb

from analysis.records.record import read_run
from benchmarks.runs import wandb_sink
from benchmarks.runs.train import train
from benchmarks.runs.wandb_sink import WandbWriter, wandb_mode

RECORD = {"run_id": "r-1", "study": "smoke", "game": "Pong", "label": "q-a2c"}
# A key has this form; W&B looks at no more than that before it calls its server.
KEY = "0123456789abcdef0123456789abcdef01234567"


class FakeRun:
    """A W&B run; the methods named in ``broken`` raise."""

    def __init__(self, *broken: str) -> None:
        self.broken, self.rows, self.finished = broken, [], False
        self.dir = "wandb/offline-run-1/files"

    def _may_raise(self, name: str) -> None:
        if name in self.broken:
            raise ConnectionResetError(f"{name}: the service is gone")

    def define_metric(self, *names, **options):
        self._may_raise("define_metric")

    def log(self, row, step):
        self._may_raise("log")
        assert step == len(self.rows)
        self.rows.append(row)

    def finish(self):
        self._may_raise("finish")
        self.finished = True


def faked(monkeypatch, *broken: str) -> FakeRun:
    run = FakeRun(*broken)

    def init(**options):
        run._may_raise("init")
        run.options = options
        return run

    monkeypatch.setattr(wandb, "init", init)
    monkeypatch.setenv("WANDB_MODE", "offline")
    return run


def warnings_of(caplog) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]


def test_rows_carry_frames_as_their_own_step(tmp_path, monkeypatch):
    run = faked(monkeypatch)
    writer = WandbWriter(tmp_path, RECORD)
    writer.write({"train/loss": 0.5}, {}, step=400)
    writer.send({"frames": 500, "game_return": -3.0})
    writer.close()
    assert run.rows == [
        {"frames": 400, "train/loss": 0.5},
        {"frames": 500, "game_return": -3.0},
    ]
    assert run.finished
    assert run.options["id"] == "r-1" and run.options["config"] == RECORD


def test_who_wants_none_does_not_wait_for_its_import(tmp_path, monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "wandb", None)  # an import is an error
    writer = WandbWriter(tmp_path, RECORD)
    writer.send({"frames": 1})
    writer.catch_up()
    writer.close()
    assert warnings_of(caplog) == []


@pytest.mark.parametrize("broken", ["init", "define_metric", "log", "finish"])
def test_whatever_it_raises_is_one_warning(broken, tmp_path, monkeypatch, caplog):
    run = faked(monkeypatch, broken)
    writer = WandbWriter(tmp_path, RECORD)
    for frames in (1, 2, 3):
        writer.send({"frames": frames})
    writer.close()
    writer.close()
    (warning,) = warnings_of(caplog)
    assert "going on without W&B" in warning
    assert len(run.rows) == (3 if broken == "finish" else 0)


@pytest.mark.parametrize("broken", ["init", "log", "finish"])
def test_a_run_ends_well_without_it(broken, tiny, run_folder, monkeypatch, caplog):
    faked(monkeypatch, broken)
    folder = run_folder(tiny("a2c-naive", frames=800))
    assert train(folder) == 0
    assert read_run(folder).status == "done"
    assert len(warnings_of(caplog)) == 1


def test_a_finish_that_never_returns_is_left_behind(tmp_path, monkeypatch):
    run = faked(monkeypatch)
    run.finish = threading.Event().wait
    monkeypatch.setattr(wandb_sink, "WANDB_PATIENCE_S", 0.1)
    began = time.monotonic()
    WandbWriter(tmp_path, RECORD).close()
    assert time.monotonic() - began < 5


# ------------------------------------------------------------------ online, offline


@pytest.fixture
def free(monkeypatch):
    monkeypatch.delenv("WANDB_MODE")
    wandb.teardown()  # it remembers the settings of the tests before
    yield monkeypatch
    wandb.teardown()


@pytest.mark.parametrize("asked", ["online", "offline", "disabled"])
def test_the_mode_that_is_asked_for_is_taken(asked, free):
    free.setattr(wandb_sink, "_reachable", lambda host, port: pytest.fail("asked"))
    free.setenv("WANDB_MODE", asked)
    assert wandb_mode() == asked


def test_nobody_logged_in_is_offline_without_a_call(free):
    free.setattr(wandb_sink, "_reachable", lambda host, port: pytest.fail("called"))
    assert wandb_mode() == "offline"


@pytest.mark.parametrize("reached", [True, False])
def test_with_a_key_it_is_online_if_it_can_be_reached(reached, free):
    free.setenv("WANDB_API_KEY", KEY)
    free.setattr(wandb_sink, "_reachable", lambda host, port: reached)
    assert wandb_mode() == ("online" if reached else "offline")


def test_a_login_in_netrc_counts_for_its_own_host(free, tmp_path):
    ours = ("wandb.example", 8080)
    free.setattr(wandb_sink, "_reachable", lambda host, port: (host, port) == ours)
    free.setenv("WANDB_BASE_URL", "http://wandb.example:8080")
    netrc = tmp_path / "netrc"
    free.setenv("NETRC", str(netrc))
    for machine, mode in (("wandb.example", "online"), ("other.example", "offline")):
        netrc.write_text(f"machine {machine} login user password {KEY}\n")
        assert wandb_mode() == mode
    netrc.write_text("machine machine machine\n")
    assert wandb_mode() == "offline"


@pytest.mark.parametrize("how", ["refuses", "is silent"])
def test_a_host_that_refuses_or_is_silent_is_offline_soon(how, free):
    def connect(address, timeout):
        if how == "is silent":
            time.sleep(30)
        raise ConnectionRefusedError

    free.setenv("WANDB_API_KEY", KEY)
    free.setattr(wandb_sink.socket, "create_connection", connect)
    free.setattr(wandb_sink, "CONNECT_S", 0.2)
    began = time.monotonic()
    assert wandb_mode() == "offline"
    assert time.monotonic() - began < 10


# ---------------------------------------------------------------- the real processes


def environment(**variables: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k != "WANDB_MODE"}
    return kept | {"OMP_NUM_THREADS": "1"} | variables


def test_offline_without_a_key_and_nothing_secret_in_the_files(tiny, run_folder):
    folder = run_folder(tiny("a2c-naive", frames=800))
    secrets = {"MY_TOKEN": "token-5d41402abc4b", "WANDB_API_KEY": KEY}
    command = [sys.executable, "-m", "benchmarks", "train", str(folder)]
    # Port 9 of this machine refuses; a key alone must not make the run wait or ask.
    variables = secrets | {"WANDB_BASE_URL": "http://127.0.0.1:9"}
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        env=environment(**variables),
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(folder.glob("wandb/offline-run-*/*.wandb"))
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 5
    for path in files:
        for secret in secrets.values():
            assert secret.encode() not in path.read_bytes(), path


STRIKES_ITS_WANDB = """
import os, signal, sys
from pathlib import Path
from benchmarks.runs import train, tracking, wandb_sink

def cores():
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = process.joinpath("stat").read_text().rsplit(")")[1].split()[1]
            name = process.joinpath("comm").read_text()
        except OSError:
            continue
        if name.startswith("wandb-core") and int(parent) == os.getpid():
            yield int(process.name)

record = tracking.RecordCallback._record_game
struck = set()
def strike_first(self, *args):
    for pid in set(cores()) - struck:
        os.kill(pid, int(sys.argv[2]))
        struck.add(pid)
    record(self, *args)

tracking.RecordCallback._record_game = strike_first
wandb_sink.WANDB_PATIENCE_S = 3
status = train.main(Path(sys.argv[1]))
for pid in struck:
    print("struck", pid, flush=True)
sys.exit(status)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("strike", [signal.SIGKILL, signal.SIGSTOP])
def test_a_wandb_process_dead_or_dumb_does_not_end_a_run(strike, tiny, run_folder):
    folder = run_folder(tiny("a2c-naive", frames=1600))
    command = [sys.executable, "-c", STRIKES_ITS_WANDB, str(folder), str(int(strike))]
    # No pipe: a W&B process that is stopped would hold its other end for ever.
    with (folder / "log.txt").open("w") as log, (folder / "out.txt").open("w") as out:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=log,
            timeout=300,
            env=environment(),
        )
    lines = (folder / "out.txt").read_text().splitlines()
    struck = [int(line.split()[1]) for line in lines]
    assert len(struck) == 1
    if strike == signal.SIGSTOP:
        os.kill(struck[0], signal.SIGKILL)
    said = (folder / "log.txt").read_text()
    assert done.returncode == 0, said
    record = read_run(folder)
    assert record.status == "done" and len(record.episodes) > 2
    assert said.count("going on without W&B") == 1
    assert "Traceback" not in said
