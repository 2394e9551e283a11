"""Read CSV files that a crash, a full disk or an editor may have damaged."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis.records.errors import RecordError

# Who writes records has no table to read: a run starts sooner without pandas.
if TYPE_CHECKING:
    import pandas as pd


PACKED = ".gz"


@dataclass(frozen=True)
class Table:
    """What a CSV file of numbers must look like.

    Attributes:
        dtypes: The columns in order, each with its dtype.
        required: Columns that have no empty cell; by default all of them.
        strictly_rising: Whether ``frames`` rises at every row of a run, or merely
            never falls.
        later: The last of the columns, in order, that files from before they were
            added lack: in those, their cells are empty.
    """

    dtypes: Mapping[str, str]
    required: tuple[str, ...] = ()
    strictly_rising: bool = False
    later: tuple[str, ...] = ()

    def of_many_runs(self) -> Table:
        """The same table with the run's id in front, as it is exported."""
        dtypes = {"run_id": "category", **self.dtypes}
        return replace(self, dtypes=dtypes, required=self.required or tuple(dtypes))

    def empty(self) -> pd.DataFrame:
        """A table without rows."""
        import pandas as pd

        columns = {name: pd.Series(dtype=kind) for name, kind in self.dtypes.items()}
        return pd.DataFrame(columns)


def read_table(path: Path, table: Table, *, missing_ok: bool = False) -> pd.DataFrame:
    """Read a CSV file of numbers.

    Bytes after the last newline are a row that was being written, and are dropped:
    ``5000,7`` may be the beginning of ``5000,7.5``.

    Args:
        path: The file.
        table: What it must look like.
        missing_ok: Whether a missing or empty file is a table without rows.

    Raises:
        RecordError: The file is missing or is not such a table.
    """
    data = whole_lines(path)
    if not data and missing_ok:
        return table.empty()
    columns = _columns_of(path, data, table)
    _check_outline(path, data, len(columns))
    frame = _parse(path, data, {name: table.dtypes[name] for name in columns})
    _check_shape(path, frame, len(columns))
    frame = frame.reindex(columns=list(table.dtypes))
    _check_values(path, frame, table)
    return frame


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """A table as CSV; each float has the fewest digits that read back the same."""
    return frame.to_csv(index=False, lineterminator="\n").encode()


def whole_lines(path: Path) -> bytes:
    """The bytes up to the last newline; none if the file is missing.

    Raises:
        RecordError: It is named ``.gz`` and is not a gzip file.
    """
    data = content_of(path, path.read_bytes()) if path.exists() else b""
    return data[: data.rfind(b"\n") + 1]


def content_of(path: Path, data: bytes) -> bytes:
    """What the bytes of a file say: unpacked, if its name ends in ``.gz``.

    Raises:
        RecordError: They are not those of a gzip file.
    """
    if path.suffix != PACKED:
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise RecordError(path, f"is not a whole gzip file: {error}") from None


def packed(data: bytes) -> bytes:
    """Bytes as a gzip file; the same bytes give the same file."""
    return gzip.compress(data, mtime=0)


def check_header(path: Path, data: bytes, columns: list[str]) -> None:
    """Check the first line of a CSV file.

    Raises:
        RecordError: It names other columns.
    """
    header = header_of(data)
    if header != columns:
        found, wanted = ",".join(header), ",".join(columns)
        raise RecordError(path, f"has columns {found!r}, not {wanted!r}")


def read_columns(path: Path, columns: list[str]) -> pd.DataFrame:
    """Read a CSV file of texts and numbers.

    Raises:
        RecordError: It is missing, no CSV file, or has other columns.
    """
    import pandas as pd

    try:
        table = pd.read_csv(path)
    except FileNotFoundError:
        raise RecordError(path, "is missing") from None
    except ValueError as error:  # empty, of no text, or a row with too many cells
        raise RecordError(path, f"is no table: {error}") from None
    if list(table) != columns:
        raise RecordError(path, f"has columns {list(table)}, not {columns}")
    _check_shape(path, table, len(columns))
    return table


def read_if_there(path: Path, dtypes: Mapping[str, str]) -> pd.DataFrame:
    """Read a table that need not be there; without it there are no rows.

    Raises:
        RecordError: It is no CSV file, has other columns or a cell of the wrong type.
    """
    if not path.exists():
        return Table(dtypes).empty()
    table = read_columns(path, list(dtypes))
    try:
        return table.astype(dict(dtypes))
    except ValueError as error:
        raise RecordError(path, f"has a cell of the wrong type: {error}") from None


def header_of(data: bytes) -> list[str]:
    """The columns that the first line of a CSV file names."""
    header = data.partition(b"\n")[0].rstrip(b"\r").decode("utf-8", "replace")
    return header.split(",")


def _columns_of(path: Path, data: bytes, table: Table) -> list[str]:
    """The columns that a file has: all of the table's, or all before a later one."""
    columns, header = list(table.dtypes), header_of(data)
    missing = columns[len(header) :]
    if header + missing != columns or not set(missing) <= set(table.later):
        check_header(path, data, columns)
    return header


def _check_outline(path: Path, data: bytes, cells: int) -> None:
    if b"\0" in data:
        raise RecordError(path, "holds NUL bytes")
    # pandas fills short rows up in silence. It does refuse long ones.
    if data.count(b",") != data.count(b"\n") * (cells - 1):
        raise RecordError(path, f"has rows without exactly {cells} cells")


def _parse(path: Path, data: bytes, dtypes: Mapping[str, str]) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.read_csv(
            io.BytesIO(data),
            dtype=dict(dtypes),
            keep_default_na=False,
            na_values=[""],
            quoting=3,  # csv.QUOTE_NONE: numbers and ids need no quotes
        )
    except (ValueError, OverflowError) as error:
        raise RecordError(path, f"has a cell of the wrong type: {error}") from None


def _check_shape(path: Path, frame: pd.DataFrame, cells: int) -> None:
    import pandas as pd

    if not isinstance(frame.index, pd.RangeIndex):
        raise RecordError(path, f"has rows without exactly {cells} cells")


def _check_values(path: Path, frame: pd.DataFrame, table: Table) -> None:
    for name in table.required or table.dtypes:
        if not _complete(frame[name]):
            raise RecordError(path, f"has an empty or infinite cell in {name!r}")
    steps = _steps_within_runs(frame)
    if (steps < int(table.strictly_rising)).any():
        order = "rise at every row" if table.strictly_rising else "never fall"
        raise RecordError(path, f"has frames that do not {order}")


def _complete(column: pd.Series) -> bool:
    if column.dtype.kind == "f":
        return bool(np.isfinite(column.to_numpy()).all())
    return not column.isna().any()


def _steps_within_runs(frame: pd.DataFrame) -> np.ndarray:
    steps = np.diff(frame["frames"].to_numpy())
    if "run_id" in frame:
        codes = frame["run_id"].cat.codes.to_numpy()
        steps = steps[codes[1:] == codes[:-1]]
    return steps
