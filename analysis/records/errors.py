"""The errors of this package that are the data's fault, not the code's."""

from __future__ import annotations

from pathlib import Path


class RecordError(Exception):
    """A file does not hold what its format promises.

    Attributes:
        path: The file.
        problem: What is wrong with it, in one line.
    """

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        self.problem = " ".join(problem.split())
        super().__init__(f"{path}: {self.problem}")


class StudyNotFoundError(Exception):
    """There is no exported study of that name."""
