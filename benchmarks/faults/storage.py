"""Faults of what is stored: damaged, torn, full, read-only, hostile, missing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from analysis.records.record import seals
from analysis.records.study import load_study
from benchmarks.faults.inject import FILLER_FILE
from benchmarks.faults.lab import Lab, only_run, runs_in, small_disk
from benchmarks.faults.processes import short, told
from benchmarks.runs.checkpoint import CURRENT_FILE, PREVIOUS_FILE

DISK_MB = 64
SHORT = ("--only", "a2c-proper", "--frames", "3_200")
# A suite, because arms with options of the user's own are held to no grid.
TWO_SEEDS = """description = "Two arms of two seeds."
games = ["Breakout"]
[[group]]
variants = ["a2c-naive", "a2c-proper"]
frames = { value = 3200, source = "ours" }
seeds = { value = 2, source = "ours" }
set.n_envs = { value = 4, source = "ours" }
set.max_frames = { value = 400, source = "ours" }
set.log_interval = { value = 800, source = "ours" }
"""


def spoil(path: Path, how: str) -> None:
    """Damage a file: flip a bit in its middle, truncate it, or empty it."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    ways = {"flip": content, "truncate": content[: len(content) // 3], "empty": b""}
    path.write_bytes(bytes(ways[how]))


def newest_damaged(lab: Lab, results: Path) -> tuple[str, bool]:
    """The newest checkpoint has a bit flipped, is truncated, is empty."""
    found = []
    for how in ("flip", "truncate", "empty"):
        place = results / how
        lab.stopped(place)
        spoil(only_run(place) / CURRENT_FILE, how)
        seen = lab.run(place)
        warned = "damaged" in (only_run(place) / "log.txt").read_text()
        found.append((warned, told(seen, lab.same(place)), lab.same(place)))
    says = {f"warned: {warned}, {text}" for warned, text, _ in found}
    return "; ".join(sorted(says)), all(warned and same for warned, _, same in found)


def both_damaged(lab: Lab, results: Path) -> tuple[str, bool]:
    """Both checkpoints are damaged; then they are deleted."""
    lab.stopped(results)
    folder = only_run(results)
    for name in (CURRENT_FILE, PREVIOUS_FILE):
        spoil(folder / name, "flip")
    seen = lab.run(results)
    line, kept = seen.line("failed: "), (folder / "episodes.csv").stat().st_size > 0
    for path in folder.glob("checkpoint*.pt"):
        path.unlink()
    again = lab.run(results)
    same = lab.same(results)
    observed = f"exit {seen.status}, {short(line)}; deleted: {told(again, same)}"
    return observed, "every checkpoint is damaged" in line and kept and same


def torn_row(lab: Lab, results: Path) -> tuple[str, bool]:
    """A row that was being written when the power went."""
    lab.stopped(results)
    for name in ("episodes.csv", "metrics.csv"):
        with (only_run(results) / name).open("a") as file:
            file.write("5000,7")
    status = lab.show(results, "export", "smoke")
    study = load_study(results / "data", "smoke")
    tables = (study.episodes, study.metrics)
    rows = sum(int((table["frames"] == 5000).sum()) for table in tables)
    seen = lab.run(results)
    same = lab.same(results)
    observed = (
        f"export: exit {status.status}, {rows} torn rows read; {told(seen, same)}"
    )
    return observed, status.status == rows == seen.status == 0 and same


def nul_tail(lab: Lab, results: Path) -> tuple[str, bool]:
    """NUL bytes, then a second header, at the end of a finished run's table."""
    lab.run(results)
    folder = only_run(results)
    content, refused = (folder / "episodes.csv").read_bytes(), []
    shutil.rmtree(results / "data")
    for tail in (b"\0" * 64 + b"\n", content.splitlines(keepends=True)[0]):
        (folder / "episodes.csv").write_bytes(content + tail)
        seen = lab.show(results, "export", "smoke")
        refused.append(seen.status == 1 and "episodes.csv" in seen.line("refused: "))
    line, exported = short(seen.line("refused: ")), (results / "data/smoke").exists()
    shutil.rmtree(folder)
    again = lab.run(results)
    same = lab.same(results)
    observed = (
        f"named and left out: {sum(refused)} of 2, {line}; folder deleted: "
        f"{told(again, same)}"
    )
    return observed, all(refused) and not exported and same


