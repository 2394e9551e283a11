"""The commands that judge: the paper's claims, and two arms of anyone's.

None of them imports what trains.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import chain
from math import isfinite, nan
from pathlib import Path
from typing import Annotated, Any, Literal

from tyro.conf import Positional, arg

from benchmarks.errors import UsageError
from benchmarks.options import Results, Words, words
from benchmarks.places import check_results, check_there, check_writable
from benchmarks.show import OURS, bring_reference


def claims(
    own: Annotated[
        Path | None,
        arg(
            name="claims",
            metavar="FOLDER",
            help="claims of your own, in place of the paper's",
            help_behavior_hint="",
        ),
    ] = None,
    results: Results = Path("results"),
) -> int:
    """Judge the paper's claims by results/data: a table of verdicts."""
    check_writable(results / "claims", results / "reference")
    check_there(results)
    from analysis.claims.build import write_claims
    from analysis.claims.pages import terminal

    bring_reference(results, "scales.csv")
    theirs = (own, own.resolve().name) if own else ()
    found = write_claims(results, *theirs)
    for line in terminal(found.judged, found.verdicts):
        print(line)
    for path in found.paths:
        print(path)
    return 0


def scales(results: Results = Path("results")) -> int:
    """Fix the units of effects, from tuning runs, before any study is judged."""
    check_writable(results / "reference")
    check_there(results)
    from analysis.claims.build import write_scales

    bring_reference(results, "*_scores.csv")
    path, notes = write_scales(results)
    print(path)
    for line in notes:
        print(line, file=sys.stderr)
    return 0


def calibrate(
    results: Results = Path("results"),
    studies: Annotated[
        int, arg(metavar="N", help="studies to simulate for each row of the table")
    ] = 20_000,
) -> int:
    """Simulate how often the rules of the claims are wrong; a few minutes."""
    if studies < 1:
        raise UsageError(f"--studies: expected a whole number above 0, not {studies}")
    check_results(results, "claims", "reference")
    from analysis.claims.build import write_calibration

    bring_reference(results, "scales.csv")
    for path in write_calibration(results, studies):
        print(path)
    return 0


def compare(
    a: Annotated[Positional[str], arg(metavar="A", help="FOLDER, or STUDY:ARM")],
    b: Annotated[Positional[str], arg(metavar="B", help="the arm it is held against")],
    margin: Annotated[
        float, arg(metavar="M", help="the smallest effect that matters, of the scale")
    ],
    kind: Annotated[
        Literal[
            "superiority", "inferiority", "non-inferiority", "equivalence", "difference"
        ],
        arg(help="what is claimed of A against B"),
    ] = "equivalence",
    scale: Annotated[
        Words,
        words(
            "GAME=NUMBER ...",
            "the unit of a game's scores, fixed beforehand (default: 1, for one game)",
        ),
    ] = (),
    files: Annotated[
        Literal["monitor", "evaluations"],
        arg(help="of a FOLDER: what Stable-Baselines3 wrote there, below any name"),
    ] = "monitor",
    results: Results = Path("results"),
) -> int:
    """Judge two arms of anyone's: folders of Stable-Baselines3 runs, or of a study."""
    from analysis.claims.compare import compare as judged

    scales = _scales(chain(*scale))
    try:
        scores = [_scores(*arms, files, results) for arms in ((a, b), (b, a))]
        found = judged(*scores, margin=margin, kind=kind, scales=scales or None)
    except ValueError as error:
        raise UsageError(f"no verdict: {error}") from None
    for line in found.lines():
        print(line)
    return 0


def _scores(
    arm: str, other: str, files: Literal["monitor", "evaluations"], results: Path
) -> Any:
    """The scores of an arm that is held against another."""
    from analysis.claims.others import sb3_scores, study_scores
    from analysis.records.study import load_study

    (name, label), (theirs, against) = _arm_of_study(arm), _arm_of_study(other)
    if not name:
        return sb3_scores(Path(arm), files)
    study = load_study(results / "data", name)
    failed = (study.runs["status"] == "failed").any()
    random = _random_play(results, name) if failed else {}
    return study_scores(study, label, random, against if theirs == name else None)


def _arm_of_study(text: str) -> tuple[str, str]:
    """The study and the arm that STUDY:ARM names; no study if it names a folder."""
    study, colon, label = text.partition(":")
    return (study, label) if colon and not Path(text).exists() else ("", "")


def _random_play(results: Path, study: str) -> dict[str, float]:
    """What random play scores, by game: as the study's scales say, else as measured."""
    from analysis.claims.scales import read_scales
    from analysis.records.published import (
        FILES,
        FOLDER,
        random_scores,
        read_all_published,
    )

    theirs = results / FOLDER
    published = read_all_published(theirs if [*theirs.glob(FILES)] else OURS / FOLDER)
    scales = read_scales(results)
    its = scales[scales["study"] == study].drop_duplicates("game").set_index("game")
    return {**random_scores(published), **its["random"]}


def _scales(texts: Iterable[str]) -> dict[str, float]:
    """Read the unit of each game.

    Raises:
        UsageError: One is no finite number, or a game has two.
    """
    found = dict[str, float]()
    for text in texts:
        game, _, number = text.partition("=")
        if not game or not isfinite(scale := _number(number)):
            raise UsageError(f"--scale: expected GAME=NUMBER, not {text!r}")
        if game in found:
            raise UsageError(f"--scale: {game} is there twice")
        found[game] = scale
    return found


def _number(text: str) -> float:
    """The number that a text is; not a number if it is none."""
    try:
        return float(text)
    except ValueError:
        return nan
