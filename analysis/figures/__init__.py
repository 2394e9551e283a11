"""Figures: the paper's three, drawn from recorded studies, and how every figure looks.

``paper`` has a function a figure; ``comparisons`` says as data what each compares.
``sketch`` and ``style`` serve every other figure of the project. What pages show is a
``plot``, of numbers alone, that ``svg`` draws: ``curve_plots``, ``profiles``,
``sequence_plots``. A ``sheet`` is a file of them: ``study_sheets``, ``claim_sheets``.
"""

__all__ = [
    "claim_sheets",
    "comparisons",
    "curve_plots",
    "curves",
    "drawing",
    "paper",
    "plot",
    "sheet",
    "sketch",
    "study_sheets",
    "style",
    "svg",
]
