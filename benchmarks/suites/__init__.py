"""Suites: what to run, as TOML files; read, checked and resolved to runs.

The suites lie here, the base settings with their sources in ``settings/``.
"""

__all__ = [
    "base",
    "commands",
    "config",
    "own",
    "own_modules",
    "schema",
    "strangers",
    "suite",
]
