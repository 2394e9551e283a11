"""What recording costs: from the measurements to the table."""

import pandas as pd
import pytest

from analysis.build import write_tables
from analysis.findings.cost import COLUMNS, Costs, cost_table, load_costs
from analysis.records.digests import adopt
from analysis.records.errors import RecordError

ROWS = [
    ("turn with record", 10.0, 5.0, 1000),
    ("turn without", 10.0, 4.0, 1000),
    ("turn with record", 10.0, 5.0, 1000),
    ("turn without", 10.0, 5.0, 1000),
    ("callbacks", 0.1, 0.05, None),
    ("row of metrics", 0.2, 0.1, None),
    ("steps a row", None, None, 4000),
    ("memory before", None, None, 600e6),
    ("save", 3.0, 1.5, None),
    ("memory", None, None, 650e6),
    ("disk", None, None, 30e6),
    ("load", 2.0, 1.0, None),
]
REPLAY = [
    ("save of a whole memory", 20.0, 15.0, None),
    ("chunks", 6.0, 4.5, 60_000),
    ("longest chunk", 0.5, 0.2, None),
]


@pytest.fixture
def costs():
    a2c = [("a2c", *row) for row in ROWS]
    dqn = [("dqn", *row) for row in ROWS + REPLAY]
    measured = pd.DataFrame(a2c + dqn, columns=list(COLUMNS)).astype(COLUMNS)
    return Costs(measured, {"processor": "some", "load average": "0.1"})


def test_shares_are_of_the_time_of_training(costs):
    table = cost_table(costs.measured).set_index("quantity")
    # 2,000 steps with a record take half a row: 0.1 + 0.1 of 20 s, 0.05 + 0.05 of 10.
    assert list(table.loc["record, % (wall, cpu)"]) == ["1.00, 1.00"] * 2
    assert table.loc["checkpoints, s in 10 minutes (wall, cpu)", "dqn"] == "9.00, 6.00"
    both = list(table.loc["both, % (wall, cpu)"])
    assert both == ["1.50, 1.25", "2.50, 2.00"]
    assert list(table.loc["record, % of cpu by turns"]) == ["12.5 (0.0 to 25.0)"] * 2
    assert list(table.loc["longest stop, s (wall, cpu)"]) == ["3.00, 1.50"] * 2
    assert list(table.loc["within it (wall, cpu)"]) == ["yes, yes"] * 2
    assert list(table.loc["more for checkpoints, MB"]) == ["50", "50"]


def test_too_much_is_told(costs):
    costs.measured.loc[costs.measured["quantity"] == "save", "wall_s"] = 25.0
    table = cost_table(costs.measured).set_index("quantity")
    assert table.loc["within it (wall, cpu)", "a2c"] == "no, yes"


def test_the_tables_come_again_from_the_data_to_the_byte(costs, small_study):
    for path, content in costs.data_files().items():
        (small_study / path).parent.mkdir(parents=True, exist_ok=True)
        (small_study / path).write_bytes(content)
    built = write_tables(small_study)
    for path, content in costs.table_files().items():
        assert (small_study / path) in built.paths
        assert (small_study / path).read_bytes() == content


@pytest.mark.parametrize("damage", ["family\n1\n", "", "what,ever\n"])
def test_mangled_measurements_are_named(damage, tmp_path):
    (tmp_path / "data" / "cost").mkdir(parents=True)
    assert load_costs(tmp_path / "elsewhere") is None
    (tmp_path / "data" / "cost" / "cost.csv").write_text(damage)
    (tmp_path / "data" / "cost" / "machine.json").write_text("{}")
    with pytest.raises(RecordError, match=r"SHA256\.json: is missing"):
        load_costs(tmp_path)
    adopt(tmp_path / "data" / "cost")
    with pytest.raises(RecordError, match="cost: is not what was measured"):
        load_costs(tmp_path)


def test_edited_measurements_are_refused(costs, tmp_path):
    for path, content in costs.data_files().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    assert load_costs(tmp_path) is not None
    text = (tmp_path / "data/cost/cost.csv").read_text()
    (tmp_path / "data/cost/cost.csv").write_text(text.replace("10.0", "9.0", 1))
    with pytest.raises(RecordError, match=r"cost\.csv: not what was written"):
        load_costs(tmp_path)
