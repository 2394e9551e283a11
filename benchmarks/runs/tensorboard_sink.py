"""TensorBoard beside a run's own record, for who asks for it with ``--tensorboard``."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.errors import UsageError
from benchmarks.runs.recorded_rows import RowWriter, recorded_rows

TENSORBOARD_FOLDER = "tensorboard"  # of a run's folder
FLUSH_S = 30


def check_tensorboard() -> None:
    """Refuse what could not be written.

    Raises:
        UsageError: TensorBoard is not installed; how it is.
    """
    if find_spec("tensorboard") is None:
        raise UsageError(
            "--tensorboard: TensorBoard is not installed; "
            "pip install -c constraints.txt -e '.[tensorboard]' does it"
        )


class TensorboardWriter(RowWriter):
    """Writes rows as scalars, under the names that W&B has, at emulator frames.

    A run that is taken up again gets a new event file with the rows of its record, in
    place of what its earlier processes wrote: a killed one leaves rows unwritten, or
    has written rows that come again.

    Args:
        folder: The run's folder.
        is_resumed: Whether its record holds rows already.
    """

    def __init__(self, folder: Path, is_resumed: bool = False) -> None:
        from torch.utils.tensorboard.writer import SummaryWriter

        place = folder / TENSORBOARD_FOLDER
        shutil.rmtree(place, ignore_errors=True)
        # A TensorBoard that is open drops what it has shown so far.
        purge = 0 if is_resumed else None
        self.events = SummaryWriter(str(place), purge_step=purge, flush_secs=FLUSH_S)
        for row in recorded_rows(folder) if is_resumed else ():
            self.send(row)

    def send(self, row: dict[str, Any]) -> None:
        """Write the numbers of a row at its frames."""
        for name, value in row.items():
            if name != "frames":
                self.events.add_scalar(name, value, row["frames"])

    def close(self) -> None:
        """Write what is still in memory, and close the file."""
        self.events.close()
