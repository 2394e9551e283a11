"""What is worked out once in a command."""

from __future__ import annotations

from analysis.records.once import keeping, once


def test_what_is_kept_is_kept_for_equal_options_alone() -> None:
    calls = []

    @once
    def product(number: int, times: int = 2) -> int:
        calls.append(number)
        return number * times

    with keeping():
        found = [product(3), product(3), product(3, times=3), product(3, times=2)]
    assert found == [6, 6, 9, 6]
    assert len(calls) == 3
