"""A quotation of results/, and where its numbers are from."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

RESULTS = Path(__file__).parents[1] / "results"

WORDS = {"half": 1 / 2, "third": 1 / 3, "quarter": 1 / 4, "fifth": 1 / 5}
WORDS |= {"tenth": 0.1, "hundredth": 0.01, "percent": 0.01, "thousandth": 0.001}
WORDS |= {"twice": 2.0, "thrice": 3.0, "double": 2.0}
NUMBER = (
    rf"(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?(?:e-?\d+)?|\b(?:{'|'.join(WORDS)})\b"
)

Reduce = Callable[[list[float]], float]


def only(found: list[float]) -> float:
    """The one value that all rows have."""
    assert len(set(found)) == 1, f"there are {len(set(found))} values: {found}"
    return found[0]


@cache
def read(file: Path) -> pd.DataFrame:
    return pd.read_csv(file, dtype=str, keep_default_na=False)


@dataclass(frozen=True)
class Source:
    """Numbers in a CSV file of results/, and what is made of them.

    Attributes:
        file: Below results/.
        columns: Read in each row.
        find: Its first group is the number.
        rows: Pairs of a column and what is found in it, for the rows that count.
        of: Makes one number of those found.
    """

    file: str
    columns: tuple[str, ...]
    find: str
    rows: tuple[tuple[str, str], ...] = ()
    of: Reduce = only

    def value(self, results: Path = RESULTS) -> float:
        """The number that README should quote."""
        table = read(results / self.file)
        for column, found in self.rows:
            table = table[table[column].str.contains(found)]
        cells = [cell for column in self.columns for cell in table[column]]
        numbers = [re.search(self.find, cell) for cell in cells]
        found = [float(number[1]) for number in numbers if number]
        assert found, f"there is no such number: {self}"
        return self.of(found)

    def __str__(self) -> str:
        rows = ", ".join(
            f"{column} ~ '{found}'" for column, found in self.rows if found
        )
        return f"results/{self.file}, {' and '.join(self.columns)} of rows with {rows}"


@dataclass(frozen=True)
class Quote:
    """What README says, ``{}`` for each number, and where each of them comes from.

    Attributes:
        says: The text, whatever its line breaks.
        sources: One for each ``{}``.
        bound: README says that the sources' numbers are below its own, rather than
            what they are.
    """

    says: str
    sources: tuple[Source, ...]
    bound: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        said = re.escape(self.says).replace(r"\{\}", f"({NUMBER})")
        return re.compile(re.sub(r"(?:\\ )+", r"\\s+", said))
