"""What is wrong with a claim's file, or with the file of studies beside it.

Each problem is some words that begin with the key and say what was expected there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from analysis.claims.claim import ANSWERS, ESTIMANDS, KINDS, SILENT
from analysis.claims.verdicts import RATE
from analysis.records.configs import RESERVED

STUDIES_FILE = "studies.toml"
TEXTS = ("id", "title", "quotation", "place", "contradicted_by")
QUESTION: Mapping[str, Any] = {
    **dict.fromkeys(("id", "asks", "kind", "estimand", "margin_why"), str),
    "arms": list,
    "margin": float,
    "level": float,
    "blocks": dict,
}
_CLAIM: Mapping[str, Any] = {**dict.fromkeys(TEXTS, str), "theory": dict}
_THEORY: Mapping[str, Any] = {"answer": str, "says": str, "checks": list}
_QUESTION_OPTIONS: Mapping[str, Any] = {"games": dict, "decides": bool}
_TYPES = {
    str: "a text",
    list: "a list",
    float: "a number with a point",
    dict: "a table",
    bool: "true or false",
}
_TABLE = "expected a table that says something"
_NAMES = "expected a list of names, each once"


def studies_problems(tables: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with ``studies.toml``.

    Args:
        tables: Its content.
    """
    for study, table in tables.items():
        if study in RESERVED:
            yield f"{study}: no study is called so; the name is kept for other data"
        if not isinstance(table, dict) or "games" not in table:
            yield f"{study}: expected a table with a list `games`"
            continue
        names = _are_names(table["games"])
        if not names:
            yield f"{study}.games: {_NAMES}"
        for key in table.keys() - {"games", "scales"}:
            yield f"{study}.{key}: no such key"
        yield from _scales_problems(
            f"{study}.scales", table.get("scales", {}), table["games"] if names else []
        )


def _scales_problems(where: str, scales: Any, games: list[str]) -> Iterator[str]:
    if not isinstance(scales, dict):
        yield f"{where}: expected a table, with a line for each game"
        return
    for game, given in scales.items():
        if problem := _scale_problem(given, game in games):
            yield f"{where}.{game}: {problem}"


def _scale_problem(given: Any, known: bool) -> str:
    if not known:
        return "no game of the study"
    if not isinstance(given, dict) or set(given) != {"random", "scale", "source"}:
        return 'expected { random = ..., scale = ..., source = "..." }'
    if not all(_is_number(given[key]) for key in ("random", "scale")):
        return "random and scale: expected numbers"
    if not isinstance(given["source"], str):
        return "source: expected a text"
    return "" if given["scale"] > 0 else "scale: expected a number above 0"


def claim_problems(
    content: Mapping[str, Any], studies: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    """What is wrong with a claim.

    Args:
        content: Of its file.
        studies: The games of each study.
    """
    yield from _key_problems("", content, _CLAIM, {"question": list, "amendment": list})
    for key in ("id", "title"):  # each is a part of a line
        if isinstance(text := content.get(key), str) and not _is_line(text):
            yield f"{key}: expected a line of text, not {text!r}"
    if isinstance(theory := content.get("theory"), dict):
        yield from _theory_problems(theory)
    wanted: dict[str, Any] = {"date": object, "what": str}
    for where, each in _tables(content, "amendment"):
        yield from _key_problems(where, each, wanted, {}) if each else [where + _TABLE]
    for where, question in _tables(content, "question"):
        if not question:
            yield where + _TABLE
            continue
        where = f"{question.get('id', where.removesuffix(': '))}: "
        found = list(_key_problems(where, question, QUESTION, _QUESTION_OPTIONS))
        yield from found or (
            where + each for each in _question_problems(question, studies)
        )


def _tables(content: Mapping[str, Any], key: str) -> Iterator[tuple[str, Any]]:
    """Where each table of a list is, and it; None if it is no table."""
    every = content.get(key, [])
    for number, each in enumerate(every if isinstance(every, list) else [], 1):
        yield f"{key} {number}: ", each if isinstance(each, dict) else None


def _theory_problems(theory: Mapping[str, Any]) -> Iterator[str]:
    yield from _key_problems("theory.", theory, _THEORY, {})
    if (answer := theory.get("answer")) not in ANSWERS:
        yield f"theory.answer: expected one of {', '.join(ANSWERS)}, not {answer!r}"
    checks = theory.get("checks")
    if isinstance(checks, list) and checks and not _are_names(checks):
        yield f"theory.checks: {_NAMES}"
    if checks == [] and answer in ANSWERS and answer != SILENT:
        yield f"theory.checks: expected the checks by which it {answer}, or {SILENT!r}"


def _key_problems(
    where: str,
    table: Mapping[str, Any],
    wanted: Mapping[str, Any],
    optional: Mapping[str, Any],
) -> Iterator[str]:
    for key, kind in wanted.items():
        if key not in table:
            yield f"{where}{key} is missing"
        elif not isinstance(table[key], kind):
            yield f"{where}{key} is of the wrong type: expected {_TYPES[kind]}"
    for key in table.keys() - wanted.keys():
        if key not in optional:
            yield f"{where}{key}: no such key"
        elif not isinstance(table[key], optional[key]):
            yield f"{where}{key} is of the wrong type: expected {_TYPES[optional[key]]}"


def _question_problems(
    question: Mapping[str, Any], studies: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    if question["kind"] not in KINDS:
        yield f"kind: expected one of {', '.join(KINDS)}, not {question['kind']!r}"
    if question["estimand"] not in ESTIMANDS:
        found = question["estimand"]
        yield f"estimand: expected one of {', '.join(ESTIMANDS)}, not {found!r}"
    if (question["kind"] == RATE) != (question["estimand"] == "divergence"):
        yield "estimand: divergence is for a rate, and a rate is of divergence"
    if len(question["arms"]) != (1 if question["kind"] == RATE else 2):
        yield "arms: expected two, A and B, or one for a rate"
    elif not _are_names(question["arms"]):
        yield f"arms: {_NAMES}"
    yield from _margin_problems(question)
    for key in ("blocks", "games"):
        for study, value in question.get(key, {}).items():
            if study not in studies:
                yield f"{key}: no study {study!r} in {STUDIES_FILE}"
            elif key == "blocks" and not (_is_whole(value) and value > 0):
                yield f"blocks: expected a whole number above 0 for {study}"
            elif key == "games" and not _are_names(value):
                yield f"games: {study}: {_NAMES}"
            elif key == "games" and (lost := set(value) - set(studies[study])):
                yield f"games: {study} has no {', '.join(sorted(lost))}"


def _margin_problems(question: Mapping[str, Any]) -> Iterator[str]:
    margin, level = question["margin"], question["level"]
    if not 0 < margin < math.inf:
        yield f"margin: expected a number above 0, not {margin}"
    elif question["kind"] == RATE and not margin < 1:
        yield f"margin: expected a number above 0 and below 1 for a rate, not {margin}"
    if not 0.5 < level < 1:
        yield f"level: expected a number between 0.5 and 1, not {level}"


def _are_names(value: Any) -> bool:
    """Whether it is a list of some texts, each of which is there once."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return False
    return 0 < len(value) == len(set(value))


def _is_line(text: str) -> bool:
    return bool(text.strip()) and len(text.splitlines()) == 1


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return _is_whole(value) or (isinstance(value, float) and math.isfinite(value))
