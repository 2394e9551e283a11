"""``list``: what can be run; ``suites``: what a suite file can hold."""

from __future__ import annotations


def list_suites() -> int:
    """List the suites, the variants and the games."""
    from algorithms import ALGORITHMS
    from benchmarks.games.families import families
    from benchmarks.suites.suite import describe, suite_names

    for name in suite_names():
        print(f"{name:13} {describe(name)}")
    print(f"\nvariants:  {', '.join(ALGORITHMS)}")
    for family in families():
        more = len(family.all_games()) - len(family.games)
        others = f"; {more} more, by --games" if more else ""
        print(f"{family.name + ':':10} {', '.join(family.games)}{others}")
    return 0


def suites() -> int:
    """Print what a suite file can hold: every key, its type, default and meaning."""
    from benchmarks.suites.reference import reference

    print(reference())
    return 0
