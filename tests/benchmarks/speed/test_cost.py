"""The measurement of what recording costs, on runs of a moment."""

from pathlib import Path

import pandas as pd
import pytest

from analysis.findings import cost as findings_cost
from analysis.findings.cost import cost_table
from benchmarks.runs import checkpoint
from benchmarks.speed import apart, cost
from benchmarks.speed.full_memory import fill
from benchmarks.suites.suite import Selection, load_suite

TINY = {
    "a2c": {"n_envs": 2},
    "dqn": {"buffer_size": 1000, "learning_starts": 1, "batch_size": 4},
}


@pytest.mark.parametrize("family", cost.FAMILIES)
def test_a_measurement_has_all_that_the_table_shows(family, tmp_path, monkeypatch):
    def tiny(family):
        chosen = Selection(
            [cost.GAME], [cost.FAMILIES[family]], seeds=1, values=TINY[family]
        )
        return load_suite("atari", chosen)[0]

    monkeypatch.setattr(cost, "config_of", tiny)
    monkeypatch.setattr(cost, "INTERVAL_S", 2)
    monkeypatch.setattr(cost, "PLAYED_ROWS", 300)
    monkeypatch.setattr(cost, "WARM_UP_STEPS", {"a2c": 100, "dqn": 40})
    rows = cost.measure(family, tmp_path, turns=4, turn_s=0.3)
    measured = pd.DataFrame(rows).assign(family=family)
    table = cost_table(measured).set_index("quantity")[family]
    assert not table.isna().any()
    steps = measured[measured["quantity"].str.startswith("turn")]["count"]
    assert len(steps) == 4 and (steps > 0).all()
    assert (measured["wall_s"].dropna() >= 0).all()
    assert float(table["two checkpoints on disk, MB"]) > 5
    assert (table["save of a whole memory at once, s (wall, cpu)"] == "–") == (
        family == "a2c"
    )


def test_the_interval_that_costs_are_reckoned_by_is_that_of_checkpoints():
    """Kept twice: what shows costs imports nothing that trains."""
    assert findings_cost.INTERVAL_S == checkpoint.INTERVAL_S


def test_a_full_memory_is_of_real_play_over_and_over():
    chosen = Selection([cost.GAME], [cost.FAMILIES["dqn"]], seeds=1, values=TINY["dqn"])
    model = cost.make_model(load_suite("atari", chosen)[0])
    memory = model.replay_buffer
    fill(model, memory, 300)
    frames = memory.frames[0]
    assert memory.head[0] == memory.rows == 1000
    assert (frames[300:600] == frames[:300]).all()
    assert (frames[900:] == frames[:100]).all()
    assert len({frame.tobytes() for frame in frames[:300]}) > 100
    assert len(memory) > 900
    assert memory.sample(32).observations.shape == (32, 4, 84, 84)


def test_a_measurement_that_fails_is_named(capfd):
    with pytest.raises(RuntimeError, match=r"failed: .* -m json\.tool /no/such file"):
        apart.measured("json.tool", "/no/such file")
    assert "No such file" in capfd.readouterr().err


def test_a_measurement_is_the_last_line_of_a_process_of_one_thread(
    tmp_path, monkeypatch
):
    code = "import os; print('ready'); print(os.environ['OMP_NUM_THREADS'])"
    (tmp_path / "probe.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert apart.measured("probe") == 1


def test_both_families_are_measured_where_no_run_has_been(tmp_path, monkeypatch):
    def found(module, family, folder, *rest):
        assert Path(folder).parent == tmp_path / "results/runs"
        return [cost.row("save", (1.0, 2.0), count=len(rest))]

    monkeypatch.setattr(cost, "measured", found)
    costs = cost.measure_all(tmp_path / "results", 4, 0.3)
    assert list(costs.measured["family"]) == ["a2c", "dqn"]
    assert list(costs.measured["count"]) == [2, 2]
    assert not list((tmp_path / "results/runs").iterdir())
