"""The measurement of what recording costs, on runs of a moment."""

import pandas as pd
import pytest

from analysis.findings.cost import cost_table
from benchmarks.speed import cost
from benchmarks.suites.suite import Selection, load_suite

TINY = {
    "a2c": {"n_envs": 2},
    "dqn": {"buffer_size": 1000, "learning_starts": 1, "batch_size": 4},
}


@pytest.mark.parametrize("family", cost.FAMILIES)
def test_a_measurement_has_all_that_the_table_shows(family, tmp_path, monkeypatch):
    def tiny(family):
        chosen = Selection([cost.GAME], [cost.FAMILIES[family]], 1, None, TINY[family])
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


def test_a_full_memory_is_of_real_play_over_and_over(monkeypatch):
    monkeypatch.setattr(cost, "PLAYED_ROWS", 300)
    chosen = Selection([cost.GAME], [cost.FAMILIES["dqn"]], 1, None, TINY["dqn"])
    model = cost.make_model(load_suite("atari", chosen)[0])
    memory = model.replay_buffer
    cost.fill(model, memory)
    frames = memory.frames[0]
    assert memory.head[0] == memory.rows == 1000
    assert (frames[300:600] == frames[:300]).all()
    assert len({frame.tobytes() for frame in frames[:300]}) > 100
    assert len(memory) > 900
    assert memory.sample(32).observations.shape == (32, 4, 84, 84)