def disk_full(lab: Lab, results: Path) -> tuple[str, bool]:
    """The disk is full while a run records; then there is room again."""
    with small_disk(results, DISK_MB):
        seen = lab.run(results, fault="fill-disk")
        folder, line = only_run(results), seen.line("failed: ")
        told_room = "No space left on device" in line and "bytes free" in line
        status = _status(lab, results)
        kept = _loads(folder)
        (results / FILLER_FILE).unlink()
        again = lab.run(results)
        same = lab.same(results)
    observed = (
        f"exit {seen.status}, {short(line)}; status says {status}; checkpoint whole: "
        f"{kept}; with room again: {told(again, same)}"
    )
    return observed, told_room and status == "failed" and kept and same


def _status(lab: Lab, results: Path) -> str:
    command = lab.command(results)
    command[command.index("run")] = "status"
    line = lab.see([*command, "--runs"]).line("-s0-")
    return next((word for word in ("failed", "unfinished") if word in line), line)


def _loads(folder: Path) -> bool:
    content = (folder / CURRENT_FILE).read_bytes()
    return hashlib.sha256(content[32:]).digest() == content[:32]


def read_only(lab: Lab, results: Path) -> tuple[str, bool]:
    """The results are on a file system that is mounted read-only."""
    with small_disk(results, DISK_MB):
        subprocess.run(["mount", "-o", "remount,ro", str(results)], check=True)
        seen = lab.run(results)
        begun = runs_in(results)
    line = seen.line("can't write")
    observed = f"exit {seen.status}, {short(line)}; {len(begun)} runs begun"
    return observed, seen.status == 2 and bool(line) and not begun


def hostile(lab: Lab, results: Path) -> tuple[str, bool]:
    """A checkpoint that would run a command when it is unpickled."""
    marker = results / "executed"

    class Payload:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.system, (f"touch {marker}",)

    lab.stopped(results)
    folder = only_run(results)
    for name in (CURRENT_FILE, PREVIOUS_FILE):
        torch.save({"evil": Payload()}, folder / name)
        payload = (folder / name).read_bytes()
        (folder / name).write_bytes(hashlib.sha256(payload).digest() + payload)
    seen = lab.run(results)
    line = seen.line("failed: ")
    observed = f"exit {seen.status}, executed: {marker.exists()}; {short(line)}"
    return observed, seen.status == 1 and bool(line) and not marker.exists()


def seed_missing(lab: Lab, results: Path) -> tuple[str, bool]:
    """One of two seeds of an arm is deleted, and the figure drawn."""
    results.mkdir()
    (suite := results / "seeds.toml").write_text(TWO_SEEDS)
    lab.see([*lab.command(results)[:5], str(suite), "--results", str(results)])
    gone = next(
        f for f in runs_in(results) if f.name.startswith("a2c-proper-breakout-s1")
    )
    shutil.rmtree(gone)
    shutil.rmtree(results / "data")
    lab.show(results, "export", "seeds")
    seen = lab.show(results, "figures", "seeds")
    drawn = (results / "figures/seeds/figure_1.png").exists()
    lab.show(results, "tables", "seeds")
    scores = pd.read_csv(results / "tables/seeds/scores.csv").set_index("label")
    numbers = (scores["n"] + scores["left_out"]).to_dict()
    line = seen.line("has no run of seed")
    observed = (
        f"drawn: {drawn}, exit {seen.status}, {short(line)}; runs an arm: {numbers}"
    )
    expected = {"a2c-naive": 2, "a2c-proper": 1}
    return observed, drawn and seen.status == 3 and bool(line) and numbers == expected


def html_in_name(lab: Lab, results: Path) -> tuple[str, bool]:
    """A label with a script in it, in the record of a run."""
    lab.run(results, *SHORT)
    script, folder = "<script>alert(1)</script>", only_run(results)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"label": script}))
    done = json.loads((folder / "done.json").read_text())
    (folder / "done.json").write_text(json.dumps(done | seals(folder)))
    shutil.rmtree(results / "data")
    lab.show(results, "export", "smoke")
    seen = lab.show(results, "report", "smoke")
    page = (results / "report-smoke.html").read_text()
    escaped, raw = page.count("&lt;script&gt;"), page.count(script)
    observed = f"exit {seen.status}; escaped {escaped} times, raw {raw} times"
    return observed, escaped > 0 and raw == 0
