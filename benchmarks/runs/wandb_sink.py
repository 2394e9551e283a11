"""Weights & Biases beside a run's own record: it may fail, the run goes on."""

from __future__ import annotations

import logging
import netrc
import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.runs.recorded_rows import RowWriter, recorded_rows

log = logging.getLogger(__name__)

WANDB_PROJECT = "soft-q-pg"
OFFLINE = "offline-run-*"
# Beyond this a W&B process is taken for dead: it must never hold a run up.
WANDB_PATIENCE_S = 20.0
CONNECT_S = 3.0


class WandbWriter(RowWriter):
    """Sends rows to W&B; the first error of W&B's ends that, never the run.

    Rows carry ``frames`` as their step metric. W&B's own step is the row's number in
    the run, so that a row that comes twice, as it may when a run is taken up again, is
    there once: W&B refuses a step that it has had.
    """

    def __init__(self, folder: Path, record: Mapping[str, Any]) -> None:
        self.run: Any = None
        self.folder = folder
        self.n_rows = 0
        self.given_up = False
        self._guard("start", lambda: self._start(folder, record))

    def _start(self, folder: Path, record: Mapping[str, Any]) -> None:
        mode = wandb_mode()
        if mode == "disabled":  # importing it takes a second
            return
        import wandb

        _leave_jobs_out()
        settings = wandb.Settings(
            silent=True,
            console="off",
            disable_git=True,
            save_code=False,
            init_timeout=WANDB_PATIENCE_S,
            x_disable_stats=True,
            x_disable_meta=True,
        )
        run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", WANDB_PROJECT),
            id=record["run_id"],
            name=record["run_id"],
            group=f"{record['study']}/{record['game']}",
            job_type=record["label"],
            config=dict(record),
            dir=str(folder),
            mode=mode,
            resume="allow",
            settings=settings,
        )
        run.define_metric("frames")
        run.define_metric("*", step_metric="frames")
        self.run = run

    def send(self, row: dict[str, Any]) -> None:
        """Send a row, if W&B is still there."""
        if self.run is not None:
            self._guard("log", lambda: self.run.log(row, step=self.n_rows))
            self.n_rows += 1

    def catch_up(self, is_resumed: bool = True) -> None:
        """Send what the record holds already, of a run that is taken up again.

        A process that was killed leaves an offline run that lacks its last rows, and
        that ``wandb sync`` may refuse, and its run's others with it. The new one has
        all of its rows and takes its place.
        """
        if self.run is None:
            return
        if is_resumed:  # the files of another are empty, and slow to read
            self._guard("log", lambda: self._send_all(recorded_rows(self.folder)))
        if self.run is not None:
            mine = Path(self.run.dir).parent
            for other in self.folder.glob(f"wandb/{OFFLINE}"):
                if other.resolve() != mine.resolve():
                    shutil.rmtree(other, ignore_errors=True)

    def _send_all(self, rows: Iterable[dict[str, Any]]) -> None:
        for row in rows:
            self.send(row)

    def close(self) -> None:
        """Let W&B finish, for a while."""
        if self.run is not None:
            finish = self.run.finish
            if not _for_a_while(lambda: self._guard("finish", finish)):
                self._give_up("finish does not end")
            _for_a_while(_tear_down)
            self.run = None

    def _guard(self, what: str, call: Callable[[], Any]) -> None:
        # Whatever a third party's process raises must not end hours of training.
        try:
            call()
        except (Exception, SystemExit) as error:
            self._give_up(f"{what} failed: {error}")
            _for_a_while(_tear_down)

    def _give_up(self, reason: str) -> None:
        self.run = None
        if not self.given_up:
            self.given_up = True
            log.warning("going on without W&B, whose %s", reason)


def _for_a_while(call: Callable[[], Any]) -> bool:
    """Call, and wait no longer than patience lasts; whether it came back."""
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(WANDB_PATIENCE_S)
    return not thread.is_alive()


def _tear_down() -> None:
    """End W&B's process now: at Python's exit, W&B would wait for it without limit."""
    import wandb

    with suppress(Exception):
        wandb.teardown(0)


def _leave_jobs_out() -> None:
    """Have W&B not look for inputs of its launch jobs: half a second for nothing."""
    with suppress(ImportError, AttributeError):  # another W&B may have no such thing
        from wandb.sdk.wandb_run import Run

        Run._detect_and_apply_job_inputs = lambda self: None  # type: ignore


def wandb_mode() -> Any:
    """Offline, unless the user asks otherwise or is logged in and W&B can be reached.

    With a key but no network, ``wandb.init`` would wait for minutes; a connection is
    tried first.
    """
    asked = os.environ.get("WANDB_MODE")
    if asked:
        return asked
    import wandb

    url = urlsplit(str(wandb.setup().settings.base_url))
    host, port = url.hostname or "", url.port or (80 if url.scheme == "http" else 443)
    return "online" if _logged_in(host) and _reachable(host, port) else "offline"


def _logged_in(host: str) -> bool:
    if os.environ.get("WANDB_API_KEY"):
        return True
    try:
        path = os.environ.get("NETRC")
        return netrc.netrc(path).authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False


def _reachable(host: str, port: int) -> bool:
    reached = threading.Event()

    def connect() -> None:
        with suppress(OSError), socket.create_connection((host, port), CONNECT_S):
            reached.set()

    # Beside the run, because looking a name up knows no time limit.
    attempt = threading.Thread(target=connect, daemon=True)
    attempt.start()
    attempt.join(CONNECT_S)
    return reached.is_set()
