"""Data that were edited by hand are shown by no command."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from analysis.build import draw_figures, write_report, write_tables
from analysis.records.digests import DIGESTS_FILE, adopt, check_digests, with_digests
from analysis.records.errors import RecordError
from analysis.records.exchange import export_study, merge_studies
from analysis.records.games import file_of
from analysis.records.study import STUDY_FILES, load_study
from tests.analysis.records_on_disk import (
    config_of,
    contents,
    read_text,
    write_run,
    write_text,
)

RUN = "a2c-proper-breakout-s1-1000"
GAMES = f"episodes/{RUN}.csv.gz"
# A file, what it says of RUN, and what an editor would rather have it say.
EDITS = [
    (GAMES, "950,0,23.0,40\n", "950,0,448.0,40\n"),
    (GAMES, "500,0,14.0,40\n", "501,0,14.0,40\n"),
    ("metrics.csv", f"{RUN},400,0.1,", f"{RUN},400,0.01,"),
    ("metrics.csv", f"{RUN},400,0.1,,,,,,,0.0007,,,,\n", ""),
    ("timing.csv", f"{RUN},400,1.0,", f"{RUN},400,0.5,"),
    ("runs.csv", f"{RUN},a2c-proper,a2c-proper", f"{RUN},a2c-naive,a2c-naive"),
    ("configs.json", '"temperature": 0.01', '"temperature": 0.02'),
    ("configs.json", '"threads": 1,', '"threads": 1,"numerics": 2,'),
]


def edit(path: Path, old: str, new: str) -> None:
    """Replace the last occurrence: of the run that comes last."""
    before, found, after = read_text(path).rpartition(old)
    assert found
    write_text(path, before + new + after)


@pytest.fixture
def study(runs_dir: Path, data_dir: Path, small_study: Path) -> Path:
    """A study's folder whose last run is RUN."""
    unfinished = runs_dir / "a2c-proper-breakout-s2-1000"
    shutil.rmtree(data_dir / "atari")
    for path in unfinished.iterdir():
        path.unlink()
    export_study(runs_dir, "atari", data_dir)
    return data_dir / "atari"


@pytest.mark.parametrize("show", [draw_figures, write_tables, write_report])
@pytest.mark.parametrize(("name", "old", "new"), EDITS)
def test_an_edit_is_refused_with_the_file_and_the_run(
    study: Path, name: str, old: str, new: str, show
) -> None:
    edit(study / name, old, new)
    with pytest.raises(RecordError) as caught:
        show(study.parents[1])
    line = str(caught.value)
    said = name if RUN in name else f"{name} (run {RUN})"
    assert line.startswith(f"{study}: {said}: not what was written")
    assert "git checkout" in line and "\n" not in line
    assert not (study.parents[1] / "tables").exists()


@pytest.mark.parametrize(("name", "old", "new"), EDITS[:2])
def test_edited_data_are_neither_added_to_nor_merged(
    study: Path, runs_dir: Path, name: str, old: str, new: str
) -> None:
    edit(study / name, old, new)
    before = contents(study)
    write_run(runs_dir, config_of("q-a2c"), [(950, 1.0)])
    with pytest.raises(RecordError, match="not what was written"):
        export_study(runs_dir, "atari", study.parent)
    mine = study.parents[1] / "mine"
    with pytest.raises(RecordError, match="not what was written"):
        merge_studies(study.parent, mine)
    assert contents(study) == before
    assert not mine.exists()


def test_every_file_and_run_that_differs_is_named(study: Path) -> None:
    edit(study / "runs.csv", "a2c-proper-breakout-s0", "a2c-proper-breakout-s7")
    with (study / "metrics.csv").open("a") as file:
        file.writelines(f"other-{n},9,,,,,,,,,,,,\n" for n in range(5))
    with pytest.raises(RecordError) as caught:
        load_study(study.parent, "atari")
    assert (
        "metrics.csv (runs other-0, other-1, other-2 and 2 more), "
        "runs.csv (runs a2c-proper-breakout-s0-1000, a2c-proper-breakout-s7-1000): "
    ) in str(caught.value)


def test_what_belongs_to_no_run_is_an_edit_too(study: Path) -> None:
    edit(study / "metrics.csv", "policy_loss", "loss_policy")
    with pytest.raises(RecordError, match=r"atari: metrics\.csv: not what was"):
        load_study(study.parent, "atari")


def test_games_packed_otherwise_are_the_same(study: Path) -> None:
    path = study / GAMES
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), 1, mtime=9))
    assert len(load_study(study.parent, "atari").runs) == 4


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [cut, flip, lambda path: path.write_bytes(b"a")])
def test_a_damaged_packed_file_is_named(study: Path, damage) -> None:
    damage(study / GAMES)
    with pytest.raises(RecordError, match=re.escape(f"{GAMES}: is not a whole gzip")):
        load_study(study.parent, "atari")


