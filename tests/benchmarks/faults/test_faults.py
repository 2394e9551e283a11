"""The table of faults is whole; the cheap ones are injected here too."""

from __future__ import annotations

import json
import subprocess
import sys

import pandas as pd
import pytest

from analysis.findings.faults import DATA_FILE, TABLE_FILE, FaultTable, load_faults
from analysis.records.digests import DIGESTS_FILE, adopt
from analysis.records.errors import RecordError
from benchmarks.faults import inject
from benchmarks.faults.lab import Lab, NotRunError
from benchmarks.faults.processes import killed, killed_while_saving, short
from benchmarks.faults.table import FAILED, FAULTS, HELD, NOT_RUN, Fault


def test_there_are_twenty_five_faults_of_different_names():
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) == 25
    assert len({fault.inject for fault in FAULTS}) == 25


@pytest.mark.parametrize("name", ["an unknown game", "a path in a name"])
def test_a_cheap_fault_is_survived(name, tmp_path):
    (fault,) = (fault for fault in FAULTS if fault.name == name)
    observed, verdict = fault.observe(Lab(tmp_path), tmp_path / "results")
    assert verdict == HELD, observed


@pytest.mark.slow
def test_a_hostile_checkpoint_executes_nothing(tmp_path):
    (fault,) = (fault for fault in FAULTS if fault.name == "a hostile checkpoint")
    observed, verdict = fault.observe(Lab(tmp_path), tmp_path / "results")
    assert verdict == HELD, observed
    assert "executed: False" in observed


@pytest.mark.slow
@pytest.mark.parametrize("strike", [killed, killed_while_saving])
def test_a_kill_is_survived_on_minatar(strike, tmp_path):
    lab = Lab(tmp_path, "minatar-smoke", "MinAtar/Breakout")
    observed, held = strike(lab, tmp_path / "results")
    assert held, observed
    assert "identical to an undisturbed run's" in observed


@pytest.mark.parametrize("outcome", [("bad", False), OSError("x"), NotRunError("y")])
def test_what_is_not_survived_says_so(outcome, tmp_path):
    def strike(lab, results):
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    observed = Fault("name", "how", strike).observe(Lab(tmp_path), tmp_path)
    expected = {
        tuple: ("bad", FAILED),
        OSError: ("OSError: x", FAILED),
        NotRunError: ("not run: y", NOT_RUN),
    }
    assert observed == expected[type(outcome)]


def test_nothing_that_trains_knows_of_the_faults():
    code = (
        "import sys, benchmarks.cli;"
        "import benchmarks.runs.train, benchmarks.sweeps.sweep;"
        "faults = [n for n in sys.modules if n.startswith('benchmarks.faults.')];"
        "sys.exit(any(name != 'benchmarks.faults.commands' for name in faults))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_every_fault_that_is_named_can_be_injected(tmp_path):
    assert {"none", "kill", "hang", "nan", "fill-disk"} <= set(inject.FAULTS)
    assert inject.strikes_of(tmp_path) == 0


def test_lines_are_shown_without_folders():
    line = "failed: a2c-naive-pong-s0-0123456789: see /tmp/x/runs/y/log.txt"
    assert short(line) == "failed: a2c-naive-pong-s0: see log.txt"
    assert short("unknown '../../x'") == "unknown '../../x'"
    assert len(short("word " * 99)) <= 200


def test_the_table_comes_back_from_its_data(tmp_path):
    assert load_faults(tmp_path) is None
    row = ("1", "a, b", "how", 'said "x" | y', HELD)
    table = FaultTable(pd.DataFrame([row], columns=list(FaultTable.COLUMNS)))
    for path, content in table.data_files().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    again = load_faults(tmp_path)
    assert again.table_files() == table.table_files()
    assert b"1 faults, 1 held" in table.table_files()[TABLE_FILE.with_suffix(".md")]
    (tmp_path / DATA_FILE).write_text(json.dumps({}))
    with pytest.raises(RecordError, match=r"faults\.csv: not what was written"):
        load_faults(tmp_path)
    (tmp_path / DATA_FILE).with_name(DIGESTS_FILE).unlink()
    adopt((tmp_path / DATA_FILE).parent)
    with pytest.raises(RecordError, match=r"faults\.csv: has columns"):
        load_faults(tmp_path)
