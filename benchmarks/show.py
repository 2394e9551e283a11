"""The commands that show what was recorded; none of them imports what trains."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional, arg

from benchmarks.errors import UsageError
from benchmarks.options import Results, Shown
from benchmarks.places import check_writable

OURS = Path(__file__).parents[1] / "results"


def export(
    shown: Shown,
    adopt: Annotated[
        bool,
        arg(
            help="write SHA256.json for data that have none: you vouch for them as "
            "they are (STUDY may be any folder of results/data)"
        ),
    ] = False,
) -> int:
    """Bring the records in results/runs into results/data/<study>; none is lost."""
    check_writable(shown.results / "data")
    if adopt:
        return _adopt(shown)
    recorded = _recorded_studies(shown.results)
    if missing := [study for study in shown.studies or [] if study not in recorded]:
        known = ", ".join(recorded) or "none"
        raise UsageError(f"no runs of {', '.join(missing)}; there are runs of: {known}")
    if not recorded:
        raise UsageError(f"no runs in {shown.results / 'runs'}")
    return max(_export(shown.results, study) for study in shown.studies or recorded)


def _adopt(shown: Shown) -> int:
    """Write the digests of data that can be read; of all or of none."""
    from analysis.records.digests import DIGESTS_FILE, adopt

    data = shown.results / "data"
    every = sorted(path for path in data.glob("*") if path.is_dir())
    bare = [path for path in every if not (path / DIGESTS_FILE).exists()]
    folders = [_named(data, name) for name in shown.studies] or bare
    if not folders:
        raise UsageError(f"all of {data} has a {DIGESTS_FILE} already")
    for folder in filter(bare.__contains__, folders):
        _check_readable(folder)
    for folder in folders:
        adopt(folder)
        print(f"adopted as it is: {folder}")
    return 0


def _named(data: Path, name: str) -> Path:
    """The folder of data of a name, which is no path.

    Raises:
        UsageError: It is a path, or there is no such folder.
    """
    from analysis.records.configs import RUN_ID

    if not RUN_ID.fullmatch(name):
        raise UsageError(f"--adopt: expected the name of a folder in {data}: {name!r}")
    if not (data / name).is_dir():
        raise UsageError(f"--adopt: there is no {data / name}")
    return data / name


def _check_readable(folder: Path) -> None:
    """Read a study that is to be vouched for; findings have readers of their own.

    Raises:
        RecordError: It is no whole study.
    """
    from analysis.records.configs import RESERVED
    from analysis.records.study import read_study

    if folder.name not in RESERVED:
        read_study(folder)


def _recorded_studies(results: Path) -> list[str]:
    from analysis.records.errors import RecordError
    from analysis.records.record import read_config

    studies, mangled = set(), []
    for path in sorted(results.glob("runs/*/config.json")):
        try:
            studies.add(read_config(path)["study"])
        except RecordError as error:  # exporting the others names it
            mangled.append(error)
    if mangled and not studies:
        raise mangled[0]
    return sorted(studies)


def _export(results: Path, study: str) -> int:
    from analysis.records.exchange import export_study

    return _say_exchange(export_study(results / "runs", study, results / "data"))


def _say_exchange(exchange: Any) -> int:
    for verdict in ("added", "replaced", "unchanged", "reproduced", "kept"):
        if runs := getattr(exchange, verdict):
            print(f"{exchange.study}: runs {verdict}: {len(runs)}")
    for verdict in ("replaced", "kept"):
        for run_id, how in getattr(exchange, verdict).items():
            print(f"{verdict}: {run_id}: {how}")
    for run_id, where in exchange.conflicts.items():
        print(f"conflict, ours is kept: {run_id}: {where}", file=sys.stderr)
    for reason in exchange.refused.values():
        print(f"refused: {reason}", file=sys.stderr)
    return 1 if exchange.conflicts or exchange.refused else 0


def merge(
    other: Annotated[
        Positional[Path], arg(metavar="OTHER", help="the other machine's results")
    ],
    results: Results = Path("results"),
) -> int:
    """Add the studies of another machine's results folder to ours."""
    from analysis.claims.build import merge_registries
    from analysis.records.exchange import merge_studies

    check_writable(*(results / part for part in ("data", "reference", "claims")))
    for folder in (other, results):  # nothing is written if one can't be read
        _check_registries(folder)
    exchanges = merge_studies(other / "data", results / "data")
    if not exchanges:
        raise UsageError(f"no studies in {other / 'data'}")
    status = max([_say_exchange(exchange) for exchange in exchanges])
    if new := merge_registries(other, results):
        print(f"claims that were judged there first: {new}")
    return status


