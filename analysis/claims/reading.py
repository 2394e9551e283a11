"""Read claims from TOML, check them, and digest them."""

from __future__ import annotations

import hashlib
import json
import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.claims.checking import (
    QUESTION,
    STUDIES_FILE,
    TEXTS,
    claim_problems,
    studies_problems,
)
from analysis.claims.claim import Claim, Question, Theory
from analysis.claims.scales import BASELINES
from analysis.records.errors import RecordError

FOLDER = Path(__file__).parent
Games = Mapping[str, tuple[str, ...]]


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
    """The games of each study that judges claims.

    Raises:
        RecordError: The file does not say them; all of its problems, with their keys.
    """
    return {name: tuple(each["games"]) for name, each in _studies(folder).items()}


def _studies(folder: Path) -> dict[str, Any]:
    """The tables of ``studies.toml``, checked."""
    if not folder.is_dir():
        raise RecordError(folder, f"expected a folder of claims, with a {STUDIES_FILE}")
    path = folder / STUDIES_FILE
    tables = _toml(path)
    if problems := list(studies_problems(tables)):
        raise RecordError(path, "; ".join(problems))
    return tables


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
    return [
        row
        for study, table in _studies(folder).items()
        for game, given in table.get("scales", {}).items()
        for row in _scale_rows(study, game, given)
    ]


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
    if problems := list(claim_problems(content, studies)):
        raise RecordError(path, "; ".join(problems))
    amended = content.pop("amendment", [])
    questions = tuple(_question(each, studies) for each in content.get("question", []))
    text = json.dumps(
        _with_games(content, questions, scales), sort_keys=True, ensure_ascii=False
    )
    theory = content["theory"]
    return Claim(
        **{key: content[key] for key in TEXTS},
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
    except IsADirectoryError:
        raise RecordError(path, "is a folder: expected a file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecordError(path, f"is not TOML: {error}") from None


def _question(table: Mapping[str, Any], studies: Games) -> Question:
    given = table.get("games", {})
    games = {name: tuple(given.get(name, studies[name])) for name in table["blocks"]}
    plain = {key: table[key] for key in QUESTION if key != "arms"}
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
