"""Findings: what ``theory``, ``faults``, ``speed`` and ``cost`` found, as files.

Each turns what its command found into data, tables and figures, and reads the data
again, so that tables and figures can be made without the command. ``measured`` has the
names that the command line needs of ``speed``, without its libraries.
"""

__all__ = ["cost", "faults", "measured", "speed", "theory"]
