"""Runs: one run, from its configuration to its record.

Built, trained, recorded, checkpointed, taken up again, and what it was made with.
"""

__all__ = [
    "build",
    "checkpoint",
    "commands",
    "failure",
    "heartbeat",
    "machine",
    "process",
    "processor",
    "provenance",
    "recording",
    "resume",
    "run_names",
    "state",
    "stopwatch",
    "tensorboard_sink",
    "tracking",
    "train",
]
