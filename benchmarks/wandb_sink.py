"""Weights & Biases beside a run's own record: it may fail, the run goes on."""

from __future__ import annotations

import logging
import netrc
import os
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from stable_baselines3.common.logger import KVWriter

log = logging.getLogger(__name__)

WANDB_PROJECT = "soft-q-pg"
# Beyond this a W&B process is taken for dead: it must never hold a run up.
WANDB_PATIENCE_S = 20.0
CONNECT_S = 3.0


class WandbWriter(KVWriter):
    """Sends rows to W&B; the first error of W&B's ends that, never the run.

    Rows carry ``frames`` as their step metric. W&B's own step counter is not used: it
    refuses rows that come twice, as they do when a run is taken up again.
    """

    def __init__(self, folder: Path, record: Mapping[str, Any]) -> None:
        self.run: Any = None
        self._guard("start", lambda: self._start(folder, record))

    def _start(self, folder: Path, record: Mapping[str, Any]) -> None:
        import wandb

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
            mode=wandb_mode(),
            resume="allow",
            settings=settings,
        )
        run.define_metric("frames")
        run.define_metric("*", step_metric="frames")
        self.run = run

    def write(
        self,
        key_values: dict[str, Any],
        key_excluded: dict[str, tuple[str, ...]],
        step: int = 0,
    ) -> None:
        """Send one row at ``step`` frames."""
        self.send({"frames": step, **key_values})

    def send(self, row: dict[str, Any]) -> None:
        """Send a row, if W&B is still there."""
        if self.run is not None:
            self._guard("log", lambda: self.run.log(row))

    def close(self) -> None:
        """Let W&B finish, for a while."""
        if self.run is None:
            return
        finish = threading.Thread(
            target=self._guard, args=("finish", self.run.finish), daemon=True
        )
        finish.start()
        finish.join(WANDB_PATIENCE_S)

    def _guard(self, what: str, call: Callable[[], Any]) -> None:
        # Whatever a third party's process raises must not end hours of training.
        try:
            call()
        except (Exception, SystemExit) as error:
            self.run = None
            log.warning("W&B %s failed, going on without it: %s", what, error)


def wandb_mode() -> Any:
    """Offline, unless the user asks otherwise or is logged in and W&B can be reached.

    With a key but no network, ``wandb.init`` would wait for minutes; a connection is
    tried first.
    """
    asked = os.environ.get("WANDB_MODE")
    if asked:
        return asked
    import wandb

    url = urlsplit(str(wandb.Settings().base_url))
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
