"""Figures: the paper's three, drawn from recorded studies, and how every figure looks.

``paper`` has a function a figure; ``comparisons`` says as data what each compares.
``sketch`` and ``style`` serve every other figure of the project.
"""

__all__ = ["comparisons", "curves", "paper", "sketch", "style"]
