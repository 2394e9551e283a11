"""Every piece of Python and TOML in README, in its short form."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.runs.machine import prepare
from tests.benchmarks.readme.documents import README, Block, blocks
from tests.benchmarks.readme.short_forms import SNIPPETS, Snippet

PYTHON = blocks(README.read_text(), "python")
TOML = blocks(README.read_text(), "toml")
# What README's suite leaves to the reader.
HEAD = 'games = ["MinAtar/Breakout"]\n'
TAIL = """frames = { value = 20_000, source = "user" }
seeds = { value = 1, source = "user" }
"""


def short_form(block: Block) -> Snippet:
    """The one entry that is a block's."""
    (found,) = [each for each in SNIPPETS if each.has in block.body]
    return found


def test_every_entry_is_of_a_block():
    assert len(PYTHON) == len(SNIPPETS) > 0
    assert {short_form(block).has for block in PYTHON} == {s.has for s in SNIPPETS}


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: short_form(block).has)
def test_python_does_what_it_should(block, inside):
    short = short_form(block)
    names: dict[str, Any] = dict(short.given)
    code = block.body
    for part, stands in short.instead.items():
        assert part in code
        code = code.replace(part, stands)
    prepare(1)
    exec(code, names)
    assert eval(short.holds, names)


def test_the_suite_can_be_planned(inside, call):
    (block,) = TOML
    suite = inside / "examples/munchausen/of_readme.toml"
    suite.write_text(HEAD + block.body + TAIL)
    status, out, err = call("plan", suite)
    assert status == 0, err
    assert "2 runs: 2 missing" in out and "munchausen-dqn" in out
