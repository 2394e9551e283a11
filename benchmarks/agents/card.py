"""A model card, as Hugging Face reads it; every number in it is of a record."""

from __future__ import annotations

import shlex
from itertools import chain
from typing import Any

import yaml

from analysis.records.configs import sourced_values
from analysis.records.evaluations import POLICIES, Evaluation
from analysis.tables.markdown import markdown_table
from benchmarks.errors import ConfigError
from benchmarks.options import Choice

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

{frames:,} frames of the emulator, with seed {seed}. {command}

Every setting, with its source:

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
        command=_said_command(config),
        settings=_settings(config),
    )
    return f"---\n{front}---\n\n{text}"


def command(config: dict[str, Any]) -> str | None:
    """Return the command that trains a run and no other, or None where there is none.

    It is resolved as ``run`` resolves it: what it would make has to be this one run.
    """
    if not _has_suite(config):  # a study's name alone must not become a file to read
        return None
    choice = _choice(config)
    try:
        found = [each.run_id for each in choice.configs()]
    except ConfigError:
        return None
    return _typed(choice) if found == [config["run_id"]] else None


def _has_suite(config: dict[str, Any]) -> bool:
    from benchmarks.suites.suite import suite_names

    return config["study"] in suite_names()


def _choice(config: dict[str, Any]) -> Choice:
    """What a user would choose to have this run."""
    changes, seed = dict(config["overrides"]), config["seed"]
    frames = changes.pop("frames", None)
    values = tuple(f"{key}={_said(value)}" for key, value in changes.items())
    return Choice(
        config["study"],
        games=((config["game"],),),
        only=((config["variant"],),),
        seeds="1",
        first_seed=str(seed) if seed else None,
        frames=None if frames is None else str(frames),
        set=(values,) if values else (),
    )


def _typed(choice: Choice) -> str:
    options = {
        "--only": chain(*choice.only),
        "--games": chain(*choice.games),
        "--first-seed": [choice.first_seed] if choice.first_seed else [],
        "--seeds": [choice.seeds] if choice.seeds else [],
        "--frames": [choice.frames] if choice.frames else [],
        "--set": chain(*choice.set),
    }
    words = ["./run_all.sh", "run", choice.suite]
    for option, values in options.items():
        given = list(values)
        words += [option, *given] if given else []
    return shlex.join(words)


def _said_command(config: dict[str, Any]) -> str:
    if (said := command(config)) is not None:
        return f"This command trains this run alone:\n\n```sh\n{said}\n```"
    study, variant = config["study"], config["variant"]
    if _has_suite(config):
        why = f"No command trains this run alone: `{variant}` is in several groups of "
        why += f"the suite `{study}`, or the suite or the code has changed since."
    else:
        why = f"The project has no suite `{study}`, which is a user's own file or a "
        why += "name of their own for other runs, and so no command that trains it."
    return f"{why} All of its settings are below, and in `config.json`."


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
