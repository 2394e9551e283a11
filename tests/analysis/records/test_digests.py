"""Data that were edited by hand are shown by no command."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from analysis.build import draw_figures, write_report, write_tables
from analysis.records.digests import DIGESTS_FILE, adopt, check_digests, with_digests
from analysis.records.errors import RecordError
from analysis.records.exchange import export_study, merge_studies
from analysis.records.study import STUDY_FILES, load_study
from tests.analysis.records_on_disk import config_of, contents, write_run

RUN = "a2c-proper-breakout-s1-1000"
# A file, what it says of RUN, and what an editor would rather have it say.
EDITS = [
    ("episodes.csv", f"{RUN},950,0,23.0,40\n", f"{RUN},950,0,448.0,40\n"),
    ("episodes.csv", f"{RUN},500,0,14.0,40\n", f"{RUN},501,0,14.0,40\n"),
    ("metrics.csv", f"{RUN},400,0.1,", f"{RUN},400,0.01,"),
    ("metrics.csv", f"{RUN},400,0.1,,,,,,,0.0007,,,,\n", ""),
    ("timing.csv", f"{RUN},400,1.0,", f"{RUN},400,0.5,"),
    ("runs.csv", f"{RUN},a2c-proper,a2c-proper", f"{RUN},a2c-naive,a2c-naive"),
    ("configs.json", '"temperature": 0.01', '"temperature": 0.02'),
    ("configs.json", '"threads": 1,', '"threads": 1,"numerics": 2,'),
]


def edit(path: Path, old: str, new: str) -> None:
    """Replace the last occurrence: of the run that comes last."""
    before, found, after = path.read_text().rpartition(old)
    assert found
    path.write_text(before + new + after)


@pytest.fixture
def study(runs_dir: Path, data_dir: Path, small_study: Path) -> Path:
    """A study's folder whose last run is RUN."""
    unfinished = runs_dir / "a2c-proper-breakout-s2-1000"
    for path in (data_dir / "atari").iterdir():
        path.unlink()
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
    assert line.startswith(f"{study}: {name} (run {RUN}): not what was written")
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
    with (study / "episodes.csv").open("rb+") as file:
        content = file.read()
        file.seek(0)
        file.write(content.replace(b"game_return", b"return_game", 1))
    with pytest.raises(RecordError, match=r"atari: episodes\.csv: not what was"):
        load_study(study.parent, "atari")


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


def test_digests_that_leave_a_file_out_do_not_pass(study: Path) -> None:
    digests = json.loads((study / DIGESTS_FILE).read_text())
    del digests["files"]["episodes.csv"]
    for each in digests["runs"].values():
        del each["episodes.csv"]
    (study / DIGESTS_FILE).write_text(json.dumps(digests))
    with pytest.raises(RecordError, match=r"SHA256\.json: lacks episodes\.csv"):
        load_study(study.parent, "atari")


def test_the_digest_of_a_run_alone_may_not_be_edited(study: Path) -> None:
    digests = json.loads((study / DIGESTS_FILE).read_text())
    digests["runs"][RUN]["configs.json"] = "0" * 64
    (study / DIGESTS_FILE).write_text(json.dumps(digests))
    with pytest.raises(RecordError, match=r"SHA256\.json: not what was written"):
        load_study(study.parent, "atari")


def test_a_person_can_check_a_digest(study: Path) -> None:
    digests = json.loads((study / DIGESTS_FILE).read_text())
    assert set(digests["files"]) == set(STUDY_FILES)
    rows = subprocess.run(["grep", f"^{RUN},", study / "episodes.csv"], stdout=-1)
    found = hashlib.sha256(rows.stdout).hexdigest()
    assert digests["runs"][RUN]["episodes.csv"] == found
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
