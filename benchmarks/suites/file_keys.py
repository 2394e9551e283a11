"""The keys of a suite's file, beside its settings: what each takes and what for."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.records.configs import FIRST_TUNING_SEED
from benchmarks.suites.schema import MOST

MOST_SEEDS = FIRST_TUNING_SEED  # of one suite
LAST_FIRST_SEED = 10**6
_WHOLE = "a whole number above 0 and at most"


@dataclass(frozen=True)
class FileKey:
    """A key of a suite's file.

    Attributes:
        takes: What its value is.
        means: What for.
        default: What stands for it if it is left out; "" if it can't be.
    """

    takes: str
    means: str
    default: str = ""


OF_A_SUITE = {
    "description": FileKey("text", "What the suite is for.", "nothing"),
    "games": FileKey("a list of games", "What groups play that name no games."),
    "family": FileKey(
        '"module:Class"',
        "Games of your own: a subclass of OwnGames, in a module beside the file.",
        "the project's games alone",
    ),
    "variant": FileKey(
        "[variant.NAME] tables",
        'Algorithms of your own: class = "module:Class", and any settings of it.',
        "the project's variants alone",
    ),
    "group": FileKey("[[group]] tables", "What is run; see below."),
}
OF_A_GROUP = {
    "variants": FileKey("a list of variants", "What learns, on each game and seed."),
    "games": FileKey("a list of games", "What they play.", "the suite's"),
    "frames": FileKey(f"{_WHOLE} {MOST:,}", "Emulator frames of each run."),
    "seeds": FileKey(f"{_WHOLE} {MOST_SEEDS:,}", "How many seeds, each a run."),
    "first_seed": FileKey(
        f"a whole number of at least 0 and at most {LAST_FIRST_SEED:,}",
        "The least seed. Those from 1,000 on are for tuning, which no result has seen.",
        "0",
    ),
    "set": FileKey("set.KEY = VALUE", "Settings in place of the base ones.", "none"),
    "vary": FileKey(
        "vary.KEY = VALUE", "As set, and named in the legend of the runs.", "none"
    ),
}
