"""How fast this machine trains: measured once a family, then used for estimates.

Of algorithms, and of games: MinAtar's cost a tenth of Atari's or less.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median

from analysis.findings.measured import CASES, OURS
from analysis.findings.speed import Speed, load_speeds
from analysis.records.files import write_json
from benchmarks.games.own import families, family_of
from benchmarks.runs.processor import processor_id
from benchmarks.runs.stopwatch import measure
from benchmarks.suites.base import settings
from benchmarks.suites.config import RunConfig
from benchmarks.sweeps.status import RunStatus

SPEED_FILE = "speed.json"


def _key(config: RunConfig) -> str:
    """The kind of a run: what its speed hangs on, beside its variant and length."""
    machine = (config.environment[k] for k in ("engine", "device", "n_envs"))
    precision = config.environment.get("precision", "float32")
    games = family_of(config.game).name
    return _key_of(config.family, games, *machine, config.threads, precision)


def _key_of(*parts: object) -> str:
    return " ".join(map(str, parts))


def known_speeds(results: Path) -> dict[str, float]:
    """Return frames/s of each kind of run that this machine has measured."""
    return _read(results / "runs" / SPEED_FILE) | _compared(results)


def measured_speeds(results: Path, configs: Iterable[RunConfig]) -> dict[str, float]:
    """Return frames/s of each kind of run; measure what this machine has not."""
    path = results / "runs" / SPEED_FILE
    known = known_speeds(results)
    for config in configs:
        if _key(config) not in known:
            games = family_of(config.game).name
            print(f"measuring {config.family} on {games} here, once ...")
            known[_key(config)] = round(measure(config), 1)
            path.parent.mkdir(parents=True, exist_ok=True)
            here = {"processor": processor_id(), "frames_per_second": known}
            write_json(path, here)
    return known


def _read(path: Path) -> dict[str, float]:
    try:
        found = json.loads(path.read_bytes())
        if found["processor"] != processor_id():
            return {}
        known = found["frames_per_second"]
        return {key: float(speed) for key, speed in known.items() if speed > 0}
    except (OSError, ValueError, AttributeError, TypeError, KeyError):
        return {}  # a measurement is soon made again


def _compared(results: Path) -> dict[str, float]:
    """Frames/s that the comparison with the peer found, if it ran on this processor."""
    here = [s for s in load_speeds(results) if s.processor_id == processor_id()]
    return {key: rate for speed in here for key, rate in _rates(speed).items()}


def _rates(found: Speed) -> dict[str, float]:
    rates = found.measured.groupby(["case", "side"])["rate"].median()
    (games,) = (family for family in families() if family.name == found.games)
    skip = settings("a2c", games)["frame_skip"].value  # that of all algorithms
    frames = skip / found.about["at_once"]
    return {
        _key_of(case.family, found.games, "exact", "cpu", case.n_envs, 1, precision): (
            rates[name, precision] * frames
        )
        for name, case in CASES.items()
        for precision in OURS
    }


def hours_left(
    status: RunStatus, known: Mapping[str, float], others: Sequence[RunStatus]
) -> float | None:
    """Estimate the hours that a run still needs when its machine is not crowded.

    From the speed of finished runs of the same variant, length and kind where there are
    any, else from the speed that was measured for its kind; None if that was not.
    """
    config, kind = status.config, _key(status.config)
    counts = status.goes_on or status.state in ("done", "running")
    frames = max(config.frames - (status.frames if counts else 0), 0)
    if not frames:
        return 0.0
    alike = [
        other.frames_per_second
        for other in others
        if other.state == "done"
        and other.frames_per_second
        and other.config.variant == config.variant
        and other.config.frames == config.frames
        and _key(other.config) == kind
    ]
    speed = median(alike) if alike else known.get(kind)
    return frames / speed / 3600 if speed else None
