"""The comparison with the peer, from made-up measurements whose answer is known."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.build import draw_figures, write_tables
from analysis.findings.measured import CASES, OURS
from analysis.findings.speed import FILES, Speed, load_speed, load_speeds, summary
from analysis.records.digests import DIGESTS_FILE, adopt
from analysis.records.errors import RecordError

MEASUREMENTS, MEMORY, ABOUT = (Path("data", "speed", n) for n in FILES)
MACHINE = {"cpu": "Test CPU", "cores": 2, "at_once": 2, "torch": "2.13.0"}
RATES = {"stock": 100.0, "float32": 150.0, "mixed": 160.0, "bfloat16": 250.0}
# On each of two cores: 1 ms of emulator a step, and 1 ms of arithmetic in float32.
LIMITS = {"emulator": 2_000.0, "matrix-float32": 2e9, "matrix-bfloat16": 4e9}


def measured():
    rows = [
        {"case": case, "game": game, "side": side, "repetition": repetition}
        | {"rate": rate * factor, "peak_mb": 500.0}
        | {"env_ms": 3.0 if side == "stock" else 2.0}
        for case in CASES
        for game in ("Pong", "Breakout")
        for repetition, factor in enumerate((0.9, 1.0, 1.2))
        for side, rate in (RATES | LIMITS).items()
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def found():
    about = MACHINE | {"flop_per_step": dict.fromkeys(CASES, 1e6)}
    memory = pd.DataFrame([{"variant": "dqn-hard", "rows": 10, "peak_mb": 1.0}])
    return Speed(measured(), memory, about)


def test_ratios_and_limits(found):
    table = summary(found.measured, found.about).set_index(["case", "precision"])
    row = table.loc[("a2c", "float32")].iloc[0]
    assert (row["ours"], row["stock_sb3"], row["ratio"], row["n"]) == (150, 100, 1.5, 3)
    assert row["limit"] == 1_000  # 2 cores, 2 ms a step each
    assert row["of_limit"] == 0.15
    # A step takes 2 / 150 s; the environment 2 ms, 1 beyond the raw emulator.
    assert row["step_ms"] == pytest.approx(13.333)
    assert row["env_over_ms"] == 1.0
    assert row["env_ratio"] == 1.5
    assert row["rest_over_ms"] == pytest.approx(13.333 - 2 - 1)
    quick = table.loc[("a2c", "bfloat16")].iloc[0]
    assert quick["limit"] == pytest.approx(1_333.3)


def test_the_best_stock_row_of_a_family_counts(found):
    faster = (found.measured["case"] == "dqn, 8 envs") & (
        found.measured["side"] == "stock"
    )
    found.measured.loc[faster, "rate"] *= 2
    table = summary(found.measured, found.about).set_index(["case", "precision"])
    assert table.loc[("dqn", "float32"), "ratio_best"].tolist() == [0.75, 0.75]
    assert table.loc[("dqn", "float32"), "ratio"].tolist() == [1.5, 1.5]
    assert table.loc[("a2c", "float32"), "ratio_best"].tolist() == [1.5, 1.5]


def write(files, results):
    for path, data in files.items():
        (results / path).parent.mkdir(parents=True, exist_ok=True)
        (results / path).write_bytes(data)


def test_everything_is_made_again_from_the_data(found, small_study):
    write(found.data_files(), small_study)
    made = [*write_tables(small_study).paths, *draw_figures(small_study).paths]
    expected = found.table_files() | found.figure_files()
    assert {small_study / path for path in expected} <= set(made)
    for path, data in expected.items():
        assert (small_study / path).read_bytes() == data
    text = (small_study / "tables" / "speed.md").read_text()
    assert "n = 3" in text and "Test CPU (kind not recorded), 2 cores" in text
    assert all(precision in text for precision in OURS)


def test_the_kind_of_processor_is_named_with_its_matrix_rate(found):
    kind = {"id": "amd-25-17-avx512-0123ab", "name": "Test CPU"}
    found = replace(found, about=found.about | {"processor": kind})
    text = found.table_files()[Path("tables", "speed.md")].decode()
    # Two cores reach 2 and 4 GFLOP/s together.
    assert (
        "on Test CPU (amd-25-17-avx512-0123ab), 2 cores, torch 2.13.0. One core "
        in text
    )
    assert "multiplies matrices at 1 GFLOP/s in float32, 2 in bfloat16." in text


def test_mangled_data_are_named(found, small_study):
    assert load_speed(small_study) is None
    (small_study / ABOUT).parent.mkdir(parents=True)
    (small_study / ABOUT).write_text(json.dumps(MACHINE))
    with pytest.raises(RecordError, match=r"SHA256\.json: is missing"):
        load_speed(small_study)
    write(found.data_files(), small_study)
    (small_study / MEMORY).write_text("")
    (small_study / MEMORY).with_name(DIGESTS_FILE).unlink()
    adopt(small_study / "data" / "speed")
    with pytest.raises(RecordError, match="speed: No columns"):
        load_speed(small_study)


@pytest.mark.parametrize("path", [MEASUREMENTS, MEMORY, ABOUT])
def test_edited_data_are_refused(found, tmp_path, path):
    write(found.data_files(), tmp_path)
    assert load_speed(tmp_path) is not None
    text = (tmp_path / path).read_text()
    (tmp_path / path).write_text(text.replace("1", "2", 1))
    with pytest.raises(RecordError, match=f"{path.name}: not what was written"):
        load_speed(tmp_path)


def test_families_lie_beside_each_other_each_with_its_machine(found, tmp_path):
    minatar = replace(
        found,
        measured=found.measured.assign(game="MinAtar/" + found.measured["game"]),
        about=found.about
        | {"cpu": "Other CPU", "flop_per_step": dict.fromkeys(CASES, FLOP)},
        games="MinAtar",
    )
    write(found.data_files(), tmp_path)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*.*")}
    write(minatar.data_files(), tmp_path)
    assert all(p.read_bytes() == data for p, data in before.items())
    atari, other = load_speeds(tmp_path)
    assert atari.table_files() == found.table_files()
    assert not atari.table_files().keys() & other.table_files().keys()
    text = other.table_files()[Path("tables", "speed-minatar.md")].decode()
    assert text.startswith("# Training speed on MinAtar\n")
    assert "Other CPU" in text and "what the raw game and" in text
    table = summary(other.measured, other.about).set_index(["game", "precision"])
    limits = table["limit"].xs("float32", level=1)
    # A step's arithmetic is each game's own: 1 ms in one, 3 in the other, and 1 of it.
    assert set(limits["MinAtar/Pong"]) == {1_000.0}
    assert set(limits["MinAtar/Breakout"]) == {500.0}


FLOP = {"MinAtar/Pong": 1e6, "MinAtar/Breakout": 3e6}
