"""The table of faults: what each is, how it is injected, and who does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults import inputs, processes, storage
from benchmarks.faults.lab import Lab, NotRunError

HELD, FAILED, NOT_RUN = "held", "NOT HELD", "not run"


@dataclass(frozen=True)
class Fault:
    """A fault.

    Attributes:
        name: What goes wrong.
        injected: How it is made to.
        inject: Does it, in a results folder of its own; returns what was observed and
            whether it was survived.
    """

    name: str
    injected: str
    inject: Callable[[Lab, Path], tuple[str, bool]]

    def observe(self, lab: Lab, results: Path) -> tuple[str, str]:
        """Inject it; return what was observed and the verdict."""
        try:
            observed, held = self.inject(lab, results)
        except NotRunError as reason:
            return f"not run: {reason}", NOT_RUN
        except Exception as error:  # one that went astray says nothing of the others
            return f"{type(error).__name__}: {error}".splitlines()[0], FAILED
        return observed, HELD if held else FAILED


FAULTS = (
    Fault("a run's process is killed", "SIGKILL to itself", processes.killed),
    Fault("a run raises", "the game raises in one run of two", processes.raised),
    Fault(
        "Ctrl-C, SIGTERM", "to the driver's process group, twice", processes.interrupted
    ),
    Fault("the driver is killed", "SIGKILL", processes.driver_killed),
    Fault("two drivers", "the same command while the run is on", processes.two_drivers),
    Fault(
        "a node is lost", "Ray's Cluster.remove_node, ungracefully", processes.node_lost
    ),
    Fault(
        "the newest checkpoint is damaged",
        "a bit flipped, truncated, emptied",
        storage.newest_damaged,
    ),
    Fault(
        "both checkpoints are damaged", "a bit flipped in each", storage.both_damaged
    ),
    Fault(
        "killed while saving",
        "SIGKILL before the renames, then between them",
        processes.killed_while_saving,
    ),
    Fault("a torn row", "half a row appended to both tables", storage.torn_row),
    Fault(
        "a table's end is mangled",
        "NUL bytes, a second header, in a finished run",
        storage.nul_tail,
    ),
    Fault(
        "the disk is full",
        f"a {storage.DISK_MB} MB tmpfs, filled while the run trains",
        storage.disk_full,
    ),
    Fault("the results are read-only", "a tmpfs, remounted", storage.read_only),
    Fault("a number is NaN", "a parameter filled with NaN", inputs.not_a_number),
    Fault("an unknown game", "--games Pongg", inputs.unknown_game),
    Fault(
        "a path in a name",
        "../../x, a/b and a NUL as game or variant",
        inputs.path_in_name,
    ),
    Fault(
        "a suite with mistakes",
        "a misspelt key, a negative rate, a word for a number",
        inputs.bad_suite,
    ),
    Fault(
        "a configuration is changed",
        "--set gamma=0.9; config.json edited by hand",
        inputs.changed_configuration,
    ),
    Fault(
        "no W&B key, no network",
        "no key; a key and a server that can't be reached; no terminal",
        processes.no_wandb,
    ),
    Fault("W&B dies", "SIGKILL to its process", processes.wandb_dies),
    Fault(
        "a game hangs in C++",
        "ale-py's vector environment given action 99; --stall-minutes 0.2",
        processes.hung,
    ),
    Fault(
        "other versions on resume",
        "the process takes its torch for 9.9",
        inputs.other_versions,
    ),
    Fault(
        "a hostile checkpoint",
        "a pickle that runs a command, its checksum right",
        storage.hostile,
    ),
    Fault(
        "a seed is missing", "one of two runs of an arm deleted", storage.seed_missing
    ),
    Fault("HTML in a name", "<script> in a study's labels", storage.html_in_name),
)
