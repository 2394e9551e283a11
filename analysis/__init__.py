"""What the runs show: curves, figures, tables and a report, from exported data alone.

Nothing here imports what trains: the record format, ``analysis.records.record``, is the
only thing that this package shares with the code that runs the experiments.

- ``analysis.records.record``: what a run leaves behind; names of files and columns.
- ``analysis.records.exchange``: ``results/runs`` to ``results/data``, and merging two
  of those.
- ``analysis.records.study``: read an exported study.
- ``analysis.build``: ``results/data`` to figures, tables and reports.

Nothing is imported here, so that a training process, which needs only the names of the
columns, does not load the plotting libraries.
"""

__all__ = ["build"]
