"""``list``: what can be run."""

from __future__ import annotations


def list_suites() -> int:
    """List the suites, the variants and the games."""
    from algorithms import ALGORITHMS
    from benchmarks.games.roms import GAMES
    from benchmarks.suites.suite import describe, suite_names

    for name in suite_names():
        print(f"{name:10} {describe(name)}")
    print(f"\nvariants:  {', '.join(ALGORITHMS)}")
    print(f"games:     {', '.join(GAMES)}; any other that ale-py has, by --games")
    return 0
