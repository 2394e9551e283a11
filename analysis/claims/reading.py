"""Read claims from TOML, check them, and digest them."""

from __future__ import annotations

import hashlib
import json
import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.claims.claim import (
    ANSWERS,
    ESTIMANDS,
    KINDS,
    Claim,
    Question,
    Theory,
)
from analysis.claims.scales import BASELINES
from analysis.claims.verdicts import RATE
from analysis.records.errors import RecordError

FOLDER = Path(__file__).parent
STUDIES_FILE = "studies.toml"
Games = Mapping[str, tuple[str, ...]]

_TEXTS = ("id", "title", "quotation", "place", "contradicted_by")
_CLAIM: dict[str, Any] = {**dict.fromkeys(_TEXTS, str), "theory": dict}
_THEORY: dict[str, Any] = {"answer": str, "says": str, "checks": list}
_QUESTION: dict[str, Any] = {
    **dict.fromkeys(("id", "asks", "kind", "estimand", "margin_why"), str),
    "arms": list,
    "margin": float,
    "level": float,
    "blocks": dict,
}
_QUESTION_OPTIONS: dict[str, Any] = {"games": dict, "decides": bool}


def load_claims(folder: Path = FOLDER) -> list[Claim]:
    """Read every claim of a folder, in the order of the files' names.

    Raises:
        RecordError: A file is no claim; all of its problems, each with its key.
    """
    studies, scales = load_studies(folder), given_scales(folder)
    paths = sorted(p for p in folder.glob("*.toml") if p.name != STUDIES_FILE)
    if not paths:
        raise RecordError(folder, "holds no claims (*.toml)")
    claims = [load_claim(path, studies, scales) for path in paths]
    names = [question.id for claim in claims for question in claim.questions]
    names += [claim.id for claim in claims]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise RecordError(folder, f"id used twice: {', '.join(twice)}")
    return claims


def load_studies(folder: Path = FOLDER) -> dict[str, tuple[str, ...]]:
    """The games of each study that judges claims."""
    path = folder / STUDIES_FILE
    try:
        return {name: tuple(each["games"]) for name, each in _toml(path).items()}
    except (TypeError, KeyError):
        raise RecordError(path, "expected tables with a list `games`") from None


def given_scales(folder: Path = FOLDER) -> list[dict[str, Any]]:
    """The units of effects that a folder of claims gives: of a user's own studies.

    In ``studies.toml``, ``[STUDY.scales]`` has a line for each game, with what random
    play scores (``random``), the unit (``scale``), and where both are from
    (``source``). They hold for all families and estimands.

    Returns:
        Rows of ``scales.COLUMNS``.

    Raises:
        RecordError: One is not as described, or of another game than the study's.
    """
    path, rows = folder / STUDIES_FILE, list[dict[str, Any]]()
    for study, table in _toml(path).items():
        for game, given in table.get("scales", {}).items():
            if problem := _scale_problem(given, game in table["games"]):
                raise RecordError(path, f"{study}.scales.{game}: {problem}")
            rows += _scale_rows(study, game, given)
    return rows


def _scale_problem(given: Any, known: bool) -> str:
    if not known:
        return "no game of the study"
    if not isinstance(given, dict) or set(given) != {"random", "scale", "source"}:
        return 'expected { random = ..., scale = ..., source = "..." }'
    numbers = [given["random"], given["scale"]]
    if not all(isinstance(n, int | float) and math.isfinite(n) for n in numbers):
        return "random and scale: expected numbers"
    return "" if given["scale"] > 0 else "scale: expected a number above 0"


