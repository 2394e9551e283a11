"""How each command and snippet of the documents is run in a moment.

Who adds one and sees ``test_commands.py`` or ``test_snippets.py`` fail: it needs an
entry here, with the words that make it short and what shows that it did what the
document says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

# Placeholders of the documents and what stands for them; {run} is a trained run's id.
STANDS_FOR = {
    "RUN": "{run}",
    "GAME=NUMBER": "MinAtar/Asterix=10 MinAtar/Breakout=10 MinAtar/Freeway=10 "
    "MinAtar/Seaquest=10 MinAtar/SpaceInvaders=10",
    "OTHER/results": "other/results",
    "FOLDER": "examples/zero_mean_entropy/zero-mean-claims",
    "HEAD:6379": "127.0.0.1:6379",
}


@dataclass(frozen=True)
class Short:
    """The short form of a command.

    Attributes:
        more: Words that are added to it.
        says: A pattern that its output, or what it refuses with, has.
        how: ``run`` runs it; ``plan`` plans the runs of a suite in place of making
            them; ``read`` only has its words read, as the command that it names.
        status: What it ends with.
        slow: Its short form takes minutes: it is run among the slow tests, and else
            its words are read.
    """

    more: str = ""
    says: str = ""
    how: Literal["run", "plan", "read"] = "run"
    status: int = 0
    slow: bool = False


_ATARI = (
    "--games Pong --only a2c-naive --seeds 1 --frames 1600 --set n_envs=2 "
    "max_frames=400 log_interval=400"
)
_MINATAR = "--only q-a2c --seeds 1 --frames 2k --set max_frames=60 log_interval=500"

# Programs of others, which a reader may have or get, and what tests/docs runs.
ELSEWHERE = (
    "docker ", ".venv/bin/jupyter ", ".venv/bin/python -m pip ", "./run_all.sh docs"
)  # fmt: skip

SHORT: Mapping[str, Short] = {
    "./run_all.sh smoke": Short(
        "--only q-a2c dqn-hard --frames 4k --set max_frames=400",
        "2 runs: 2 done",
        slow=True,
    ),
    "./run_all.sh test": Short("tests/algorithms/test_entropy.py", "passed", slow=True),
    "./run_all.sh figures tables": Short("zero-mean", "tables/zero-mean/scores.md"),
    "./run_all.sh plan atari": Short(says=r"\d+ runs: \d+ missing"),
    "./run_all.sh minatar-smoke": Short(_MINATAR, "1 run: 1 done"),
    "./run_all.sh minatar": Short("--results new", r"\d+ runs: \d+ missing", "plan"),
    "./run_all.sh atari": Short(_ATARI, "1 run: 1 done"),
    "./run_all.sh reproduce RUN": Short("--frames 1k", "identical"),
    "./run_all.sh theory": Short("--only bandits.*", r"\d+ rows, 0 failed", slow=True),
    "./run_all.sh claims": Short(says="C7.final minatar:"),
    "./run_all.sh speed": Short(
        "--only MinAtar --repetitions 1 --seconds 0.2", "speed-minatar.md", slow=True
    ),
    "./run_all.sh replicates": Short("--seeds 2", "made twice", slow=True),
    "./run_all.sh cost": Short("--turns 2 --seconds 0.2", "tables/cost.md", slow=True),
    "./run_all.sh compare logs/mine logs/theirs --margin 20 --kind superiority": Short(
        says="superiority"
    ),
    "./run_all.sh compare minatar:q-a2c minatar:a2c-proper --margin 0.1 "
    "--scale GAME=NUMBER": Short(says="equivalence"),
    "./run_all.sh atari --games Pong Breakout --only a2c-proper q-a2c --seeds 5": Short(
        says="20 runs: 20 missing", how="plan"
    ),
    "./run_all.sh atari --set temperature=0.1 regularizer=kl": Short(
        says=r"\d+ runs: \d+ missing", how="plan"
    ),
    "./run_all.sh minatar --only dqn-hard dqn-soft-kl --first-seed 10 --seeds 2": Short(
        "--results new", says="20 runs: 20 missing", how="plan"
    ),
    "./run_all.sh run my_suite.toml": Short(says="2 runs: 2 missing", how="plan"),
    "./run_all.sh run --help": Short(says="SUITE"),
    ".venv/bin/ray start --head --port 6379": Short(how="read"),
    ".venv/bin/ray start --address HEAD:6379": Short(how="read"),
    "./run_all.sh atari --engine ray --address auto": Short(how="read"),
    ".venv/bin/python -m benchmarks run atari": Short(how="plan"),
    "./run_all.sh agents": Short(says="^{run} "),
    "./run_all.sh watch RUN": Short("--games 1 --gif-kb 200", r"\.mp4"),
    "./run_all.sh watch a2c-proper-minatar-breakout": Short(
        "--games 1 --gif-kb 200", r"\.mp4"
    ),
    "./run_all.sh forget RUN": Short(says="nothing is removed without --yes", status=1),
    "./run_all.sh suites": Short(says="learning_rate"),
    "./run_all.sh status atari": Short(says=r"\d+ runs: "),
    "./run_all.sh evaluate RUN": Short("--games 1", "{run}: greedy.*, 1 games"),
    "./run_all.sh calibrate": Short("--studies 20", "calibration.md"),
    "./run_all.sh faults": Short("--only 'unknown game'", "1 held", slow=True),
    "./run_all.sh list": Short(says="^variants: "),
    "./run_all.sh merge OTHER/results": Short(says="tuned: runs added: 2"),
    "./run_all.sh claims --claims FOLDER": Short(says=r"Z1.final zero-mean: \+"),
    # Of the examples.
    "./run_all.sh run examples/classic_control/classic.toml "
    "--results ../classic": Short(says="30 runs: 30 missing", how="plan"),
    "./run_all.sh plan examples/munchausen/munchausen-breakout.toml": Short(
        says="20 runs: 20 missing"
    ),
    "./run_all.sh run examples/munchausen/munchausen-breakout.toml --frames 20k "
    "--seeds 1 --results ../munchausen": Short(says="4 runs: 4 missing", how="plan"),
    "./run_all.sh run examples/zero_mean_entropy/zero-mean.toml "
    "--results ../zero-mean": Short(says="30 runs: 30 missing", how="plan"),
    "./run_all.sh claims --claims examples/zero_mean_entropy/zero-mean-claims "
    "--results ../zero-mean": Short(says="zero-mean-claims/verdicts.md"),
}


@dataclass(frozen=True)
class Snippet:
    """The short form of a piece of Python or TOML.

    Attributes:
        has: Words that only this one has.
        holds: An expression that is true when it has been run.
        instead: Parts of it, and what stands for them.
        given: Names that it uses and the documents leave to the reader.
    """

    has: str
    holds: str
    instead: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str | Path] = field(default_factory=dict)


AGENT = "a2c-proper-minatar-breakout-s0-8be992fa3b"  # of results/agents

SNIPPETS: tuple[Snippet, ...] = (
    Snippet(
        "QLearningA2C(",
        "model.num_timesteps == 100 and model.temperature == 0.01",
        instead={"100_000": "100"},
    ),
    Snippet("load_agent(", "actions.shape == (1,)", given={"run_id": AGENT}),
    Snippet(
        "sb3_scores(",
        "found.lines()",
        given={"mine": Path("logs/mine"), "theirs": Path("logs/theirs")},
    ),
)
