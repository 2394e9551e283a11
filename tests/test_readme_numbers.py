"""Every number that README quotes is in a file in results/.

README is searched for numbers, in digits and as fractions in words; commands and inline
code are left out, comments of commands are not. Each must stand in a quote, which reads
it from results/ and compares it, or in a phrase that reports no measurement: both are
listed in ``readme_quotes.py`` and ``readme_settings.py``.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.quoting import NUMBER, RESULTS, WORDS, Quote
from tests.readme_quotes import QUOTES
from tests.readme_settings import SETTINGS

README = (Path(__file__).parents[1] / "README.md").read_text()
TABLE, KEPT = "tests/readme_quotes.py", "tests/readme_settings.py"

# Tables that FINDINGS.md has from the data: of verdicts, and of scores on Atari.
_FOUND = (RESULTS / "FINDINGS.md").read_text()
TABLES = tuple(
    _FOUND[_FOUND.index(head) :].partition("\n\n")[0]
    for head in ("| | claim |", "| game | random play |")
)

_CODE = re.compile(r"```.*?```|`[^`\n]*`|\]\([^)\s]*\)", re.DOTALL)
_COMMENT = re.compile(r"(?m)(?<=\s)# .*$")
_TOKEN = re.compile(rf"(?<![\w.])(?:{NUMBER})")


def prose(text: str) -> str:
    """The text with blanks for code and links, so that places stay what they are."""

    def blank(code: re.Match[str]) -> str:
        blanks = re.sub(r"\S", " ", code[0])
        if not code[0].startswith("```"):
            return blanks
        for comment in _COMMENT.finditer(code[0]):
            blanks = blanks[: comment.start()] + comment[0] + blanks[comment.end() :]
        return blanks

    for table in TABLES:
        text = text.replace(table, re.sub(r"\S", " ", table))
    return _CODE.sub(blank, text)


def explained(text: str, quotes: tuple[Quote, ...]) -> Iterator[tuple[int, int]]:
    """Where the numbers of quotes stand, and the phrases of settings."""
    for quote in quotes:
        for found in quote.pattern.finditer(text):
            yield from (found.span(n) for n in range(1, len(quote.sources) + 1))
    for setting in SETTINGS:
        pattern = setting.replace(" ", r"\s+")
        yield from (found.span() for found in re.finditer(pattern, text))


def unexplained(text: str, quotes: tuple[Quote, ...] = QUOTES) -> list[str]:
    """The numbers of a text that are neither quotes nor settings, with their lines."""
    spans = list(explained(text, quotes))
    found = []
    for number in _TOKEN.finditer(prose(text)):
        if any(a <= number.start() and number.end() <= b for a, b in spans):
            continue
        line = text.count("\n", 0, number.start())
        found.append(f"line {line + 1}: {number[0]!r} in: {text.splitlines()[line]}")
    return found


@pytest.mark.parametrize("table", TABLES, ids=["verdicts", "Atari"])
def test_readme_opens_with_what_was_found(table: str) -> None:
    opening = README.partition("## Two commands")[0]
    assert table in opening, f"README's table should be\n{table}"


def worth(number: str) -> float:
    return WORDS[number] if number in WORDS else float(number.replace(",", ""))


def digits(number: str) -> int:
    """Decimals that a number is written with; of a word, all."""
    return 15 if number in WORDS else len(number.partition(".")[2])


def wrong(quote: Quote, text: str, results: Path = RESULTS) -> list[str]:
    """Where a text's numbers are not those of the quote's sources."""
    found = list(quote.pattern.finditer(text))
    if not found:
        return [f"README no longer says {quote.says!r}: mend or drop it in {TABLE}"]
    return [
        f"README says {number} in {quote.says!r}; {source}: {source.value(results):g}"
        for sentence in found
        for number, source in zip(sentence.groups(), quote.sources, strict=True)
        if not agree(number, source.value(results), quote.bound)
    ]


def agree(number: str, value: float, bound: bool) -> bool:
    """Whether a number of README is a value, or above it."""
    if bound:
        return value < worth(number)
    return round(value, digits(number)) == worth(number)


def test_every_number_is_a_quote_or_a_setting() -> None:
    found = unexplained(README)
    assert not found, (
        "README has numbers that nothing explains. If it is a result, give it a Quote "
        f"in {TABLE}; if a setting, a phrase in {KEPT}:\n" + "\n".join(found)
    )


@pytest.mark.parametrize("quote", QUOTES, ids=lambda quote: quote.says[:40])
def test_quotes_are_what_results_say(quote: Quote) -> None:
    problems = wrong(quote, README)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("setting", SETTINGS)
def test_no_phrase_is_left_over(setting: str) -> None:
    assert re.search(setting.replace(" ", r"\s+"), README), (
        f"README has no {setting!r} any more: drop it from {KEPT}"
    )


def test_rows_and_figures_that_are_named_exist() -> None:
    section = README.partition("## What the mathematics says")[2].partition("\n## ")[0]
    with (RESULTS / "data" / "theory" / "theory.csv").open() as file:
        checks = {line["check"] for line in csv.DictReader(file)}
    named = set(re.findall(r"`([a-z_]+\.[a-z_0-9]+)`", section))
    rows = {name for name in named if not name.endswith(("_all.sh", ".md", ".png"))}
    assert rows and not rows - checks, f"no such rows: {sorted(rows - checks)}"
    figures = named - rows
    assert figures
    for name in figures:
        assert (RESULTS / "figures" / name).is_file(), f"no figure {name}"


def test_files_of_results_that_are_named_exist() -> None:
    paths = re.findall(r"results/[\w./-]+\w", README)
    kept = [path for path in paths if not path.startswith("results/runs")]
    missing = [path for path in kept if not (RESULTS.parent / path).exists()]
    assert not missing, f"README names files that results/ lacks: {missing}"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("A2C scores 45.8 on Breakout.", "45.8"),
        ("Pong\ntakes half the time.", "half"),
        ("```sh\n./run_all.sh x --seeds 5  # in 9 minutes\n```", "9"),
        ("it costs 0.8 % with `--set tau=0.1`", "0.8"),
        ("| `q-a2c` | 12.5 | 57 |", "12.5"),
    ],
)
def test_a_number_from_nowhere_is_seen(text: str, number: str) -> None:
    (found,) = unexplained(text)
    assert repr(number) in found


def test_code_versions_and_names_are_no_numbers() -> None:
    text = "SB3's A2C, `--seeds 5`, Eq. 82, 83,\nFigures 1-3 ([x](a/b_3.png))."
    assert unexplained(text) == []


@pytest.mark.parametrize("quote", QUOTES, ids=lambda quote: quote.says[:40])
def test_a_quote_that_differs_is_seen(quote: Quote) -> None:
    """Each number of each quote, changed in its last digit, is an error of its own."""
    found = quote.pattern.search(README)
    assert found is not None
    for n, number in enumerate(found.groups(), 1):
        low, high = found.span(n)
        other = "thousandth" if number in WORDS else _other(number, quote)
        problems = wrong(quote, README[:low] + other + README[high:])
        assert problems and f"README says {other}" in problems[0], (n, number)


def test_a_result_that_changes_is_seen(tmp_path: Path) -> None:
    """The checks run again with another outcome, and README as it was."""
    file = Path("data", "theory", "theory.csv")
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text((RESULTS / file).read_text().replace("0.46%", "0.47%"))
    (problem,) = wrong(QUOTES[0], README, tmp_path)
    assert "README says 0.46 in" in problem and "theory.csv" in problem


def _other(number: str, quote: Quote) -> str:
    """A number that is one more in its last digit; of an upper bound, nothing."""
    if quote.bound:
        return "0"
    step = 10.0 ** -digits(number)
    return f"{worth(number) + step:.{digits(number)}f}"
