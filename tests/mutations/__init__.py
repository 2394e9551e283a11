"""Plausible mistakes in the code, as data, and a laboratory that tries tests on them.

A test that no mistake makes fail protects nothing. Each ``*.toml`` here lists mistakes
that would spoil results without a crash: a text of a source file, what would stand
there, why it matters, and which tests must fail on it.

    python -m tests.mutations                 # all of them, cheapest first
    python -m tests.mutations --only ID ...   # some

Each is put into a copy of the sources; the checkout is not touched.
"""
