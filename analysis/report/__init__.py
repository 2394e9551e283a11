"""The report: everything that the data show, on one page that needs no other file.

``contents`` gathers it and ``page`` renders it (``findings``: in two pages of text),
from ``verdicts`` (claims and their answers), ``studies`` (figures and tables of each
study, with the curves of all runs ``packed``), ``theory`` (exact checks, an equation a
row) and ``provenance``.
``vendor/`` holds uPlot, which draws the figures where scripts run; without them they
are SVG. What the page loads is in it: no request leaves it.
"""

__all__ = ["contents", "findings", "page"]
