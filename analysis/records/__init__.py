"""Records: the narrow waist between what trains and what shows.

``record`` says what a run leaves behind, ``study`` what ``results/data`` holds of many.
Whoever writes a run and whoever reads one share this room, and nothing else.
"""

__all__ = [
    "arms",
    "configs",
    "csvs",
    "digests",
    "errors",
    "evaluations",
    "exchange",
    "files",
    "gaps",
    "labels",
    "once",
    "published",
    "record",
    "study",
    "theory",
]