def _check_registries(results: Path) -> None:
    """Read what was judged first, of the paper's claims and of users'.

    Raises:
        RecordError: A registry is mangled.
    """
    from analysis.claims.build import VERDICTS_FOLDER
    from analysis.claims.registry import REGISTRY_FILE, read_registry

    own = (results / VERDICTS_FOLDER).glob(f"*/{REGISTRY_FILE.name}")
    for path in (results / REGISTRY_FILE, *sorted(own)):
        read_registry(results, path.relative_to(results))


def figures(shown: Shown) -> int:
    """Draw Figures 1-3 from results/data."""
    _check_places(shown, "figures")
    from analysis.build import draw_figures

    return _say(draw_figures(shown.results, shown.studies or None))


def tables(shown: Shown) -> int:
    """Write the tables from results/data."""
    _check_places(shown, "tables")
    from analysis.build import write_tables

    _bring_published(shown.results)
    return _say(write_tables(shown.results, shown.studies or None))


def report(shown: Shown) -> int:
    """Write results/report.html from results/data; of named studies, report-NAME."""
    check_writable(shown.results)
    from analysis.build import write_report

    _bring_published(shown.results)
    return _say(write_report(shown.results, shown.studies or None))


def _check_places(shown: Shown, part: str) -> None:
    """Try to write where a part of each study goes.

    Raises:
        UsageError: A place can't be written to.
    """
    check_writable(shown.results / part)
    from analysis.records.study import study_names

    for study in study_names(shown.results / "data"):
        if study in (shown.studies or [study]):
            check_writable(shown.results / part / study)


def check_shown(results: Path, study: str) -> None:
    """Try to write where :func:`show_study` will when all runs have ended.

    Raises:
        UsageError: A place can't be written to.
    """
    parts = ("data", "figures", "tables")
    folders = [results / part / study for part in parts]
    check_writable(results, results / "reference", *folders)


def _say(built: Any) -> int:
    for path in built.paths:
        print(path)
    for line in (*built.notes, *built.gaps):
        print(line, file=sys.stderr)
    return 3 if built.gaps else 0


def show_study(results: Path, study: str) -> int:
    """Export a study and draw everything of it; returns what exporting ends with."""
    from analysis.build import draw_figures, write_report, write_tables

    status = _export(results, study)
    _bring_published(results)
    builders = (draw_figures, write_tables, write_report)
    every = [build(results, [study]) for build in builders]
    for built in every:
        for path in built.paths:
            print(path)
    # The three say the same of what is missing: once is enough.
    for line in dict.fromkeys(
        x for built in every for x in (*built.notes, *built.gaps)
    ):
        print(line, file=sys.stderr)
    return status


def _bring_published(results: Path) -> None:
    """Put the published scores beside results that are kept in another folder."""
    from analysis.records.published import FILES
    from analysis.records.study import study_names

    data = results / "data"
    if not study_names(data):
        raise UsageError(f"no study in {data} yet: run `python -m benchmarks export`")
    check_writable(results / "reference")
    bring_reference(results, FILES)


def bring_reference(results: Path, files: str) -> None:
    """Put our files of reference beside results that are kept in another folder."""
    from analysis.records.published import FOLDER

    for path in (OURS / FOLDER).glob(files):
        if not (there := results / FOLDER / path.name).exists():
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, there)
