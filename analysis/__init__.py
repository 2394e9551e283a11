"""What the runs show: curves, figures, tables and a report, from exported data alone.

Nothing here imports what trains: the record format in ``analysis.records`` is the only
thing that this package shares with the code that runs the experiments.
"""
