"""Faults of what is asked for, and numbers gone bad."""

from __future__ import annotations

import json
import re
from pathlib import Path

from benchmarks.faults.lab import Lab, Seen, has_checkpoints, only_run, runs_in
from benchmarks.faults.processes import short, told
from benchmarks.faults.storage import SHORT

SUITE = """description = "A suite with mistakes."
games = ["Breakout"]
[[group]]
variants = ["a2c-proper"]
frames = { value = 3200, source = "ours" }
seeds = { value = "one", source = "ours" }
set.learning_rate = { value = -0.1, source = "ours" }
set.temprature = { value = 0.1, source = "ours" }
"""


def refused(lab: Lab, results: Path, *words: str) -> tuple[Seen, bool]:
    """Give a command that is to be refused; whether it was, before any run began."""
    seen = lab.run(results, *words)
    begun = runs_in(results)
    plain = "Traceback" not in seen.err
    return seen, seen.status == 2 and not begun and plain


def not_a_number(lab: Lab, results: Path) -> tuple[str, bool]:
    """A parameter becomes NaN; the command is given again, then with --retry-failed."""
    seen = lab.run(results, fault="nan")
    folder, line = only_run(results), seen.line("failed: ")
    log = (folder / "log.txt").read_bytes()
    again = lab.run(results)
    left = log == (folder / "log.txt").read_bytes()
    kept = has_checkpoints(results)
    words = ("--only", "a2c-proper", "--retry-failed")
    retried = lab.run(results, *words)
    same = lab.same(results)
    observed = (
        f"exit {seen.status}, {short(line)}; given again: exit {again.status}, "
        f"trained: {not left}; --retry-failed, from the last checkpoint: "
        f"{told(retried, same)}"
    )
    held = bool(re.search(r"DivergenceError.* step \d+", line)) and left and kept
    return observed, held and seen.status == again.status == 1 and same


def unknown_game(lab: Lab, results: Path) -> tuple[str, bool]:
    """A game's name is misspelt."""
    seen, held = refused(lab, results, "--games", "Pongg")
    line = seen.line("Pongg")
    return f"exit {seen.status}, {short(line)}", held and "Pong" in line.replace(
        "Pongg", ""
    )


def path_in_name(lab: Lab, results: Path) -> tuple[str, bool]:
    """Names that are paths, and one with a NUL."""
    suite = results / "nul.toml"
    results.mkdir(parents=True, exist_ok=True)
    suite.write_text(SUITE.replace('"Breakout"', '"Pong\\u0000/../../x"'))
    found = [
        refused(lab, results, "--games", "../../x", "a/b"),
        refused(lab, results, "--only", "../a2c-proper"),
        refused_suite(lab, results, suite),
    ]
    outside = [
        path for path in lab.root.iterdir() if path != results and "-" not in path.name
    ]
    line = found[0][0].line("../../x")
    observed = (
        f"exits {', '.join(str(seen.status) for seen, _ in found)}; {short(line)}"
    )
    return observed, all(held for _, held in found) and not outside


def refused_suite(lab: Lab, results: Path, suite: Path) -> tuple[Seen, bool]:
    """Give a suite's file that is to be refused."""
    command = [*lab.command(results)[:5], str(suite), "--results", str(results)]
    seen = lab.see(command)
    plain = "Traceback" not in seen.err
    return seen, seen.status == 2 and not runs_in(results) and plain


def bad_suite(lab: Lab, results: Path) -> tuple[str, bool]:
    """A suite with a misspelt key, a negative rate and a word for a number."""
    results.mkdir(parents=True, exist_ok=True)
    suite = results / "mistakes.toml"
    suite.write_text(SUITE)
    seen, held = refused_suite(lab, results, suite)
    lines = [short(line) for line in seen.err.splitlines() if line.strip()]
    named = [key for key in ("temprature", "learning_rate", "seeds") if key in seen.err]
    return f"exit {seen.status}, at once: {'; '.join(lines)}", held and len(named) == 3


def changed_configuration(lab: Lab, results: Path) -> tuple[str, bool]:
    """A setting is changed on the command line, and one in a folder by hand."""
    lab.run(results, *SHORT)
    old = only_run(results)
    before = {path.name: path.read_bytes() for path in old.iterdir() if path.is_file()}
    lab.run(results, *SHORT, "--set", "gamma=0.9")
    after = {path.name: path.read_bytes() for path in old.iterdir() if path.is_file()}
    ids = len(runs_in(results))
    path = old / "config.json"
    config = json.loads(path.read_text())
    config["hyperparameters"]["gamma"] = 0.5
    path.write_text(json.dumps(config))
    seen = lab.see([*lab.command(results)[:4], "train", str(old)])
    line = short(seen.line("another run"))
    observed = f"{ids} ids, first record unchanged: {before == after}; by hand: {line}"
    return observed, ids == 2 and before == after and seen.status == 2 and bool(line)


def other_versions(lab: Lab, results: Path) -> tuple[str, bool]:
    """A run is stopped and goes on with another torch."""
    lab.stopped(results)
    seen = lab.run(results, fault="versions")
    line = seen.line("failed: ")
    words = ("--only", "a2c-proper", "--resume", "statistical")
    again = lab.run(results, *words, fault="versions")
    configs = json.loads((results / "data/smoke/configs.json").read_text())
    (notes,) = [config.get("resumes", []) for config in configs.values()]
    observed = (
        f"exit {seen.status}, {short(line)}; --resume statistical: exit "
        f"{again.status}, record: {'; '.join(notes)}"
    )
    marked = bool(re.match(r"statistical resume at step \d+: torch", "".join(notes)))
    told_so = "--resume statistical" in line and seen.status == 1
    return observed, told_so and again.status == 0 and marked
