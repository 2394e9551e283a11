"""One run: one process, one folder, one command that can be given again."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from stable_baselines3.common.base_class import BaseAlgorithm

from algorithms.checks import DivergenceError
from analysis.records.errors import RecordError
from analysis.records.files import write_atomically, write_json
from analysis.records.record import (
    CONFIG_FILE,
    DONE_FILE,
    FAILED_FILE,
    POLICY_FILE,
    read_config,
    seals,
)
from benchmarks.errors import UsageError
from benchmarks.games.own import family_of, is_exact
from benchmarks.runs import checkpoint as checkpoints
from benchmarks.runs.build import make_model
from benchmarks.runs.failure import fail
from benchmarks.runs.heartbeat import Heartbeat
from benchmarks.runs.machine import check_device, prepare
from benchmarks.runs.process import HELD_ELSEWHERE, STOPPED, held, stop_signals
from benchmarks.runs.provenance import provenance
from benchmarks.runs.recording import Recording
from benchmarks.runs.resume import (
    Resume,
    changes,
    conditions,
    own_code,
    reached,
    resume_notes,
    with_new_games,
)
from benchmarks.runs.startup import leave_compiler_out
from benchmarks.runs.state import check_parameters, set_state
from benchmarks.suites.config import NUMERICS_VERSION, RunConfig
from benchmarks.suites.own import check_loaded


def write_config(folder: Path, config: RunConfig) -> None:
    """Create a run's folder with its configuration, unless it is there already.

    Versions are added by the process that trains.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / CONFIG_FILE).exists():
        write_json(folder / CONFIG_FILE, config.record() | {"versions": {}})


def train(folder: Path, resume: Resume = "strict", *, tensorboard: bool = False) -> int:
    """Run what ``folder/config.json`` says; return the exit status.

    0 when the run is done (now or before), 1 when it failed, 75 when another process
    holds it, 143 when it was asked to stop. A failed run leaves ``failed.json`` and
    all that it recorded; a run that failed, was stopped or was killed goes on from its
    last checkpoint, exactly, or not at all if ``resume`` is strict.

    Raises:
        UsageError: There is no such run, its configuration has been edited, or it
            can't be resumed.
    """
    config = _read_config(folder)
    with held(folder) as mine:
        if not mine:
            return HELD_ELSEWHERE
        if (folder / DONE_FILE).exists():
            return 0
        _check_numerics(folder, config)
        prepare(config.threads)
        try:
            check_loaded(config.variant, config.own)
            check_device(config.environment["device"])
            (folder / FAILED_FILE).unlink(missing_ok=True)
            with stop_signals() as received:
                stop_asked = partial(bool, received)
                return _train(folder, config, resume, stop_asked, tensorboard)
        except OSError as error:
            return fail(folder, 0, error)
        except UsageError as error:
            fail(folder, 0, error)
            raise


def _check_numerics(folder: Path, config: RunConfig) -> None:
    """Refuse a run that this code would continue, or begin, with other numbers."""
    if config.numerics != NUMERICS_VERSION:
        raise UsageError(
            f"{folder}: a run of numerics version {config.numerics}, and this code "
            f"computes by version {NUMERICS_VERSION}: it would be another run"
        )


def _read_config(folder: Path) -> RunConfig:
    path = folder / CONFIG_FILE
    try:
        config = RunConfig.from_record(read_config(path))
        run_id = config.run_id
    except OSError as error:
        raise UsageError(f"{path}: can't be read: {error.strerror}") from error
    except (RecordError, KeyError) as error:
        raise UsageError(f"{folder}: not the folder of a run: {error}") from error
    if run_id != folder.resolve().name:
        raise UsageError(f"{path}: describes {run_id}: a changed run is another run")
    return config


def _train(
    folder: Path,
    config: RunConfig,
    resume: Resume,
    stop_asked: Callable[[], bool],
    tensorboard: bool,
) -> int:
    heartbeat = Heartbeat(folder)
    heartbeat.beat(0, "starting")
    checkpoint, now = checkpoints.load(folder), conditions(config)
    exact, packages = is_exact(config.game), family_of(config.game).packages
    notes = (
        resume_notes(folder, checkpoint, now, resume, exact_games=exact)
        if checkpoint
        else []
    )
    past = reached(config, checkpoint)
    record = config.record() | provenance(*past, packages, own_code(config))
    record |= {"resumes": notes} if notes else {}
    write_json(folder / CONFIG_FILE, record)
    resumed = checkpoint["record"] if checkpoint else None
    recording = Recording(folder, record, heartbeat, resumed, tensorboard=tensorboard)
    kept = {"conditions": now, "resumes": notes, "history": record["history"]}
    checkpointer = checkpoints.CheckpointCallback(
        folder,
        record_state=lambda: recording.state() | kept,
        stop_asked=stop_asked,
        resumed=checkpoint,
    )
    model: BaseAlgorithm | None = None
    try:
        model = make_model(config)
        model.set_logger(recording.logger)
        if checkpoint:
            others = changes(checkpoint, now).keys()
            if not exact or not others.isdisjoint(packages):
                checkpoint = with_new_games(model, checkpoint)
            set_state(model, checkpoint)
        recording.clock.start()
        model.learn(
            config.frames // config.environment["frame_skip"] - model.num_timesteps,
            callback=[recording.callback, checkpointer],
            log_interval=None,  # type: ignore[arg-type]
            reset_num_timesteps=checkpoint is None,
        )
        heartbeat.beat(recording.frames, "ending")
        if checkpointer.stopped:
            print(f"stopped at {recording.frames} frames")
            return STOPPED
        _finish(folder, model, recording)
    except Exception as error:
        return fail(folder, recording.frames, _cause(model, error))
    finally:
        recording.close()
    checkpoints.remove(folder)
    heartbeat.remove()
    return 0


def _finish(folder: Path, model: BaseAlgorithm, recording: Recording) -> None:
    """Write the last row, the policy, and then that the run is done."""
    seconds = recording.clock()
    recording.callback.record_metrics()
    check_parameters(model)
    policy = io.BytesIO()
    torch.save(model.policy.state_dict(), policy)
    write_atomically({folder / POLICY_FILE: policy.getvalue()})
    done = {
        "frames": recording.frames,
        "episodes": recording.callback.n_episodes,
        "seconds": round(seconds, 3),
        "frames_per_second": round(recording.frames / seconds, 2),
        **seals(folder),
    }
    write_json(folder / DONE_FILE, done)


def _cause(model: BaseAlgorithm | None, error: Exception) -> Exception:
    """Parameters gone bad can first show as an error somewhere else: name them."""
    try:
        if model is not None:
            check_parameters(model)
    except DivergenceError as divergence:
        return error if isinstance(error, DivergenceError) else divergence
    return error


def main(folder: Path, resume: Resume = "strict", *, tensorboard: bool = False) -> int:
    """Entry point of a run's own process, whose output is the run's log."""
    leave_compiler_out()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    return train(folder, resume, tensorboard=tensorboard)
