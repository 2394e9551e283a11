"""The reader takes nothing on trust."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.records.csvs import read_table
from analysis.records.errors import RecordError
from analysis.records.record import (
    EPISODE_COLUMNS,
    EPISODES,
    METRICS,
    read_config,
    read_run,
)
from tests.analysis.records_on_disk import (
    EPISODE_HEADER,
    METRIC_HEADER,
    config_of,
    unseal,
    write_run,
)

METRIC_COLUMNS = tuple(METRICS.dtypes)
GAMES = [(400, 1.0), (800, 2.5), (1000, 4.0)]


def test_the_columns_are_those_of_the_format() -> None:
    assert ",".join(EPISODE_COLUMNS) == EPISODE_HEADER
    assert ",".join(METRIC_COLUMNS) == METRIC_HEADER


def test_a_finished_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path, config_of(), GAMES))
    assert (run.status, run.frames, run.seconds) == ("done", 1000, 2.5)
    assert run.frames_per_second == 400.0
    assert run.episodes["game_return"].tolist() == [1.0, 2.5, 4.0]
    assert run.metrics["loss"].tolist() == [0.1] * 5
    assert run.metrics["epsilon"].isna().all()
    assert run.timing.to_numpy().tolist()[-1] == [1000.0, 2.5, 100.0]


@pytest.mark.parametrize("status", ["failed", "unfinished"])
def test_a_halted_run_is_as_long_as_its_tables(tmp_path: Path, status: str) -> None:
    run = read_run(write_run(tmp_path, config_of(), GAMES[:2], status))
    assert (run.status, run.frames) == (status, 800)
    assert run.frames_per_second == 400.0


def test_done_wins_over_failed(tmp_path: Path) -> None:
    folder = write_run(tmp_path, config_of(), GAMES)
    (folder / "failed.json").write_text('{"error": "x", "frames": 1}')
    assert read_run(folder).status == "done"


def test_a_run_that_has_just_begun_has_no_rows(tmp_path: Path) -> None:
    folder = tmp_path / config_of()["run_id"]
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config_of()))
    (folder / "episodes.csv").write_text("frames,env,ga")
    run = read_run(folder)
    assert (run.status, run.frames, len(run.episodes)) == ("unfinished", 0, 0)
    assert list(run.episodes) == list(EPISODE_COLUMNS)


@given(cut=st.integers(min_value=0, max_value=17))
def test_a_torn_row_is_dropped_wherever_it_is_torn(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("torn") / "episodes.csv"
    torn = "5000,3,12345.5,200"[:cut]
    path.write_text(f"{EPISODE_HEADER}\n4000,1,7.5,100\n{torn}")
    frame = read_table(path, EPISODES)
    assert frame.to_numpy().tolist() == [[4000.0, 1.0, 7.5, 100.0]]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param("\0\0\0\0\n", id="NUL bytes"),
        pytest.param("10,0,1.0,5\0\n", id="NUL in a row"),
        pytest.param("10,0,1.0\0009,5\n", id="NUL in a number"),
        pytest.param(f"10,0,1.0,5\n{EPISODE_HEADER}\n", id="second header"),
        pytest.param("10,0,1.0\n", id="too few cells"),
        pytest.param("10,0,1.0,5,6\n", id="too many cells"),
        pytest.param("10,0,1.0,5,6\n20,0,1.0\n", id="too many, then too few"),
        pytest.param("20,0,1.0\n10,0,1.0,5,6\n", id="too few, then too many"),
        pytest.param("10,0,,5\n", id="empty cell"),
        pytest.param("10,0,nan,5\n", id="return is NaN"),
        pytest.param("10,0,inf,5\n", id="infinite return"),
        pytest.param("10.5,0,1.0,5\n", id="half a frame"),
        pytest.param("ten,0,1.0,5\n", id="word"),
        pytest.param("99999999999999999999,0,1.0,5\n", id="too large"),
        pytest.param("20,0,1.0,5\n10,0,1.0,5\n", id="frames fall"),
        pytest.param("10,0,1.0,\xff\n", id="not ASCII"),
    ],
)
def test_a_mangled_table_is_one_error_that_names_the_file(
    tmp_path: Path, rows: str
) -> None:
    path = tmp_path / "episodes.csv"
    path.write_bytes(f"{EPISODE_HEADER}\n{rows}".encode("latin-1"))
    with pytest.raises(RecordError) as caught:
        read_table(path, EPISODES)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "rows", ["10,1.0\n", f"5,10,1.0{11 * ','}\n5,20,2.0{9 * ','}\n"]
)
def test_a_short_row_is_an_error_where_cells_may_be_empty(
    tmp_path: Path, rows: str
) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text(f"{METRIC_HEADER}\n{rows}")
    with pytest.raises(RecordError, match="without exactly 13 cells"):
        read_table(path, METRICS)


ADDED = ("q_error", "target_entropy", "kept_share")


@pytest.mark.parametrize("added", [0, 1, 2, 3])
def test_columns_that_were_added_later_are_empty_in_older_files(
    tmp_path: Path, added: int
) -> None:
    columns = [*METRIC_COLUMNS[:-3], *ADDED[:added]]
    path = tmp_path / "metrics.csv"
    path.write_text(f"{','.join(columns)}\n10,0.5{',' * (len(columns) - 2)}\n")
    table = read_table(path, METRICS)
    assert METRIC_COLUMNS[-3:] == ADDED
    assert list(table) == list(METRIC_COLUMNS)
    assert table["loss"].tolist() == [0.5]
    assert table[list(ADDED)].isna().all(axis=None)
    assert (table.dtypes == METRICS.empty().dtypes).all()


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param(METRIC_COLUMNS[:-4], id="one that was always there"),
        pytest.param((*METRIC_COLUMNS[:-3], "kept_share"), id="not the last ones"),
        pytest.param((*METRIC_COLUMNS[:-3], "reward"), id="another"),
        pytest.param((*METRIC_COLUMNS, "reward"), id="one more"),
        pytest.param(METRIC_COLUMNS[1:], id="the first"),
    ],
)
def test_no_other_column_may_be_missing(
    tmp_path: Path, columns: tuple[str, ...]
) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text(f"{','.join(columns)}\n10{',' * (len(columns) - 1)}\n")
    with pytest.raises(RecordError, match="has columns"):
        read_table(path, METRICS)


@pytest.mark.parametrize("header", ["frames,env,score,length_frames", "", "frames"])
def test_a_wrong_header_is_an_error(tmp_path: Path, header: str) -> None:
    path = tmp_path / "episodes.csv"
    path.write_text(f"{header}\n10,0,1.0,5\n")
    with pytest.raises(RecordError, match="has columns"):
        read_table(path, EPISODES)


def test_nul_bytes_are_called_so(tmp_path: Path) -> None:
    path = tmp_path / "episodes.csv"
    path.write_bytes(f"{EPISODE_HEADER}\n10,0,1.0,5\n".encode() + b"\0" * 64 + b"\n")
    with pytest.raises(RecordError, match="holds NUL bytes"):
        read_table(path, EPISODES)


def test_games_may_end_together_but_metrics_may_not(tmp_path: Path) -> None:
    episodes, metrics = tmp_path / "e.csv", tmp_path / "m.csv"
    episodes.write_text(f"{EPISODE_HEADER}\n10,0,1.0,5\n10,1,2.0,5\n")
    metrics.write_text(f"{METRIC_HEADER}\n" + "10,,,,,,,,,,,,\n" * 2)
    assert len(read_table(episodes, EPISODES)) == 2
    with pytest.raises(RecordError, match="rise at every row"):
        read_table(metrics, METRICS)


@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_comes_back_to_the_last_bit(
    tmp_path_factory: pytest.TempPathFactory, value: float
) -> None:
    path = tmp_path_factory.mktemp("float") / "episodes.csv"
    path.write_text(f"{EPISODE_HEADER}\n10,0,{value!r},5\n")
    assert read_table(path, EPISODES)["game_return"].item() == value


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("episodes.csv", ",2.5,", ",9.5,"),
        ("metrics.csv", ",0.1,", ",0.2,"),
        ("config.json", '"temperature": 0.01', '"temperature": 0.1'),
        ("config.json", '"torch": "2.13.0"', '"torch": "2.14.0"'),
    ],
)
def test_done_describes_the_files_beside_it(
    tmp_path: Path, name: str, old: str, new: str
) -> None:
    folder = write_run(tmp_path, config_of(), GAMES)
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))
    with pytest.raises(RecordError, match=f"{name}: is not the file that done.json"):
        read_run(folder)


def test_a_finished_run_without_its_metrics_is_refused(tmp_path: Path) -> None:
    folder = write_run(tmp_path, config_of(), GAMES)
    (folder / "metrics.csv").unlink()
    with pytest.raises(RecordError, match=r"metrics\.csv: is not the file"):
        read_run(folder)


def test_older_records_vouch_for_their_games_alone(tmp_path: Path) -> None:
    folder = write_run(tmp_path, config_of(), GAMES)
    unseal(folder)
    (folder / "metrics.csv").unlink()
    run = read_run(folder)
    assert (run.status, len(run.episodes), len(run.metrics)) == ("done", 3, 0)


def test_every_problem_of_a_configuration_is_named(tmp_path: Path) -> None:
    config = config_of() | {"run_id": "../evil", "study": "a/b"}
    del config["sources"]["temperature"]
    config["hyperparameters"]["learning_rate"] = [1, 2]
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    with pytest.raises(RecordError) as caught:
        read_config(path)
    for name in ("../evil", "a/b", "'temperature' has no source", "'learning_rate'"):
        assert name in str(caught.value)


@pytest.mark.parametrize("change", [{"seed": "0"}, {"seed": True}, {"game": None}])
def test_a_configuration_has_types(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config_of() | change))
    with pytest.raises(RecordError, match=next(iter(change))):
        read_config(path)


@pytest.mark.parametrize("text", ["", "{", "[]", "\0"])
def test_a_mangled_configuration_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(RecordError, match=r"config\.json: is not"):
        read_config(path)


def test_a_folder_has_the_name_of_its_run(tmp_path: Path) -> None:
    folder = write_run(tmp_path, config_of(), GAMES)
    moved = folder.rename(tmp_path / "another-run")
    with pytest.raises(RecordError, match="run_id is"):
        read_run(moved)


def test_a_halted_run_came_as_far_as_any_of_its_files_says(tmp_path: Path) -> None:
    folder = write_run(tmp_path, config_of(), [(300, 1.0)], "unfinished")
    with (folder / "metrics.csv").open("a") as file:
        file.write("600,0.1,,,,,,,0.0007,,,,\n")
    assert read_run(folder).frames == 600
    failed = folder / "failed.json"
    failed.write_text(json.dumps({"error": "x", "frames": 0}))
    assert (read_run(folder).status, read_run(folder).frames) == ("failed", 600)
    (folder / "metrics.csv").unlink()
    assert read_run(folder).frames == 300
    failed.write_text(json.dumps({"error": "x", "frames": 800}))
    assert read_run(folder).frames == 800
