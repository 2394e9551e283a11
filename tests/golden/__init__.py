"""Numbers kept as data, so that no change of code changes what is computed unseen.

- ``hashes/<kind of processor>.json``: of short runs, to the last bit;
- ``everywhere.json``: of updates in float64 and of games, the same on every machine.

Both are of one numerics version, :data:`benchmarks.suites.config.NUMERICS_VERSION`.
``python -m tests.golden`` adds what is not there yet.
"""