def test_games_of_a_run_that_the_study_has_not_are_an_error(study: Path) -> None:
    shutil.copy(study / GAMES, study / "episodes/other.csv.gz")
    with pytest.raises(RecordError, match=r"lacks episodes/other\.csv\.gz"):
        load_study(study.parent, "atari")
    (study / DIGESTS_FILE).unlink()
    adopt(study)
    with pytest.raises(RecordError, match=r"games differ: episodes/other\.csv\.gz"):
        load_study(study.parent, "atari")


def test_a_runs_games_are_its_own_file_byte_for_byte(
    study: Path, runs_dir: Path
) -> None:
    packed = (study / GAMES).read_bytes()
    assert packed[4:8] == bytes(4)  # no time of day: the same games, the same file
    assert gzip.decompress(packed) == (runs_dir / RUN / "episodes.csv").read_bytes()
    done = json.loads((runs_dir / RUN / "done.json").read_text())
    digests = json.loads((study / DIGESTS_FILE).read_text())
    assert digests["files"][GAMES] == done["episodes_sha256"]


def test_a_row_that_is_moved_to_another_place_is_an_edit(study: Path) -> None:
    lines = (study / "timing.csv").read_text().splitlines(keepends=True)
    moved = [lines[0], *lines[6:], *lines[1:6]]  # one run after all others
    (study / "timing.csv").write_text("".join(moved))
    with pytest.raises(RecordError, match=r"atari: timing\.csv: not what was"):
        load_study(study.parent, "atari")


def test_a_file_that_is_gone_is_named(study: Path) -> None:
    (study / "timing.csv").unlink()
    with pytest.raises(RecordError, match=r"timing\.csv: is missing, and SHA256"):
        load_study(study.parent, "atari")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"files": {}, "runs": {}}', '{"files": [1], "runs": {"a": 3}}'],
)
def test_mangled_digests_are_an_error(study: Path, text: str) -> None:
    (study / DIGESTS_FILE).write_text(text)
    with pytest.raises(RecordError, match="is not a file of digests"):
        load_study(study.parent, "atari")


@pytest.mark.parametrize("name", ["metrics.csv", GAMES])
def test_digests_that_leave_a_file_out_do_not_pass(study: Path, name: str) -> None:
    digests = json.loads((study / DIGESTS_FILE).read_text())
    del digests["files"][name]
    for each in digests["runs"].values():
        each.pop(name, None)
    (study / DIGESTS_FILE).write_text(json.dumps(digests))
    with pytest.raises(RecordError, match=rf"SHA256\.json: lacks {re.escape(name)}"):
        load_study(study.parent, "atari")


def test_the_digest_of_a_run_alone_may_not_be_edited(study: Path) -> None:
    digests = json.loads((study / DIGESTS_FILE).read_text())
    digests["runs"][RUN]["configs.json"] = "0" * 64
    (study / DIGESTS_FILE).write_text(json.dumps(digests))
    with pytest.raises(RecordError, match=r"SHA256\.json: not what was written"):
        load_study(study.parent, "atari")


def test_a_person_can_check_a_digest(study: Path) -> None:
    digests = json.loads((study / DIGESTS_FILE).read_text())
    games = {file_of(run_id) for run_id in digests["runs"]}
    assert set(digests["files"]) == {*STUDY_FILES, *games}
    rows = subprocess.run(["grep", f"^{RUN},", study / "metrics.csv"], stdout=-1)
    found = hashlib.sha256(rows.stdout).hexdigest()
    assert digests["runs"][RUN]["metrics.csv"] == found
    rows = subprocess.run(["zcat", study / GAMES], stdout=-1)
    assert digests["files"][GAMES] == hashlib.sha256(rows.stdout).hexdigest()
    whole = hashlib.sha256((study / "runs.csv").read_bytes()).hexdigest()
    assert digests["files"]["runs.csv"] == whole


def test_data_without_digests_are_refused_and_can_be_vouched_for(study: Path) -> None:
    written = (study / DIGESTS_FILE).read_bytes()
    (study / DIGESTS_FILE).unlink()
    with pytest.raises(RecordError, match=r"SHA256\.json: is missing.* --adopt atari"):
        load_study(study.parent, "atari")
    adopt(study)
    assert (study / DIGESTS_FILE).read_bytes() == written
    assert len(load_study(study.parent, "atari").runs) == 4


def test_nobody_vouches_for_an_edit_by_the_way(study: Path) -> None:
    adopt(study)
    edit(study / EDITS[0][0], *EDITS[0][1:])
    with pytest.raises(RecordError, match="not what was written"):
        adopt(study)
    with pytest.raises(RecordError, match="holds no data"):
        adopt(study.parent / "nothing")


def test_files_that_no_run_is_in_have_digests_too(tmp_path: Path) -> None:
    files = {tmp_path / "a.csv": b"x,y\n1,2\n", tmp_path / "b.json": b'{"c": {}}\n'}
    for path, data in with_digests(files).items():
        path.write_bytes(data)
    check_digests(tmp_path, ["a.csv", "b.json"])
    (tmp_path / "b.json").write_text('{"c": {"d": 1}}\n')
    with pytest.raises(RecordError, match=r": b\.json: not what was written"):
        check_digests(tmp_path, ["a.csv"])
