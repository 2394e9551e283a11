"""The paper's equations as exact checks on bandits and small MDPs.

Everything here is float64, on one thread, and an expectation is a sum over all that
can happen, never a sample. The functions under test are those of :mod:`algorithms`.

Source: Schulman, Chen, Abbeel (2017), arXiv 1704.06440v4.
"""

__all__ = ["checks", "commands", "report", "rows"]
