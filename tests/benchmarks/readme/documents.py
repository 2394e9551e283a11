"""What the documents tell a reader to type: commands, and pieces of Python and TOML."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
README = ROOT / "README.md"
DOCUMENTS = (README, *sorted(ROOT.glob("examples/*/README.md")))

_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`([^`]+)`")
_ENTRANCE = "./run_all.sh "
_SCRIPT = "#!"


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, and what is in it."""

    language: str
    body: str


def blocks(text: str, language: str) -> list[Block]:
    """The fenced blocks of a language, in order."""
    found = (Block(*match) for match in _FENCE.findall(text))
    return [block for block in found if block.language == language]


def commands(text: str) -> list[str]:
    """Every command of a document, each once: words with one space between them.

    Those are the lines of its ``sh`` blocks, without comments, and what stands in its
    sentences as ``./run_all.sh ...``. Of a block that is a script they are the lines
    that start something of the project's.
    """
    found = [line for block in blocks(text, "sh") for line in _lines(block.body)]
    return list(dict.fromkeys([*found, *_in_sentences(text)]))


def inline(text: str) -> list[str]:
    """What stands between single backticks, with one space between its words."""
    return [" ".join(code.split()) for code in _INLINE.findall(_FENCE.sub("", text))]


def _lines(body: str) -> Iterator[str]:
    begins = ("./", ".venv/") if body.startswith(_SCRIPT) else ""
    for line in body.replace("\\\n", " ").splitlines():
        words = shlex.split(line.removesuffix("&"), comments=True)
        if words and words[0].startswith(begins):
            yield shlex.join(words)


def _in_sentences(text: str) -> Iterator[str]:
    return (code for code in inline(text) if code.startswith(_ENTRANCE))