def _scale_rows(
    study: str, game: str, given: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    nothing = {"sd": math.nan, "runs": 0, "frames": 0, "usable": True, "label": "given"}
    for family in BASELINES:
        for estimand in ("final", "area"):
            place = {"study": study, "family": family, "game": game}
            baseline = given["random"] + given["scale"]
            yield {**nothing, **place, **given, "estimand": estimand} | {
                "baseline": baseline
            }


def load_claim(
    path: Path, studies: Games, scales: Sequence[Mapping[str, Any]] = ()
) -> Claim:
    """Read a claim.

    Args:
        path: Its file.
        studies: The games of each study.
        scales: What :func:`given_scales` returned; part of the claim's digest.

    Raises:
        RecordError: It is no claim; all of its problems, each with its key.
    """
    content = _toml(path)
    if problems := list(_problems(content, studies)):
        raise RecordError(path, "; ".join(problems))
    amended = content.pop("amendment", [])
    questions = tuple(_question(each, studies) for each in content.get("question", []))
    text = json.dumps(
        _with_games(content, questions, scales), sort_keys=True, ensure_ascii=False
    )
    theory = content["theory"]
    return Claim(
        **{key: content[key] for key in _TEXTS},
        theory=Theory(theory["answer"], theory["says"], tuple(theory["checks"])),
        questions=questions,
        amendments=tuple((str(each["date"]), each["what"]) for each in amended),
        digest=hashlib.sha256(text.encode()).hexdigest(),
        text=text,
    )


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecordError(path, "is missing") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecordError(path, f"is not TOML: {error}") from None


def _question(table: Mapping[str, Any], studies: Games) -> Question:
    given = table.get("games", {})
    games = {name: tuple(given.get(name, studies[name])) for name in table["blocks"]}
    plain = {key: table[key] for key in _QUESTION if key != "arms"}
    decides = table.get("decides", False)
    return Question(**plain, arms=tuple(table["arms"]), games=games, decides=decides)


def _with_games(
    content: Mapping[str, Any],
    questions: tuple[Question, ...],
    scales: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The content, with every question's games written out, and given scales."""
    pairs = zip(content.get("question", []), questions, strict=True)
    written = [{**table, "games": dict(question.games)} for table, question in pairs]
    asked = {study for question in questions for study in question.blocks}
    units = [
        [row["study"], row["game"], row["random"], row["scale"]]
        for row in scales
        if row["study"] in asked
    ]
    return {**content, "question": written, **({"scales": units} if units else {})}


def _problems(content: Mapping[str, Any], studies: Games) -> Iterator[str]:
    yield from _key_problems("", content, _CLAIM, {"question": list, "amendment": list})
    theory = content.get("theory")
    if isinstance(theory, dict):
        yield from _key_problems("theory.", theory, _THEORY, {})
        if (answer := theory.get("answer")) not in ANSWERS:
            yield f"theory.answer: expected one of {', '.join(ANSWERS)}, not {answer!r}"
    for number, each in enumerate(content.get("amendment", []), 1):
        wanted: dict[str, Any] = {"date": object, "what": str}
        yield from _key_problems(f"amendment {number}: ", each, wanted, {})
    for number, question in enumerate(content.get("question", []), 1):
        where = f"{question.get('id', f'question {number}')}: "
        found = list(_key_problems(where, question, _QUESTION, _QUESTION_OPTIONS))
        yield from found or (
            where + each for each in _question_problems(question, studies)
        )


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
            yield f"{where}{key} is of the wrong type"
    for key in table.keys() - wanted.keys():
        if key not in optional:
            yield f"{where}{key}: no such key"
        elif not isinstance(table[key], optional[key]):
            yield f"{where}{key} is of the wrong type"


def _question_problems(question: Mapping[str, Any], studies: Games) -> Iterator[str]:
    if question["kind"] not in KINDS:
        yield f"kind: expected one of {', '.join(KINDS)}, not {question['kind']!r}"
    if question["estimand"] not in ESTIMANDS:
        found = question["estimand"]
        yield f"estimand: expected one of {', '.join(ESTIMANDS)}, not {found!r}"
    if (question["kind"] == RATE) != (question["estimand"] == "divergence"):
        yield "estimand: divergence is for a rate, and a rate is of divergence"
    if len(question["arms"]) != (1 if question["kind"] == RATE else 2):
        yield "arms: expected two, A and B, or one for a rate"
    if not question["margin"] > 0:
        yield "margin: expected a number above 0"
    if not 0.5 < question["level"] < 1:
        yield "level: expected a number between 0.5 and 1"
    for key in ("blocks", "games"):
        for study, value in question.get(key, {}).items():
            if study not in studies:
                yield f"{key}: no study {study!r} in {STUDIES_FILE}"
            elif key == "games" and (lost := set(value) - set(studies[study])):
                yield f"games: {study} has no {', '.join(sorted(lost))}"
            elif key == "blocks" and not (isinstance(value, int) and value > 0):
                yield f"blocks: expected a whole number above 0 for {study}"
