"""``python -m tests.mutations``: which mistakes the tests catch, as a table."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.mutations.laboratory import (
    BROKEN,
    CAUGHT,
    SURVIVED,
    BaselineError,
    Outcome,
    attempts,
    costs,
    preload,
)
from tests.mutations.mutation import DATA, ROOT, Mutation, load, problems

NOT_APPLICABLE = "not applicable"


def main(words: Sequence[str], root: Path = ROOT, data: Path = DATA) -> int:
    """Try mutations and print what became of them.

    Returns:
        0; 1 if one survived that the data don't explain; 2 if one can't be applied or
        tried, or the tests fail without it.
    """
    mutations = load(data)
    options = _parser([m.id for m in mutations]).parse_args(words)
    chosen = [m for m in mutations if not options.only or m.id in options.only]
    wrong = dict(problems(chosen, root))
    for problem in wrong.values():
        print(problem, file=sys.stderr)
    applicable = [m for m in chosen if m.id not in wrong]
    print("first all their tests without any mutation ...", file=sys.stderr, flush=True)
    try:
        took = costs(root, applicable) if applicable else {}
    except BaselineError as error:
        print(error, file=sys.stderr)
        return 2
    applicable.sort(key=lambda m: took[m.id])
    outcomes = _tried(root, applicable, options.jobs)
    _print_rows((m, NOT_APPLICABLE, wrong[m.id], 0.0) for m in chosen if m.id in wrong)
    return _summary(outcomes, len(wrong))


def _parser(ids: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.mutations", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="ID", choices=ids)
    parser.add_argument("--jobs", type=_positive, default=1, metavar="N")
    return parser


def _positive(text: str) -> int:
    if int(text) < 1:
        raise ValueError
    return int(text)


def _tried(root: Path, mutations: Sequence[Mutation], jobs: int) -> list[Outcome]:
    outcomes = []
    print("| id | file | verdict | caught by | seconds |\n|---|---|---|---|---|")
    for outcome in attempts(root, mutations, jobs):
        outcomes.append(outcome)
        _print_rows(
            [(outcome.mutation, outcome.verdict, _said(outcome), outcome.seconds)]
        )
        if outcome.verdict == BROKEN:
            print(f"{outcome.mutation.id}: {outcome.tail}", file=sys.stderr)
    return outcomes


def _said(outcome: Outcome) -> str:
    """The first test that failed on a mutation, or what let it pass and why."""
    if outcome.verdict == CAUGHT:
        more = len(outcome.by) - 1
        return Path(outcome.by[0]).name + (f" and {more} more" if more else "")
    passed = f"passed: {', '.join(outcome.passed)}"
    explained = outcome.mutation.survives
    return f"{passed} ({explained})" if explained else passed


def _print_rows(rows) -> None:
    for mutation, verdict, said, seconds in rows:
        cells = (mutation.id, mutation.file, verdict, said, f"{seconds:.1f}")
        print(f"| {' | '.join(cells)} |", flush=True)


def _summary(outcomes: Sequence[Outcome], not_applicable: int) -> int:
    counts = Counter(outcome.verdict for outcome in outcomes)
    explained = sum(o.verdict == SURVIVED and o.is_fine for o in outcomes)
    print(
        f"\n{counts[CAUGHT]} of {len(outcomes)} caught, {counts[SURVIVED]} survived "
        f"({explained} explained), {counts[BROKEN]} broken, "
        f"{not_applicable} not applicable"
    )
    if not_applicable or counts[BROKEN]:
        return 2
    return int(counts[SURVIVED] > explained)


if __name__ == "__main__":
    preload()
    sys.exit(main(sys.argv[1:]))
