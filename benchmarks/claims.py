"""The commands that judge: the paper's claims, and two arms of anyone's.

None of them imports what trains.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal

from tyro.conf import Positional, arg

from benchmarks.errors import UsageError
from benchmarks.options import Results, Words, words
from benchmarks.places import check_writable
from benchmarks.show import bring_reference


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
    check_writable(results / "claims")
    check_writable(results / "reference")
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
    check_writable(results / "claims")
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

    scores = [_scores(arm, files, results) for arm in (a, b)]
    scales = _scales(chain(*scale))
    try:
        found = judged(*scores, margin=margin, kind=kind, scales=scales or None)
    except ValueError as error:
        raise UsageError(f"no verdict: {error}") from None
    for line in found.lines():
        print(line)
    return 0


def _scores(arm: str, files: Literal["monitor", "evaluations"], results: Path) -> Any:
    from analysis.claims.others import sb3_scores, study_scores
    from analysis.records.study import load_study

    study, colon, label = arm.partition(":")
    if colon and not Path(arm).exists():
        return study_scores(load_study(results / "data", study), label)
    return sb3_scores(Path(arm), files)


def _scales(texts: Iterable[str]) -> dict[str, float]:
    found = {}
    for text in texts:
        game, _, number = text.partition("=")
        try:
            found[game] = float(number)
        except ValueError:
            raise UsageError(f"--scale: expected GAME=NUMBER, not {text!r}") from None
    return found
