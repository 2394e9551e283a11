"""Sweeps: many runs; where they are made, how far they are, how long they need yet."""

__all__ = ["commands", "sweep"]
