"""Faults that long studies meet, injected one by one into real short runs.

Runs are started here as a user starts them: ``python -m benchmarks``.
"""

__all__ = ["commands"]
