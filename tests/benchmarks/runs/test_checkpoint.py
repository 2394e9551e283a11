"""Which checkpoint is loaded, which is kept, when one is made, and going on."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
import torch
from stable_baselines3.common.logger import Logger

from analysis.records.record import read_run
from benchmarks.errors import UsageError
from benchmarks.runs import checkpoint as checkpoints
from benchmarks.runs import train as train_module
from benchmarks.runs.build import make_model
from benchmarks.runs.process import STOPPED
from benchmarks.runs.train import train


def test_the_newest_checkpoint_is_loaded(tmp_path):
    for step in (1, 2, 3):
        checkpoints.save(tmp_path, {"step": step})
    assert checkpoints.load(tmp_path) == {"step": 3}
    (tmp_path / checkpoints.CURRENT_FILE).unlink()
    assert checkpoints.load(tmp_path) == {"step": 2}


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_a_flipped_bit_is_seen(place, tmp_path, caplog):
    checkpoints.save(tmp_path, {"weights": torch.arange(10_000.0)})
    path = tmp_path / checkpoints.CURRENT_FILE
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 1
    path.write_bytes(content)
    with pytest.raises(UsageError, match="every checkpoint is damaged"):
        checkpoints.load(tmp_path)
    assert "its checksum is another" in caplog.text


@pytest.mark.parametrize("variant", ["q-a2c", "dqn-hard"])
def test_saves_are_between_updates(variant, tiny, tmp_path, monkeypatch):
    """What was played is learned from: a state in mid-rollout would leave it out."""
    model, seen = make_model(tiny(variant)), []
    model.set_logger(Logger(folder=None, output_formats=[]))

    def note(folder, state, memory, frames):
        seen.append((state["counters"]["num_timesteps"], model._n_updates))

    monkeypatch.setattr(checkpoints, "save", note)
    callback = checkpoints.CheckpointCallback(
        tmp_path, record_state=dict, stop_asked=lambda: False, interval_s=0
    )
    model.learn(80, callback=callback)
    # An update a rollout: of 2 x 5 steps, or of 20 once it has begun, after step 60.
    expected = {
        "q-a2c": [(10 * n, n) for n in range(8)],
        "dqn-hard": [(0, 0), (20, 0), (40, 0), (60, 0)],
    }
    assert seen == expected[variant]


class StopsSoon:
    """Signals to stop, of which there are none until they were asked for often."""

    def __init__(self, asked):
        self.asked = asked

    def __bool__(self):
        self.asked -= 1
        return self.asked < 0


@pytest.mark.parametrize("suite", ["smoke", "minatar-smoke"])
@pytest.mark.parametrize("variant", ["q-a2c", "dqn-soft-kl"])
def test_a_run_that_was_stopped_ends_where_it_was_to(
    variant, suite, tiny, run_folder, monkeypatch
):
    config = tiny(variant, suite=suite)
    stopped, undisturbed = (run_folder(config, place) for place in ("one", "other"))
    assert train(undisturbed) == 0
    with monkeypatch.context() as patch:
        patch.setattr(train_module, "stop_signals", lambda: nullcontext(StopsSoon(9)))
        assert train(stopped) == STOPPED
    assert not (stopped / "done.json").exists()
    assert train(stopped) == 0
    for name in ("episodes.csv", "metrics.csv", "policy.pt"):
        one, other = ((folder / name).read_bytes() for folder in (stopped, undisturbed))
        assert one == other, name
    assert read_run(stopped).frames == read_run(undisturbed).frames
