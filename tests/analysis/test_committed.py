"""The data in results/ are those that were written, and what is shown is of them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from analysis.build import TABLES_FOLDER, write_tables
from analysis.claims.build import write_claims
from analysis.claims.scales import read_scales
from analysis.records.configs import RESERVED
from analysis.records.digests import DIGESTS_FILE, check_digests
from analysis.records.evaluations import AGENT_FILES, POLICIES, read_agent
from analysis.records.games import file_of
from analysis.records.study import STUDY_FILES, load_study, study_names
from analysis.report.contents import contents_of, kept_studies
from analysis.report.findings import FILE as FINDINGS_FILE
from analysis.report.findings import findings

RESULTS = Path(__file__).parents[2] / "results"
MOST_BYTES = 8_000_000
AGENTS = sorted(path.parent for path in RESULTS.glob(f"agents/*/{DIGESTS_FILE}"))
FOLDERS = sorted(path for path in RESULTS.glob("data/*") if path.is_dir())


def test_there_are_data() -> None:
    assert {*RESERVED} <= {path.name for path in FOLDERS}
    assert len(FOLDERS) > len(RESERVED)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_data_were_edited_by_hand(folder: Path) -> None:
    files = (path for path in folder.rglob("[!.]*") if path.is_file())
    names = {path.relative_to(folder).as_posix() for path in files} - {DIGESTS_FILE}
    check_digests(folder, names)
    digests = json.loads((folder / DIGESTS_FILE).read_text())
    assert names == set(digests["files"])
    if folder.name not in RESERVED:
        assert names == {*STUDY_FILES, *map(file_of, digests["runs"])}
        assert set(load_study(folder.parent, folder.name).configs) == set(
            digests["runs"]
        )


@pytest.mark.parametrize("folder", AGENTS, ids=lambda folder: folder.name)
def test_no_agent_was_edited_by_hand(folder: Path) -> None:
    found = {path.name for path in folder.iterdir()}
    assert found == {*AGENT_FILES, DIGESTS_FILE}
    record = read_agent(folder)
    studies = load_study(RESULTS / "data", record.config["study"])
    exported = studies.configs[record.run_id]
    # It may be the run made again, whose games and metrics were found the same.
    assert _less_provenance(record.config) == _less_provenance(exported)
    counts = record.games["policy"].value_counts().to_dict()
    assert counts == dict.fromkeys(POLICIES, record.about["games"])


def _less_provenance(config: dict) -> dict:
    made_with = ("code", "history", "processor", "versions")
    return {key: value for key, value in config.items() if key not in made_with}


def test_agents_are_few_enough_to_clone() -> None:
    paths = [path for folder in AGENTS for path in folder.iterdir()]
    assert sum(path.stat().st_size for path in paths) <= MOST_BYTES


def committed(*folders: str) -> list[Path]:
    """The files that git has, without those of this machine's own runs."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", *folders], cwd=RESULTS, capture_output=True, text=True
    )
    if listed.returncode or not listed.stdout:
        pytest.skip("not a clone")
    paths = [Path(name) for name in listed.stdout.strip("\0").split("\0")]
    return [path for path in paths if (RESULTS / path).exists()]


def test_the_tables_are_of_these_data(tmp_path: Path) -> None:
    """Rounded, they come out the same on every machine."""
    for path in committed("agents", "data", "reference"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(RESULTS / path, tmp_path / path)
    made = [path for path in write_tables(tmp_path).paths if path.suffix == ".md"]
    there = [path for path in committed(TABLES_FOLDER) if path.suffix == ".md"]
    assert sorted(path.relative_to(tmp_path) for path in made) == sorted(there)
    for path in there:
        text = (RESULTS / path).read_text()
        assert text == (tmp_path / path).read_text(), f"{path}: not of data/"


def test_the_verdicts_and_the_findings_are_of_these_data(tmp_path: Path) -> None:
    for path in committed("data", "reference"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(RESULTS / path, tmp_path / path)
    write_claims(tmp_path)
    names = kept_studies(study_names(tmp_path / "data"))
    studies = [load_study(tmp_path / "data", name) for name in names]
    contents = contents_of(tmp_path, [], whole=True)  # claims and checks alone
    text = findings(contents, studies, read_scales(tmp_path))
    (tmp_path / FINDINGS_FILE).write_text(text)
    for name in (FINDINGS_FILE, "claims/verdicts.md"):
        made, there = ((folder / name).read_text() for folder in (tmp_path, RESULTS))
        assert made == there, f"{name}: not of data/"
