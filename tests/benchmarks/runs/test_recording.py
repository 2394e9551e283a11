"""What a run records is what happened in it: its games, and means at intervals."""

from __future__ import annotations

from collections import defaultdict
from types import SimpleNamespace

import numpy as np
import pytest

from analysis.records.csvs import read_table
from analysis.records.record import EPISODES, read_run
from benchmarks.runs import train as train_module
from benchmarks.runs.recorded_rows import recorded_rows
from benchmarks.runs.tracking import CsvWriter, RecordCallback
from benchmarks.runs.train import train
from tests.analysis.records_on_disk import config_of, write_run

FRAME_SKIP = 4


@pytest.fixture
def spied(monkeypatch):
    """What every step of training gave, and what every update logged."""
    seen = {"games": [], "logged": []}
    real = train_module.make_model

    def make(config):
        model = real(config)
        watch_games(model.env, seen["games"])
        model.set_logger = lambda logger: watch_means(model, logger, seen["logged"])
        return model

    monkeypatch.setattr(train_module, "make_model", make)
    return seen


def watch_games(env, games):
    returns, frames, real = [0.0] * env.num_envs, [0], env.step_wait

    def step_wait():
        obs, rewards, dones, infos = real()
        frames[0] += env.num_envs * FRAME_SKIP
        for i, (reward, done) in enumerate(zip(rewards, dones, strict=True)):
            returns[i] += reward
            if done:  # Pong has no lives
                games.append((frames[0], i, returns[i]))
                returns[i] = 0.0
        return obs, rewards, dones, infos

    env.step_wait = step_wait


def watch_means(model, logger, logged):
    real = logger.record_mean
    type(model).set_logger(model, logger)

    def record_mean(key, value, *more):
        logged.append((model.num_timesteps * FRAME_SKIP, key, value))
        real(key, value, *more)

    logger.record_mean = record_mean


@pytest.mark.parametrize("variant", ["a2c-naive", "dqn-soft-kl"])
def test_the_games_on_record_are_those_that_were_played(
    variant, spied, tiny, run_folder
):
    folder = run_folder(tiny(variant, frames=2_400, max_frames=600))
    assert train(folder) == 0
    games = read_run(folder).episodes
    rows = games[["frames", "env", "game_return"]].itertuples(index=False)
    assert [tuple(row) for row in rows] == spied["games"]
    assert len(games) >= 4
    assert games["game_return"].all()
    assert (games["length_frames"] == 600).all()


ROWS = {  # frames at which a rollout begins, the first after each 300; and the end
    "q-a2c": [320, 600, 920, 1200, 1520, 1600],  # rollouts of 2 x 5 x 4 frames
    "dqn-soft-kl": [320, 640, 960, 1200, 1520, 1600],  # of 20 x 4
}


@pytest.mark.parametrize("variant", ROWS)
def test_rows_keep_their_spacing_and_hold_means(variant, spied, tiny, run_folder):
    folder = run_folder(tiny(variant, log_interval=300))
    assert train(folder) == 0
    record, values = read_run(folder), defaultdict(list)
    assert record.metrics["frames"].tolist() == ROWS[variant]
    assert record.timing["frames"].tolist() == ROWS[variant]
    for frames, key, value in spied["logged"]:
        row = next(row for row in ROWS[variant] if frames <= row)
        values[row, key.removeprefix("train/")].append(value)
    assert {"loss", "grad_norm"} < {column for _, column in values}
    assert max(map(len, values.values())) > 2
    for (row, column), logged in values.items():
        found = record.metrics.set_index("frames").loc[row, column]
        assert found == pytest.approx(sum(logged) / len(logged)), (row, column)


def test_games_that_end_in_one_step_are_all_on_record(tmp_path):
    silent = SimpleNamespace(send=lambda row: None, beat=lambda frames: None)
    callback = RecordCallback(
        tmp_path,
        frame_skip=4,
        log_interval=100,
        sinks=[silent],
        heartbeat=silent,
        clock=lambda: 0.0,
    )
    callback.num_timesteps = 30
    games = [{"episode": {"r": r, "l": 40}} for r in (3.0, -2.0)]
    callback.locals = {"dones": np.array([1, 1, 1], bool), "infos": [*games, {}]}
    callback._on_step()
    callback.close()
    found = read_table(tmp_path / "episodes.csv", EPISODES)
    assert found["env"].tolist() == [0, 1]
    assert found["game_return"].tolist() == [3, -2]
    assert found["frames"].tolist() == [120, 120]


def test_a_file_goes_on_from_where_it_stood(tmp_path):
    """What was written after a checkpoint is gone: it is made again."""
    path = tmp_path / "episodes.csv"
    writer = CsvWriter(path, EPISODES)
    for frames in (100, 200, 300, 400):
        if frames == 300:
            stood = writer.tell()
        writer.write(dict.fromkeys(EPISODES.dtypes, frames))
    writer.close()
    writer = CsvWriter(path, EPISODES, keep=stood)
    writer.write(dict.fromkeys(EPISODES.dtypes, 250))
    writer.close()
    assert read_table(path, EPISODES)["frames"].tolist() == [100, 200, 250]


def test_recorded_rows_are_in_the_order_of_their_frames(tmp_path):
    games = [(100, 1.0), (400, 2.0), (950, 3.0)]
    rows = recorded_rows(write_run(tmp_path, config_of(), games))
    frames = [row["frames"] for row in rows]
    assert frames == sorted(frames)
    assert len(frames) == 3 + 5
    at = ["game_return" in row for row in rows if row["frames"] == 400]
    assert at == [True, False]  # the game comes first


def test_speed_is_in_steps_of_the_agent(tmp_path):
    """Thirty, of four frames each, in two seconds."""
    logged = {}
    silent = SimpleNamespace(send=lambda row: None, beat=lambda frames: None)
    callback = RecordCallback(
        tmp_path,
        frame_skip=FRAME_SKIP,
        log_interval=100,
        sinks=[],
        heartbeat=silent,
        clock=lambda: 2.0,
    )
    logger = SimpleNamespace(record=logged.__setitem__, dump=lambda frames: None)
    callback.model = SimpleNamespace(logger=logger)
    callback.num_timesteps = 30
    callback.record_metrics()
    callback.close()
    assert logged["time/steps_per_second"] == 15.0
