"""SHA-256 of committed data, so that what was edited by hand is never shown.

Beside the files of every folder in ``results/data`` lies ``SHA256.json``: the digest of
each file and, for tables whose rows belong to runs, of each run's rows and of its
configuration, so that a file that was changed names the run. ``grep ^RUN, FILE |
sha256sum`` gives that of a run's rows. A packed file's digest is that of what is in it,
``zcat FILE | sha256sum``: how it is packed is no content. Whoever writes the files
writes it too; nobody is kept from deceiving others on purpose, but nothing is altered
unseen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from analysis.records.csvs import content_of
from analysis.records.errors import RecordError
from analysis.records.files import write_atomically

DIGESTS_FILE = "SHA256.json"
SHOWN = 3  # runs that an error names

Digests = dict[str, Any]


def digests_of(contents: Mapping[str, bytes]) -> Digests:
    """The digests of files that belong together.

    Args:
        contents: What each file says, by name.

    Returns:
        ``files``: a digest by name; ``runs``: by run and name that of the run's rows in
        a table whose first column is ``run_id``, or of its entry in a JSON file of
        runs, as ``json.dumps(entry, sort_keys=True)`` writes it.
    """
    runs: dict[str, dict[str, str]] = {}
    for name, data in contents.items():
        for run_id, part in _runs_in(data).items():
            runs.setdefault(run_id, {})[name] = _sha256(part)
    return {"files": {k: _sha256(v) for k, v in contents.items()}, "runs": runs}


def with_digests(
    files: Mapping[Path, bytes], kept: Mapping[str, str] | None = None
) -> dict[Path, bytes]:
    """The files of one folder and, with them, that of their digests.

    Every writer of ``results/data`` passes its files through here.

    Args:
        files: The bytes of each file; the first lies in the folder itself.
        kept: The digests, by name, of files that lie there and stay as they are.
    """
    folder = next(iter(files)).parent
    found = digests_of(
        {_name(folder, path): content_of(path, data) for path, data in files.items()}
    )
    found["files"] |= kept or {}
    text = json.dumps(found, indent=1, sort_keys=True) + "\n"
    return {**files, folder / DIGESTS_FILE: text.encode()}


def check_digests(folder: Path, names: Iterable[str]) -> None:
    """Check that a folder of data is as its writer left it.

    Args:
        folder: ``results/data/<name>``.
        names: The files that are to be read.

    Raises:
        RecordError: It has no digests, or does not fit them; the files and the runs
            that differ are named, and what to do.
    """
    path = folder / DIGESTS_FILE
    written = _read(path)
    if unlisted := set(names) - set(written["files"]):
        raise RecordError(path, f"lacks {', '.join(sorted(unlisted))}")
    found = digests_of({name: _content(folder / name) for name in written["files"]})
    if found != written:
        raise RecordError(
            folder,
            f"{_differences(written, found)}: not what was written, see {path.name}; "
            "bring it back (git checkout); only where results/runs still has its runs, "
            "delete the folder and export them again",
        )


def adopt(folder: Path) -> None:
    """Write the digests of data that have none, as they are.

    Raises:
        RecordError: There are digests, and the data do not fit them; or there are no
            data.
    """
    if (folder / DIGESTS_FILE).exists():
        check_digests(folder, ())
        return
    paths = [path for path in folder.rglob("[!.]*") if path.is_file()]
    if not paths:
        raise RecordError(folder, "holds no data to adopt")
    paths.sort(key=lambda path: (path.parent != folder, path))
    written = with_digests({path: path.read_bytes() for path in paths})
    digests = folder / DIGESTS_FILE
    write_atomically({digests: written[digests]})


def digests_in(folder: Path) -> dict[str, str]:
    """The digest of every file of a folder of data, by name, as they were written.

    Raises:
        RecordError: There are none.
    """
    return dict(_read(folder / DIGESTS_FILE)["files"])


def _read(path: Path) -> Digests:
    if not path.exists():
        raise RecordError(
            path,
            "is missing: nothing shows whether these data were edited; if you trust "
            f"them, `python -m benchmarks export --adopt {path.parent.name}` writes it",
        )
    try:
        written = json.loads(path.read_bytes())
        if set(written) == {"files", "runs"} and written["files"]:
            runs = {key: dict(each) for key, each in written["runs"].items()}
            return {"files": dict(written["files"]), "runs": runs}
    except (ValueError, TypeError, AttributeError):
        pass
    raise RecordError(path, "is not a file of digests")


def _name(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def _content(path: Path) -> bytes:
    try:
        return content_of(path, path.read_bytes())
    except FileNotFoundError:
        raise RecordError(path, f"is missing, and {DIGESTS_FILE} lists it") from None


def _runs_in(data: bytes) -> dict[str, bytes]:
    """What a file holds of each run; nothing if its content is not of runs."""
    if data.startswith(b"run_id,"):
        rows: dict[bytes, list[bytes]] = {}
        for line in data.splitlines(keepends=True)[1:]:
            rows.setdefault(line.partition(b",")[0], []).append(line)
        return {_text(run_id): b"".join(lines) for run_id, lines in rows.items()}
    try:
        content = json.loads(data) if data.startswith(b"{") else {}
    except ValueError:
        content = {}
    configs = {k: v for k, v in content.items() if _is_config(v)}
    return {key: json.dumps(v, sort_keys=True).encode() for key, v in configs.items()}


def _is_config(entry: object) -> bool:
    return isinstance(entry, dict) and "run_id" in entry


def _differences(written: Digests, found: Digests) -> str:
    """Every file that differs, with the runs in which it does."""
    differ = [k for k, v in written["files"].items() if found["files"][k] != v]
    parts = []
    for name in sorted(differ):
        runs = _runs_that_differ(name, written["runs"], found["runs"])
        parts.append(f"{name} ({_listed(runs)})" if runs else name)
    return ", ".join(parts) or DIGESTS_FILE


def _runs_that_differ(
    name: str, written: Mapping[str, Any], found: Mapping[str, Any]
) -> list[str]:
    was, now = (
        {run_id: each.get(name) for run_id, each in runs.items()}
        for runs in (written, found)
    )
    return sorted(key for key in {**was, **now} if was.get(key) != now.get(key))


def _listed(runs: Iterable[str]) -> str:
    names = list(runs)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"run{'s' if len(names) > 1 else ''} {', '.join(names[:SHOWN])}{more}"


def _text(run_id: bytes) -> str:
    return run_id.decode("utf-8", "replace").strip()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
