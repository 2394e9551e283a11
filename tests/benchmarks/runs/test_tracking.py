"""The writer of a record's tables."""

from __future__ import annotations

from pathlib import Path

from analysis.records.csvs import read_table
from analysis.records.record import METRICS, TIMING
from benchmarks.runs.tracking import CsvWriter


def test_a_table_from_before_there_was_a_column_goes_on_without_it(
    tmp_path: Path,
) -> None:
    path, columns = tmp_path / "metrics.csv", list(METRICS.dtypes)[:-3]
    row = ",".join(["10", *[""] * (len(columns) - 1)])
    path.write_text(f"{','.join(columns)}\n{row}\n20,torn")
    writer = CsvWriter(path, METRICS, path.read_bytes().index(b"20,"))
    writer.write({"frames": 20, "loss": 0.5, "kept_share": 0.25})
    writer.close()
    table = read_table(path, METRICS)
    assert table["frames"].tolist() == [10, 20]
    assert table["loss"].tolist()[1:] == [0.5]
    assert table["kept_share"].isna().all()


def test_what_is_gone_on_from_is_cut_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "timing.csv"
    writer = CsvWriter(path, TIMING)
    writer.write({"frames": 10, "seconds": 1.0, "steps_per_second": 5.0})
    kept = writer.tell()
    writer.write({"frames": 20, "seconds": 2.0, "steps_per_second": 5.0})
    writer.close()
    again = CsvWriter(path, TIMING, kept)
    assert again.tell() == kept
    again.write({"frames": 30, "seconds": 3.0, "steps_per_second": 5.0})
    again.close()
    assert read_table(path, TIMING)["frames"].tolist() == [10, 30]
