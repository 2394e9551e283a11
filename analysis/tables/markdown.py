"""The tables as a person reads them: rounded, with ``n`` and frames beside them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.records.evaluations import POLICIES

SCORES_NOTE = (
    "Mean over n finished runs (seeds) ± 1 standard deviation (none if n = 1). A run's "
    "score is the mean unclipped return of the full games that it finished in the last "
    "tenth of its training frames, under the training policy. {scales} Left out: runs "
    "without a score: unfinished, failed, or without a finished game at the end."
)
# The column of a scale, and what it is.
SCALES = {
    "human_normalised": "Human-normalised: 0 is random play, 1 a human (Mnih et al. "
    "2015).",
    "reference_normalised": "Reference-normalised: 0 is random play, as measured here "
    "(results/data/random), 1 what Young & Tian (2019) have after 5M frames, "
    "actor-critic for a2c and DQN for dqn: another protocol, by comparison.md.",
}
EVALUATED_NOTE = (
    " Sampled, greedy: the mean over the committed agents (results/agents), policies "
    "as they were after training, of each one's mean return of full games played anew."
)
COMPARISON_NOTE = (
    "**Frames and protocols differ between the rows**: published scores say on which "
    "scale a score lies; they are no targets. `±` is the standard deviation that the "
    "source gives, of runs or of evaluation games. A `–`: not published, or not run. "
    "Ours are means over n finished runs; where n is a range, it differs between games."
)
SETTINGS_NOTE = (
    "`all`: every variant of the study has this setting; `all dqn`: every one of that "
    "family. Sources: `paper`; `baselines-2017`, the authors' code of that year; "
    "`inferred` from both; `young-tian-2019`, the authors of MinAtar; `ours`."
)
USER_NOTE = " `user`: who made the arm's class, its games or its suite."


def scores_markdown(table: pd.DataFrame, older: str = "") -> str:
    """The table of scores, with what is to be said of older numerics."""
    scales = _scales(table)
    note = SCORES_NOTE.format(scales=" ".join(SCALES[name] for name in scales))
    evaluated = "agents" in table
    note += EVALUATED_NOTE * evaluated
    rows = pd.DataFrame(
        {
            "game": table["game"],
            "label": table["label"],
            "frames": table["frames"].map(frames_text),
            "n": table["n"],
            "score": _scores(table),
            **{name.replace("_", "-"): table[name].map(ratio_text) for name in scales},
            "games": table["games"],
            **(_evaluated(table) if evaluated else {}),
            "left out": table["left_out"],
        }
    )
    rows = rows.sort_values(["game", "label"], kind="stable")
    return f"# Scores\n\n{note}\n\n{bold(older)}{markdown_table(rows)}"


def _evaluated(table: pd.DataFrame) -> dict[str, pd.Series]:
    """The columns of what agents scored anew."""
    means = {policy: table[policy].map(score_text) for policy in POLICIES}
    return {**means, "agents": table["agents"]}


def _scales(table: pd.DataFrame) -> list[str]:
    """The scales that there is a score on; the first of all if there is none."""
    used = [name for name in SCALES if name in table and table[name].notna().any()]
    return used or [*SCALES][:1]


def comparison_markdown(table: pd.DataFrame, older: str = "") -> str:
    """The comparison, one table per family and one column per game."""
    title = "# Comparison with published scores"
    parts = [f"{title}\n\n{COMPARISON_NOTE}\n\n{bold(older)}".rstrip() + "\n"]
    for family, rows in table.groupby("family"):
        wide = comparison_wide(rows)
        parts.append(f"## {family}\n\n{markdown_table(wide)}")
    return "\n".join(parts)


def comparison_wide(table: pd.DataFrame) -> pd.DataFrame:
    """One row per source and frames, one column per game, as text."""
    keys = ["source", "frames", "protocol"]
    text = table.assign(frames=table["frames"].map(frames_text), score=_scores(table))
    rows = text.groupby(keys, sort=False)
    wide = text.pivot(index=keys, columns="game", values="score").fillna("–")
    wide.insert(0, "n", rows["n"].agg(range_text))
    wide = wide.reindex(list(rows.groups)).reset_index()
    ours = wide["source"].str.startswith("this study")
    wide = pd.concat([wide[ours], wide[~ours]])
    return wide[[name for name in wide if name != "protocol"] + ["protocol"]]


def hyperparameters_markdown(table: pd.DataFrame) -> str:
    """The table of settings."""
    note = SETTINGS_NOTE + USER_NOTE * bool((table["source"] == "user").any())
    return f"# Settings and their sources\n\n{note}\n\n{markdown_table(table)}"


def markdown_table(table: pd.DataFrame) -> str:
    """A pipe table; cells cannot break out of it."""
    head = _line([str(name) for name in table])
    rule = _line(["---"] * len(table.columns))
    rows = [_line([str(cell) for cell in row]) for row in table.to_numpy()]
    return "".join([head, rule, *rows])


def score_text(mean: float, sd: float = float("nan")) -> str:
    """A mean, with its standard deviation if there is one, to about three digits."""
    if pd.isna(mean):
        return "–"
    spread = 0.0 if pd.isna(sd) else sd
    size = max(abs(mean), spread)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2
    return f"{mean:.{digits}f}" + ("" if pd.isna(sd) else f" ± {sd:.{digits}f}")


def ratio_text(value: float) -> str:
    """A ratio with two decimals; none of them is ``-0.00``."""
    return "–" if pd.isna(value) else f"{round(value, 2) + 0.0:.2f}"


def frames_text(frames: int) -> str:
    """Frames in millions."""
    return "–" if pd.isna(frames) else f"{frames / 1e6:g}M"


def range_text(counts: pd.Series) -> str:
    """The least and the largest of some counts; one number where they are equal."""
    if counts.isna().any():
        return "–"
    low, high = counts.min(), counts.max()
    return f"{low}" if low == high else f"{low}–{high}"


def _scores(table: pd.DataFrame) -> list[str]:
    return [score_text(*row) for row in table[["mean", "sd"]].to_numpy(dtype=float)]


def bold(note: str) -> str:
    """A paragraph in bold; nothing for an empty note."""
    return f"**{_escaped(note)}**\n\n" if note else ""


def _line(cells: Sequence[str]) -> str:
    safe = [_escaped(cell) for cell in cells]
    return f"| {' | '.join(safe)} |\n"


def _escaped(cell: str) -> str:
    plain = cell.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
    return " ".join(plain.split())
