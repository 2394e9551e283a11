"""Which claims stood when their first data came in: ``reference/judged_claims.csv``.

A claim is judged by whatever its file says today. The first time that a study has a
block for one of its questions, its digest is written down, with that of the data. A
claim whose digest is another by then was *amended after data*, which the tables say
from then on. The file is evidence, as the data are: it is committed, never rewritten,
and joined with another machine's when that one's data are merged.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from analysis.claims.claim import Claim
from analysis.claims.judging import Judged
from analysis.records.csvs import read_if_there

REGISTRY_FILE = Path("reference", "judged_claims.csv")
COLUMNS = {
    "claim": "str",
    "study": "str",
    "digest": "str",
    "blocks": "int64",
    "data": "str",
}
_KEY = ["claim", "study"]


def read_registry(results: Path, file: Path = REGISTRY_FILE) -> pd.DataFrame:
    """What was written down; a table without rows if nothing was.

    Args:
        results: The folder of all results.
        file: The registry in it: claims of a user's own have one of their own.

    Raises:
        RecordError: The file has other columns or a cell of the wrong type.
    """
    return read_if_there(results / file, COLUMNS)


def registered(registry: pd.DataFrame, judged: Judged) -> pd.DataFrame:
    """The registry with the claims that have data now for the first time.

    Args:
        registry: What :func:`read_registry` returned.
        judged: All claims.
    """
    known = set(registry[_KEY].itertuples(index=False, name=None))
    rows = [row for row in _rows(judged) if (row["claim"], row["study"]) not in known]
    new = pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
    return _sorted(pd.concat([registry, new]))


def joined(ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """Two machines' registries: what either wrote down stays."""
    return _sorted(pd.concat([ours, theirs]).drop_duplicates())


def amended(claim: Claim, registry: pd.DataFrame) -> list[str]:
    """The studies that had data for a claim before it became what it is."""
    rows = registry[
        (registry["claim"] == claim.id) & (registry["digest"] != claim.digest)
    ]
    return sorted(set(rows["study"]))


def _rows(judged: Judged) -> Iterator[dict[str, object]]:
    for claim in judged.claims:
        for study in judged.studies:
            counts = [each.n for each in judged.of(claim) if each.study == study]
            if blocks := max(counts, default=0):
                yield {
                    "claim": claim.id,
                    "study": study,
                    "digest": claim.digest,
                    "blocks": blocks,
                    "data": judged.data[study],
                }


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    number = table["claim"].str.extract(r"(\d+)", expand=False).fillna(0).astype(int)
    order = table.assign(number=number).sort_values(
        ["number", "claim", "study", "blocks"], kind="stable", ignore_index=True
    )
    return order[list(COLUMNS)]
