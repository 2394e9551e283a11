"""What the user asked for can't be done: shown as it is, without a traceback."""

from __future__ import annotations

from collections.abc import Sequence


class UsageError(Exception):
    """The message says what is wrong and what was expected."""


class ConfigError(UsageError):
    """Everything that is wrong with a suite and what was chosen of it, a line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)
