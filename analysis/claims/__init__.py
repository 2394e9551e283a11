"""Claims: what the paper says, as data, and whether recorded runs bear it out.

``*.toml`` holds the claims, one a file, written before the data that judge them;
``reading`` reads them, ``sequences`` has the intervals, ``verdicts`` the rules,
``judging`` puts both to the recorded runs, ``build`` writes what comes of it;
``choice`` is what tuning chooses, ``tuning`` the scales that are made of it.
"""

__all__ = [
    "build",
    "calibration_page",
    "choice",
    "claim",
    "compare",
    "judging",
    "others",
    "pages",
    "rates",
    "registry",
    "scales",
    "scores",
    "sequences",
    "tables",
    "tiers",
    "verdicts",
    "words",
]
