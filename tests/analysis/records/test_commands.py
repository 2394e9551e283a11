"""What ``export`` and ``merge`` say, and how they end."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from analysis.records.digests import DIGESTS_FILE
from analysis.records.errors import RecordError
from benchmarks.errors import UsageError
from benchmarks.options import Shown
from benchmarks.show import export, merge
from tests.analysis.records_on_disk import config_of, contents, write_run

GAMES = [(400, 1.0), (800, 2.5), (1000, 0.3)]
RUN = config_of()["run_id"]


@pytest.fixture
def shown(runs_dir: Path) -> Shown:
    """Everything of a results folder; not finished yet: one run."""
    write_run(runs_dir, config_of(), GAMES[:1], "unfinished")
    return Shown(results=runs_dir.parent)


def test_a_record_that_grew_is_said_in_a_line(
    shown: Shown, runs_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(shown) == 0
    write_run(runs_dir, config_of(), GAMES)
    assert export(shown) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[:2] == ["atari: runs added: 1", "atari: runs replaced: 1"]
    assert out[2].startswith(f"replaced: {RUN}: unfinished at 400 frames, 1 games")
    assert " -> done at 1000 frames, 3 games" in out[2]


def test_a_poorer_record_is_said_in_a_line(
    shown: Shown, runs_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export(shown)
    (runs_dir / RUN / "metrics.csv").unlink()
    assert export(shown) == 0
    assert f"kept: {RUN}: unfinished at 400 frames, 1 games, 2 rows of metrics" in (
        capsys.readouterr().out
    )


def test_a_conflict_names_the_run_the_row_and_both_sides(
    shown: Shown, runs_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export(shown)
    write_run(runs_dir, config_of(), [(300, 5.0), *GAMES])
    assert export(shown) == 1
    data = shown.results / "data" / "atari"
    assert capsys.readouterr().err.strip() == (
        f"conflict, ours is kept: {RUN}: episodes.csv row 1: frames 400, "
        f"game_return 1.0 in {data}, frames 300, game_return 5.0 in {runs_dir / RUN}"
    )


def test_reproductions_are_counted(
    shown: Shown, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export(shown)
    other = tmp_path / "other"
    elsewhere = config_of() | {"versions": {"torch": "3.0"}}
    write_run(other / "runs", elsewhere, GAMES[:1], "unfinished")
    export(Shown(results=other))
    assert merge(other, shown.results) == 0
    assert "atari: runs reproduced: 1" in capsys.readouterr().out


def test_older_data_are_adopted_when_somebody_vouches_for_them(
    shown: Shown, capsys: pytest.CaptureFixture[str]
) -> None:
    export(shown)
    data = shown.results / "data"
    before = contents(data / "atari")
    (data / "atari" / DIGESTS_FILE).unlink()
    (data / "cost").mkdir()
    (data / "cost" / "cost.csv").write_text("family\n")
    with pytest.raises(RecordError, match="export --adopt atari"):
        export(shown)
    assert export(shown, adopt=True) == 0
    assert f"adopted as it is: {data / 'atari'}" in capsys.readouterr().out
    assert contents(data / "atari") == before
    assert (data / "cost" / DIGESTS_FILE).exists()
    with pytest.raises(UsageError, match="already"):
        export(shown, adopt=True)
    with pytest.raises(UsageError, match=r"--adopt: there is no .*nothing"):
        export(Shown(("nothing",), shown.results), adopt=True)


@pytest.mark.parametrize("name", ["..", "../data/atari", "/tmp", "", "atari/games"])
def test_a_path_is_no_study_to_vouch_for(shown: Shown, name: str) -> None:
    export(shown)
    (shown.results / "data" / "atari" / DIGESTS_FILE).unlink()
    before = contents(shown.results)
    with pytest.raises(UsageError, match="--adopt: expected the name of a folder"):
        export(Shown((name,), shown.results), adopt=True)
    assert contents(shown.results) == before


@pytest.mark.parametrize("named", [(), ("older", "atari")])
def test_data_that_can_not_be_read_are_not_adopted(
    shown: Shown, named: tuple[str, ...]
) -> None:
    """Nor is any other, of those that are vouched for with them."""
    export(shown)
    data = shown.results / "data"
    (data / "atari" / DIGESTS_FILE).unlink()
    shutil.copytree(data / "atari", data / "older")
    (data / "older" / "metrics.csv").write_text("frames\n")
    with pytest.raises(RecordError, match=r"older.metrics\.csv: has columns"):
        export(Shown(named, shown.results), adopt=True)
    assert not [*data.glob(f"*/{DIGESTS_FILE}")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("done", "{}"),
        ("done", '{"frames": "x"}'),
        ("failed", '{"frames": "x"}'),
        ("failed", '{"frames": [1]}'),
    ],
)
def test_one_mangled_end_does_not_hold_up_the_others(
    shown: Shown,
    runs_dir: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: str,
) -> None:
    bad = write_run(runs_dir, config_of(seed=1), GAMES[:1], "unfinished")
    (bad / f"{name}.json").write_text(content)
    assert export(shown) == 1
    captured = capsys.readouterr()
    assert "atari: runs added: 1" in captured.out
    (line,) = captured.err.splitlines()
    assert line.startswith(f"refused: {bad / name}.json: ")


def test_one_mangled_configuration_does_not_hold_up_the_others(
    shown: Shown, runs_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (runs_dir / "a-run").mkdir()
    (runs_dir / "a-run" / "config.json").write_text("{")
    assert export(shown) == 1
    captured = capsys.readouterr()
    assert "atari: runs added: 1" in captured.out
    assert "refused: " in captured.err and "a-run/config.json" in captured.err
    (runs_dir / RUN / "config.json").unlink()
    with pytest.raises(RecordError, match=r"a-run/config\.json: is not JSON"):
        export(shown)
