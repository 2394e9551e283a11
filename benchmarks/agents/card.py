"""A model card, as Hugging Face reads it; every number in it is of a record."""

from __future__ import annotations

import shlex
from typing import Any

import yaml

from analysis.records.configs import FIRST_TUNING_SEED, sourced_values
from analysis.records.evaluations import POLICIES, Evaluation
from analysis.tables.markdown import markdown_table

LICENCE = "mit"  # of this suite, and of what it makes
KINDS = {
    "sampled": "actions as in training",
    "greedy": "the most likely action, or the one of the highest value",
}
_TEXT = """\
# {label} on {game}

One run of a benchmark suite that reproduces *Equivalence Between Policy Gradients and
Soft Q-Learning* (Schulman, Chen, Abbeel 2017, arXiv 1704.06440), as a plain model of
Stable-Baselines3: no class of the suite is needed to load it.

```python
from stable_baselines3 import {kind}

model = {kind}.load("{model}")
actions, _ = model.predict(observations, deterministic=True)
```

Observations are `{observations}`{layout}.

## What it scores

Full games, the mean unclipped return and the standard deviation over games:

{scores}
{played}
## How it was trained

{frames:,} frames of the emulator, with seed {seed}:

```sh
{command}
```

The command trains {trains}. Every setting, with its source:

{settings}
`config.json` has the versions of packages and the kind of processor too. The model
holds what it takes to act; its optimiser is new.

## Licence

MIT, as the suite's.
"""


def card(record: Evaluation, model: str, kind: str, observations: str) -> str:
    """Return the text of a model card.

    Args:
        record: Of the agent.
        model: The name of the file.
        kind: The class that loads it, "A2C" or "DQN".
        observations: What the model takes, in words.
    """
    config = record.config
    front = yaml.safe_dump(_front(record, kind), sort_keys=False, allow_unicode=True)
    layout = ", channels first" if observations.count(",") == 2 else ""
    text = _TEXT.format(
        **{key: config[key] for key in ("label", "game", "frames", "seed")},
        kind=kind,
        model=model,
        observations=observations,
        layout=layout,
        scores=_scores(record),
        played=_played(record),
        command=command(config),
        trains=_trained(config["seed"]),
        settings=_settings(config),
    )
    return f"---\n{front}---\n\n{text}"


def command(config: dict[str, Any]) -> str:
    """Return the command that trains a run, and those of lower seeds with it.

    More seeds than a suite can have are not asked for: then it trains the run alone.
    """
    seed = config["seed"]
    seeds = ["--seeds", str(seed + 1)]
    if _is_alone(seed):
        seeds = ["--first-seed", str(seed), "--seeds", "1"]
    words = ["./run_all.sh", "run", _suite(config), "--only", config["variant"]]
    words += ["--games", config["game"], *seeds]
    changes = dict(config["overrides"])
    if (frames := changes.pop("frames", None)) is not None:
        words += ["--frames", str(frames)]
    if changes:
        words += ["--set", *(f"{key}={_said(value)}" for key, value in changes.items())]
    return shlex.join(words)


def _is_alone(seed: int) -> bool:
    return seed >= FIRST_TUNING_SEED  # a suite has at most as many seeds


def _trained(seed: int) -> str:
    if _is_alone(seed):
        return "this seed alone"
    return f"seeds 0 to {seed}; this is the last"


def _suite(config: dict[str, Any]) -> str:
    """The suite's name; of a user's own classes, the name of their file."""
    study: str = config["study"]
    return f"{study}.toml" if config.get("own") else study


def _said(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _front(record: Evaluation, kind: str) -> dict[str, Any]:
    game = record.config["game"]
    tags = ["deep-reinforcement-learning", "reinforcement-learning"]
    task = {"type": "reinforcement-learning", "name": "reinforcement-learning"}
    metrics = [
        {
            "type": "mean_reward",
            "name": f"mean_reward ({policy})",
            "value": _mean_and_sd(record, policy),
            "verified": False,
        }
        for policy in _kinds(record)
    ]
    dataset = {"name": game, "type": game}
    result = {"task": task, "dataset": dataset, "metrics": metrics}
    return {
        "library_name": "stable-baselines3",
        "license": LICENCE,
        "tags": [game, *tags, "stable-baselines3", record.config["variant"]],
        "model-index": [{"name": kind, "results": [result]}],
    }


def _kinds(record: Evaluation) -> list[str]:
    return [policy for policy in POLICIES if len(record.returns(policy))]


def _mean_and_sd(record: Evaluation, policy: str) -> str:
    returns = record.returns(policy)
    spread = f" +/- {returns.std():.2f}" if len(returns) > 1 else ""
    return f"{returns.mean():.2f}{spread}"


def _scores(record: Evaluation) -> str:
    import pandas as pd

    rows = [
        {
            "actions": f"{policy}: {KINDS[policy]}",
            "games": len(record.returns(policy)),
            "mean ± sd": _mean_and_sd(record, policy).replace("+/-", "±"),
        }
        for policy in _kinds(record)
    ]
    return markdown_table(pd.DataFrame(rows))


def _played(record: Evaluation) -> str:
    if not record.about:
        return ""
    most = record.about["max_frames"]
    return f"\nA game is cut after {most:,} frames; `evaluation.csv` has each game.\n"


def _settings(config: dict[str, Any]) -> str:
    import pandas as pd

    values = sourced_values(config)
    rows = [
        {"setting": key, "value": _said(value), "source": config["sources"][key]}
        for key, value in sorted(values.items())
    ]
    return markdown_table(pd.DataFrame(rows))
